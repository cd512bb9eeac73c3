"""Reaches: velocity of the hand from inferred rates, beyond what the condition says.

Not in the paper in this form: a simulated task whose truth is known stands for its recordings.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from lfads.data.dataset import Dataset
from lfads.evaluation.gains import rate_r2
from lfads.evaluation.scores import matched_parts
from lfads.paper.ceilings.reaching import reaches
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.methods import OURS, Ceiling, Opponent, Simulated
from lfads.paper.panels import METHOD_COLORS
from lfads.paper.reach_decoding import (
    true_velocity,
    velocity_from_rates,
    velocity_from_smoothed_spikes,
    velocity_from_spikes,
    velocity_scores,
    within_condition,
)
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.reaching import reaching_system, simulate_reaching

CASE = "reaching"
LEAST_R2, LEAST_RESIDUAL_R = 0.90, 0.80
SHOWN_TRIALS = 24
LEAST_REPEATS = 10
"""Of a condition, so that two of them validate and differ from their mean."""

VELOCITY_WORDS, RESIDUAL_WORDS = "R² of the hand's velocity", "r of the velocity within conditions"
FLOORS = {"smoothed_60_ms": "spikes smoothed by 60 ms", "wiener": "Wiener filter on spikes"}


def simulated(seed: int, size: Size) -> Simulated:
    """Reaches in eight directions and three bends."""
    dataset = simulate_reaching(seed, trials_per_condition=size.of(20, LEAST_REPEATS))
    return Simulated(dataset, reaching_system(seed))


def keep(given: Simulated, posterior: Posterior) -> Found:
    """Velocity decoded from rates in validation trials, and rates; beside it two decoders of spikes."""
    (part,) = matched_parts(given.dataset, posterior.sessions)
    session = given.dataset.session
    decoded = velocity_from_rates(session, part.found)
    scores = velocity_scores(part.session, decoded.velocity)
    valid = part.session.of_split("valid")
    assert part.session.condition is not None
    true, found = true_velocity(part.session)[valid], decoded.velocity[valid]
    condition = part.session.condition[valid]
    shown = np.unique(condition, return_index=True)[1][:SHOWN_TRIALS]
    left = [within_condition(each, condition).ravel()[::29] for each in (true, found)]
    return Found(
        {
            "velocity_r2": scores.r2,
            "residual_r": scores.residual_r,
            "lag_s": decoded.lag_s,
            "rate_r2_mean": float(np.nanmean(rate_r2(part.of_split("valid")))),
            "floors": floors_of(given.dataset),
        },
        {
            "true": true[shown], "found": found[shown], "left_true": left[0], "left_found": left[1],
            "width_s": np.array(given.dataset.bin_width_s),
        },
    )  # fmt: skip


@functools.lru_cache(maxsize=1)
def floors_of(dataset: Dataset) -> dict[str, dict[str, float]]:
    """Scores of what is decoded from spikes alone, which are the same whatever method is asked about."""
    session, width = dataset.session, dataset.bin_width_s
    floors = {
        "smoothed_60_ms": velocity_from_smoothed_spikes(session, width),
        "wiener": velocity_from_spikes(session, width),
    }
    return {name: velocity_scores(session, one.velocity)._asdict() for name, one in floors.items()}


def claims(results: Results) -> Sequence[Claim]:
    """R² of the velocity, and what is found within conditions; floors and ceiling beside."""
    found = []
    for method in EXPERIMENT.methods:
        ours = method in OURS
        for key, words, least in (
            ("velocity_r2", VELOCITY_WORDS, LEAST_R2),
            ("residual_r", RESIDUAL_WORDS, LEAST_RESIDUAL_R),
            ("rate_r2_mean", "mean R² of rates", None),
        ):
            numbers = results.by_seed(lambda n, k=key: n[k], (CASE, method))
            target = f"≥ {least:.2f} (target)" if ours and least else ""
            found.append(claim(f"{words}, {method}", target, numbers, least if ours else None))
    for key, words in (("velocity_r2", VELOCITY_WORDS), ("residual_r", RESIDUAL_WORDS)):
        for method in OURS:
            shares = results.by_seed(
                lambda a, b, k=key: a[k] / b[k], (CASE, method), (CASE, "ceiling")
            )
            found.append(claim(f"{words}, {method}: share of the ceiling's", "", shares))
    for name, about in FLOORS.items():
        for key, words in (("r2", VELOCITY_WORDS), ("residual_r", RESIDUAL_WORDS)):
            floor = results.by_seed(lambda n, f=name, k=key: n["floors"][f][k], (CASE, "LFADS"))
            found.append(claim(f"{words}, {about}", "", floor))
    return found


def draw(figure: Any, results: Results) -> None:
    """Paths of the hand, decoded beside true; what is left within conditions; scores of all."""
    paths, rest, scores = figure.subplots(1, 3, width_ratios=(1.2, 1.0, 1.3))
    arrays = results.of(CASE, "LFADS").arrays
    for true, found in zip(arrays["true"], arrays["found"], strict=True):
        for values, color, width in ((true, house.TRUE, 1.0), (found, METHOD_COLORS["LFADS"], 1.2)):
            path = 100 * np.nancumsum(values, axis=0) * arrays["width_s"]
            paths.plot(*path.T, color=color, linewidth=width)
    paths.set_aspect("equal", "datalim")
    paths.set_xlabel("x (cm)")
    paths.set_ylabel("y (cm)")
    paths.set_title("paths: true, decoded")
    house.tidy(paths)
    rest.axline((0, 0), slope=1, color=house.GREY, linewidth=0.7)
    rest.plot(
        100 * arrays["left_true"], 100 * arrays["left_found"], "o", markersize=2, markeredgewidth=0,
        alpha=0.4, color=METHOD_COLORS["LFADS"],
    )  # fmt: skip
    rest.set_title("less the condition's mean")
    rest.set_xlabel("true velocity (cm/s)")
    rest.set_ylabel("decoded (cm/s)")
    house.tidy(rest)
    _draw_scores(scores, results)


def _draw_scores(axes: Any, results: Results) -> None:
    floors = results.number(CASE, "LFADS", "floors")
    rows = [
        (words, floors[name]["r2"], floors[name]["residual_r"]) for name, words in FLOORS.items()
    ]
    rows += [
        (m, results.number(CASE, m, "velocity_r2"), results.number(CASE, m, "residual_r"))
        for m in EXPERIMENT.methods
        if (CASE, m, 0) in results
    ]
    rows.sort(key=lambda row: row[1])
    for place, (_, r2, r) in enumerate(rows):
        axes.plot(
            r2, place, "o", color=house.BLUE, label="R² of the velocity" if not place else None
        )
        axes.plot(
            r,
            place,
            "s",
            color=house.VERMILLION,
            label="r within conditions" if not place else None,
        )
    axes.set_yticks(range(len(rows)), [row[0].replace(" by ", "\nby ") for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(min(0.0, *(min(row[1:]) for row in rows)), 1.02)
    axes.grid(axis="y", color=house.PALE, linewidth=0.6)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    house.tidy(axes)


EXPERIMENT = Experiment(
    title="Reaches from rates of single trials",
    figures="",
    about=(
        "Eighty neurons plan and make reaches in eight directions and three bends; every trial's plan and "
        "start differ from its condition's. One linear decoder reads the velocity of the hand from the "
        "rates that a method infers. The ceiling fits the six unknown numbers of each trial to its spikes; "
        "it knows the neurons, what the numbers are drawn from, and when the target came on."
    ),
    cases={CASE: Case("reaching", simulated)},
    methods={
        **OURS,
        "GPFA": Opponent("gpfa", {"num_latents": (5, 8, 12, 20)}, fewer="most_rounds"),
        "smoothing": Opponent("smoothing"),
        "ceiling": Ceiling(reaches),
    },
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=3.2,
    caption=(
        "Validation trials. Left: paths of the hand, true (black) and decoded from LFADS' rates (blue), a "
        "trial of each condition. Middle: velocity less the mean of its condition. Right: scores of "
        "methods, decoders of spikes, and the ceiling."
    ),
)
"""What `reproduce` runs."""
