"""What each figure of a search shows and how to read it, in words."""

from collections.abc import Sequence

from lfads.plots.families import failed_of, taken_over
from lfads.plots.lineages import FEW_GENERATIONS, FEW_SCORES
from lfads.search.record import MemberRow


def population_scores(rows: Sequence[MemberRow]) -> str:
    """Caption of `plot_population_scores`."""
    caption = (
        "Scores of all members. A point is a member at the end of a generation: its negative "
        "log-likelihood of validation trials, smoothed over epochs; lower is better. Grey lines lead "
        "to the members that went on with its weights and settings. Black: the best score so far. "
        "Orange: the winning line, from its first ancestor to the best member (ring). "
    )
    if max(row.generation for row in rows) > FEW_GENERATIONS:
        caption += "Right: the later half, enlarged. "
    if len(rows) >= FEW_SCORES:
        caption += "Triangles: scores beyond the axis. "
    if failed_of(rows):
        caption += (
            "Crosses at the top: members without a finite score, whose training failed (how many, if "
            "several); they are replaced when they meet another. If there are many, lower the upper "
            "limit of the learning rate. "
        )
    return caption + (
        "Warning sign: a black line that still falls at the end asks for more generations. Where it "
        "no longer falls, differences between members are mostly chance."
    )


def hyperparameter_paths(rows: Sequence[MemberRow]) -> str:
    """Caption of `plot_hyperparameter_paths`."""
    return (
        "Hyperparameters over generations. Orange: the values that the winning line was trained with; "
        "a ring marks those of the best member. Other lines that reach the last generation are "
        "coloured by the rank of their score in each generation; grey ones died out. Full horizontal "
        "lines: limits that always hold; dashed: limits of first values, which may be crossed. "
        + ("Crosses: members without a finite score. " if failed_of(rows) else "")
        + "Lines that gather at a value agree that it serves the data. Lines that stay far apart, "
        "good scores among them, say that the value matters little. Warning sign: an orange line that "
        "runs along a full line; the best value may lie beyond."
    )


def lineages(rows: Sequence[MemberRow]) -> str:
    """Caption of `plot_lineages`."""
    caption = (
        "Who went on from whom. A column is a generation, a point a member, dark if its score is good "
        "for its generation. Lines lead to the members that took over its weights and settings; those "
        "of one parent stand beside each other, and height means nothing else. "
    )
    generation = taken_over(rows)
    caption += (
        "No member of the first generation has taken over the whole population. "
        if generation is None
        else f"From generation {generation} on, all members descend from one of the first. "
    )
    return caption + (
        "Warning sign: one line takes over within the first few generations. It won before others had "
        "time to learn; longer generations or more members compare more."
    )


def scores_over_values(rows: Sequence[MemberRow]) -> str:
    """Caption of `plot_scores_over_values`."""
    return (
        "Scores over hyperparameters. A point is a member of the random search: its negative "
        "log-likelihood of validation trials, smoothed over epochs, at its best epoch; lower is "
        "better, and points at the upper edge lie beyond it. Ring: the best member. Vertical lines: "
        "the limits that values were drawn from. "
        + ("Crosses: members without a finite score. " if failed_of(rows) else "")
        + "Where the lowest points lie together, the value matters; where they are spread from limit "
        "to limit, it does not. Warning sign: the lowest points crowd at a limit; the best value may "
        "lie beyond."
    )
