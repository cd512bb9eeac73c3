"""Figures 3c, 4d, S5 and S6 on simulated reaches: rotations, a signal that all share, reaction times.

The task's answers are known: condition averages turn at 1.6 and 1.1 Hz from movement onset on, all neurons
share one signal that starts the movement, and every trial has a trigger of its own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lfads.analysis.cis_projection import CisAndRotation
from lfads.analysis.dpca import DPCA
from lfads.analysis.jpca import JPCA
from lfads.analysis.reaction_time import ReactionTime
from lfads.data.session import Session
from lfads.evaluation.matching import matched
from lfads.paper import reaching
from lfads.paper.ceilings.known import known_rates
from lfads.paper.cells import Found
from lfads.paper.experiment import Claim, Experiment, Results, claim
from lfads.paper.methods import OURS, Ceiling, Simulated
from lfads.paper.panels import METHOD_COLORS
from lfads.paper.reaching import CASE
from lfads.plots import style as house
from lfads.plots.conditions import circular
from lfads.results import Posterior
from lfads.simulate.reaching_dynamics import FREQUENCIES_HZ

ONSET, WINDOW_S = "reaction_time", (0.0, 0.3)
TRUE_HZ = tuple(sorted(map(abs, FREQUENCIES_HZ), reverse=True))
NUM_SURROGATES = 1000
LEAST_SKEW_R2, LEAST_CIS_R, LEAST_RT_R, MOST_OFF_HZ = 0.65, 0.9, 0.92, 0.1
SIGNAL = -1
"""Of the true latents, the one that all conditions share."""


def keep(given: Simulated, posterior: Posterior) -> Found:
    """Frequencies and R² of rotations, the shared signal against the true one, and reaction times."""
    session, found = given.dataset.session, posterior.dataset
    jpca = JPCA(window_s=WINDOW_S, align_to=ONSET, num_components=4, num_surrogates=NUM_SURROGATES)
    turns = jpca.compute(found, session)
    parts = DPCA(num_shuffles=0).compute(found, session)
    times = ReactionTime(column=ONSET).compute(found, session)
    both = CisAndRotation(rotation_window_s=WINDOW_S, rotation_align_to=ONSET, num_surrogates=0)
    projected = both.compute(found, session)
    data = matched(session, found)
    shared = parts["courses"].sel(part="time").values[0].mean(0)
    valid = times["split"].values == "valid"
    told, measured = (times[name].values[valid] for name in ("predicted_s", "measured_s"))
    known = np.isfinite(told) & np.isfinite(measured)
    numbers = {
        "frequency_hz": turns["frequency_hz"].values.tolist(),
        "skew_r2": float(turns["r2_skew"]),
        "linear_r2": float(turns["r2_linear"]),
        "p_of_surrogates": float(turns["p_skew"]),
        "cis_share": float(parts["part_variance"].sel(part="time")),
        "cis_r": abs(_r(shared, _true_signal(data))),
        "reaction_time_r": _r(told[known], measured[known]) if known.sum() > 3 else float("nan"),
        "without_crossing": float(1 - known.mean()),
    }
    arrays = {
        "rotation": turns["courses"].values[:, :, 0],
        "phase": _directions(data, turns["condition"].values),
        "projection": projected["averages"].values,
        "told_s": told[known],
        "measured_s": measured[known],
    }
    return Found(numbers, arrays)


def _directions(session: Session, conditions: np.ndarray) -> np.ndarray:
    """In radians, of each condition."""
    assert session.condition is not None
    labels = session.condition.astype(str).tolist()
    degrees = session.trial_table["direction"]
    return np.deg2rad([float(degrees[labels.index(str(one))]) for one in conditions])


def _true_signal(session: Session) -> np.ndarray:
    """Its mean over trials."""
    assert session.true_latents is not None
    return session.true_latents[:, :, SIGNAL].mean(0)


def _r(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def claims(results: Results) -> Sequence[Claim]:
    """Of every method: frequencies, R² of rotations, the shared signal, reaction times."""
    found = []
    for method in EXPERIMENT.methods:
        fit, ours = (CASE, method), method in OURS
        found.append(_frequencies(results, method, aimed=ours))
        for key, words, least in (
            ("skew_r2", "R² of the skew-symmetric system", LEAST_SKEW_R2),
            ("linear_r2", "R² of any linear system", None),
            (
                "cis_r",
                "r of the first condition-independent component with the true signal",
                LEAST_CIS_R,
            ),
            ("reaction_time_r", "r of reaction times, validation trials", LEAST_RT_R),
            ("without_crossing", "share of trials without a crossing", None),
        ):
            aimed = least if ours else None
            numbers = results.by_seed(lambda n, k=key: n[k], fit)
            target = "" if aimed is None else f"≥ {aimed:.2f} (target)"
            found.append(claim(f"{words}, {method}", target, numbers, aimed))
        p = results.by_seed(lambda n: n["p_of_surrogates"], fit)
        found.append(claim(f"p of {NUM_SURROGATES} surrogates, {method}", "", p))
    return found


def _frequencies(results: Results, method: str, *, aimed: bool) -> Claim:
    each = {
        seed: results.number(CASE, method, "frequency_hz", seed)
        for seed in results.sizes
        if (CASE, method, seed) in results
    }
    near = [
        abs(hz - true) <= MOST_OFF_HZ
        for found in each.values()
        for hz, true in zip(found, TRUE_HZ, strict=True)
    ]
    here = {seed: ", ".join(f"{hz:.2f}" for hz in found) for seed, found in each.items()}
    true = ", ".join(f"{hz:g}" for hz in TRUE_HZ)
    target = f"{true}, ± {MOST_OFF_HZ:g} (target)" if aimed else f"true: {true}"
    reached = all(near) if aimed and near else None
    return Claim(f"frequencies of rotation in Hz, {method}", target, here, reached)


def draw(figure: Any, results: Results) -> None:
    """Rotations by two methods, the projection, and reaction times."""
    grid = figure.add_gridspec(1, 4, width_ratios=(1, 1, 1.2, 1.1))
    for place, method in enumerate(("LFADS", "smoothing")):
        axes = figure.add_subplot(grid[place])
        _draw_plane(axes, results, method)
    _draw_projection(figure.add_subplot(grid[2], projection="3d"), results)
    _draw_times(figure.add_subplot(grid[3]), results)


def _draw_plane(axes: Any, results: Results, method: str) -> None:
    axes.set_aspect("equal", "datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    house.tidy(axes)
    axes.set_xlabel("jPC 1")
    axes.set_ylabel("jPC 2")
    if (CASE, method, 0) not in results:
        axes.set_title(f"{method}: not there", fontweight="normal", color=house.GREY)
        return
    one = results.of(CASE, method)
    axes.set_title(f"{method}: {one.numbers['frequency_hz'][0]:.2f} Hz")
    colors = circular(one.arrays["phase"])
    for course, color in zip(one.arrays["rotation"], colors, strict=True):
        axes.plot(*course.T, color=color, linewidth=1.0)
        axes.plot(*course[0], "o", color=color, markersize=2.5, markeredgewidth=0)


def _draw_projection(axes: Any, results: Results) -> None:
    one = results.of(CASE, "LFADS")
    for course, color in zip(one.arrays["projection"], circular(one.arrays["phase"]), strict=True):
        signal, first, second = course.T
        axes.plot(first, second, signal, color=color, linewidth=0.9)
    for set_label, words in (
        (axes.set_xlabel, "rotation 1"), (axes.set_ylabel, "rotation 2"), (axes.set_zlabel, "shared"),
    ):  # fmt: skip
        set_label(words, labelpad=-12)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_zticks([])
    axes.set_title("LFADS")


def _draw_times(axes: Any, results: Results) -> None:
    axes.axline((300, 300), slope=1, color=house.GREY, linewidth=0.7)
    for method, size in (("smoothing", 3.0), ("LFADS", 3.0)):
        if (CASE, method, 0) in results:
            one = results.of(CASE, method)
            axes.plot(
                1000 * one.arrays["measured_s"], 1000 * one.arrays["told_s"], "o", markersize=size,
                markeredgewidth=0, alpha=0.6, color=METHOD_COLORS[method],
                label=f"{method}, r {one.numbers['reaction_time_r']:.2f}",
            )  # fmt: skip
    axes.set_xlim(180, 460)
    axes.set_ylim(80, 460)
    axes.set_xlabel("reaction time (ms)")
    axes.set_ylabel("crossing of the shared signal (ms)")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    house.tidy(axes)


EXPERIMENT = Experiment(
    title="Rotations and reaction times",
    figures="3c, 4d, S5, S6",
    about=(
        "Condition averages of reaches turn in planes from movement onset on, all neurons share one signal "
        "that begins the movement, and its crossing of a threshold tells when a single trial will move. "
        "The paper shows this for motor cortex; here it is known what ought to be found. The planes are "
        "those of jPCA in four components, from movement onset for 0.3 s; over the hand-over from "
        "preparation they would turn at other speeds. True rates show what the analyses can find at best."
    ),
    cases=reaching.EXPERIMENT.cases,
    methods={**reaching.EXPERIMENT.methods, "true rates": Ceiling(known_rates)},
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=2.8,
    caption=(
        "Left: condition averages in the fastest plane of rotation, by direction of the reach, from "
        "movement onset (dot), by LFADS and from smoothed spikes. Middle: the condition-independent signal "
        "and that plane, whole trials. Right: when the signal of single validation trials crosses its "
        "threshold, against when the hand began to move."
    ),
)
"""What `reproduce` runs."""
