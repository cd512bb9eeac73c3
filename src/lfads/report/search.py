"""The part of the report on the search that a run is the best member of."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lfads.checks import UserError, many
from lfads.config import SearchConfig, SearchRange, read_config
from lfads.evaluation.listed import in_words
from lfads.plots import search_captions as captions
from lfads.plots.families import failed_of, family_of
from lfads.plots.lineages import plot_lineages, plot_population_scores
from lfads.plots.page import figure_block, heading, note, paragraph, table
from lfads.plots.searched import plot_hyperparameter_paths, plot_scores_over_values
from lfads.search.population import has_converged
from lfads.search.record import MemberRow, best_of, best_scores, read_population
from lfads.training.folder import ENDED, read_summary

AT_LIMIT = 0.03
"""Share of a range, along its law, that counts as its limit: perturbation seldom ends on the limit."""

MANY_FAILED = 0.05
"""Share of members without a finite score that calls for other limits."""


def search(folder: Path) -> list[str]:
    """How a search went: what was searched, scores, hyperparameters and lineages.

    A table that cannot be read is named in a sentence; the rest of the report does without it.
    """
    try:
        rows = read_population(folder / "population.csv")
        settings = read_config(folder / "config.toml").search or SearchConfig()
        best = best_of(rows)
        family_of(rows, best)
    except (UserError, KeyError) as error:
        return [note(f"The search cannot be shown: {error}")]
    parts = [note(_opening(rows, best, settings)), note(_ending(folder, rows))]
    parts += map(paragraph, _warnings(rows, best, settings))
    if settings.method == "random":
        parts += _of_values(rows, best, settings.space)
    else:
        parts += _of_population(rows, best, settings.space)
    return parts


def _of_population(
    rows: Sequence[MemberRow], best: MemberRow, space: Mapping[str, SearchRange]
) -> list[str]:
    scores = plot_population_scores(rows, best)
    parts = [figure_block(scores, "search-scores", captions.population_scores(rows))]
    if space:
        paths = plot_hyperparameter_paths(rows, best, space)
        last = [row for row in rows if row.generation == rows[-1].generation]
        parts += [
            heading("Hyperparameters"),
            figure_block(paths, "search-paths", captions.hyperparameter_paths(rows)),
            _table(best, last, space, "median of the last generation"),
        ]
    if any(row.parent != row.member for row in rows):  # else lineages are straight lines
        lineages = plot_lineages(rows, best)
        block = figure_block(lineages, "search-lineages", captions.lineages(rows))
        parts += [heading("Lineages"), block]
    return parts


def _of_values(
    rows: Sequence[MemberRow], best: MemberRow, space: Mapping[str, SearchRange]
) -> list[str]:
    if not space:
        return []
    quarter = sorted(rows, key=lambda row: row.score)[: -(-len(rows) // 4)]
    figure = plot_scores_over_values(rows, best, space)
    return [
        figure_block(figure, "search-values", captions.scores_over_values(rows)),
        _table(best, quarter, space, "median of the best quarter"),
    ]


def _opening(rows: Sequence[MemberRow], best: MemberRow, settings: SearchConfig) -> str:
    """What kind of search it was, and who won."""
    size, generations = len({row.member for row in rows}), max(row.generation for row in rows)
    gains = {"spike": best.valid_bits_per_spike, "sample": best.valid_bits_per_sample}
    per = "sample" if np.isnan(gains["spike"]) else "spike"
    score, bits = map(in_words, (best.score, gains[per]))
    won = f"{score} nats per bin and neuron, {bits} bits per {per}"
    if settings.method == "random":
        return (
            f"Random search: {many(size, 'member')}, each trained alone with hyperparameters drawn "
            f"between limits. The best is member {best.member}: {won} on validation trials."
        )
    compared = {
        "tournament": "each member meets another, and the worse of the two goes on with the weights and "
        "settings of the better",
        "truncation": "the worst fifth goes on with the weights and settings of the best fifth",
    }[settings.selection]
    changes = {"perturb": "changed a little", "resample": "with hyperparameters drawn anew"}
    changed = changes[settings.exploration]
    how = f" After a generation, {compared}, {changed}." if size > 1 else ""
    return (
        f"Population-based training: {many(size, 'member')}, {many(generations, 'generation')} of "
        f"{many(settings.epochs_per_generation, 'epoch')}, the first with the ramp.{how} The best is "
        f"member {best.member} of generation {best.generation}: {won} on validation trials."
    )


def _ending(folder: Path, rows: Sequence[MemberRow]) -> str:
    """Why the search ended, if its summary is about all these rows."""
    try:
        summary = read_summary(folder)
    except UserError:
        summary = {}
    ended = summary.get("stopped_by")
    if ended is None or summary.get("generations") != rows[-1].generation:
        return "The search has not ended."
    return f"The search ended: {ENDED.get(str(ended), ended)}."


def _warnings(rows: Sequence[MemberRow], best: MemberRow, settings: SearchConfig) -> list[str]:
    """What calls for another search, in words."""
    warnings = []
    if settings.method == "population":
        for name, range_ in settings.space.items():
            warnings += _limit_warning(name, best.hyperparameters[name], range_)
        bests = best_scores(rows)
        window = min(settings.patience_generations, len(bests) - 1)
        if window and not has_converged(bests, settings.min_improvement, window):
            warnings.append(
                f"The best score still fell within the last {many(window, 'generation')}: more may "
                "find better settings. Go on with `lfads search DATA --out RUN --resume "
                "--search.num-generations NUMBER`."
            )
    failed = len(failed_of(rows))
    if failed > MANY_FAILED * len(rows):
        what = "members" if settings.method == "random" else "generations of a member"
        searched = "learning_rate" in settings.space
        cure = "lower `high` in [search.space.learning_rate]" if searched else "lower it"
        warnings.append(
            f"{failed} of {len(rows)} {what} ended without a finite score. The likely cause is a "
            f"learning rate that is too high: {cure}."
        )
    return warnings


def _limit_warning(name: str, value: float, range_: SearchRange) -> list[str]:
    """A sentence if the best value lies at a limit that held the search back."""
    share = _share(value, range_)
    if not range_.enforced or AT_LIMIT < share < 1 - AT_LIMIT or (share < 0.5 and range_.low == 0):
        return []
    upper, lower = ("upper", range_.high, "high"), ("lower", range_.low, "low")
    which, limit, key = upper if share > 0.5 else lower
    return [
        f"The winning line ends at the {which} limit of {name} ({value:.3g}; the limit is {limit:g}): "
        f"better values may lie beyond. Widen the limit, `{key}` in [search.space.{name}], and search "
        "again."
    ]


def _share(value: float, range_: SearchRange) -> float:
    """Where a value lies between its limits, from 0 to 1 along the law."""
    ends = np.array([range_.low, value, range_.high])
    low, at, high = np.log(ends) if range_.law == "log_uniform" else ends
    return float((at - low) / (high - low))


def _table(
    best: MemberRow, others: Sequence[MemberRow], space: Mapping[str, SearchRange], words: str
) -> str:
    """Hyperparameters of the best member, beside others' and what was allowed."""
    known = [row for row in others if np.isfinite(row.score)] or list(others)
    rows = [
        [
            name,
            f"{best.hyperparameters[name]:.3g}",
            f"{np.median([row.hyperparameters[name] for row in known]):.3g}",
            "drawn" if range_.start is None else f"{range_.start:.3g}",
            f"{range_.low:.3g}–{range_.high:.3g}",
            "always" if range_.enforced else "for first values",
        ]
        for name, range_ in space.items()
    ]
    return table(["hyperparameter", "best member", words, "start", "limits", "limits hold"], rows)
