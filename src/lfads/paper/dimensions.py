"""Figure S4: the hand's velocity from few or many dimensions, by LFADS and by GPFA of several bin widths.

A simulated task stands for the paper's recording, in bins of 5 ms.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.data.dataset import Dataset
from lfads.evaluation.matching import values_of
from lfads.evaluation.scores import matched_parts
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim, claim_of_each
from lfads.paper.methods import LFADS, Method, Opponent, Simulated
from lfads.paper.panels import METHOD_COLORS
from lfads.paper.reach_decoding import (
    LONGEST_LAG_S,
    decoded,
    velocity_from_smoothed_spikes,
    velocity_scores,
)
from lfads.paper.reaching import LEAST_REPEATS, VELOCITY_WORDS
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.reaching import simulate_reaching

CASE = "reaching"
BIN_WIDTH_S = 0.005
DIMENSIONS = (3, 5, 10, 20, 40)
WIDTHS_MS = {20: 4, 50: 10, 100: 20}
"""Of GPFA's bins, and how many of the data's are taken together for each."""

SIGNALS = {"factors": "factor", "rates": "neuron"}


def lfads(dimension: int) -> str:
    """Name of the method with so many factors."""
    return f"LFADS_{dimension}"


def gpfa(width_ms: int, dimension: int) -> str:
    """Name of the method with bins of this width and so many latents."""
    return f"GPFA_{width_ms}ms_{dimension}"


class Line(NamedTuple):
    """Of the figure: its name, its form, and the methods on it, one for each of the dimensions."""

    words: str
    color: str
    form: Any
    methods: tuple[str, ...]


LINES = (
    Line("LFADS", METHOD_COLORS["LFADS"], "-", tuple(map(lfads, DIMENSIONS))),
    *(
        Line(
            f"GPFA, {width} ms",
            METHOD_COLORS["GPFA"],
            form,
            tuple(gpfa(width, d) for d in DIMENSIONS),
        )
        for width, form in zip(WIDTHS_MS, ("-", "--", ":"), strict=True)
    ),
)


def _simulated(seed: int, size: Size) -> Simulated:
    repeats = size.of(20, LEAST_REPEATS)
    return Simulated(simulate_reaching(seed, trials_per_condition=repeats, bin_width_s=BIN_WIDTH_S))


def keep(given: Simulated, posterior: Posterior) -> Found:
    """R² of the velocity in validation trials, decoded from factors and from rates; a floor beside."""
    (part,) = matched_parts(given.dataset, posterior.sessions)
    r2 = {}
    for signal, dimension in SIGNALS.items():
        found = decoded(
            part.session, values_of(part.found, signal, dimension), part.bin_width_s,
            LONGEST_LAG_S,
        )  # fmt: skip
        r2[signal] = velocity_scores(part.session, found.velocity).r2
    return Found({"velocity_r2": r2, "smoothed_r2": floor_of(given.dataset)})


@functools.lru_cache(maxsize=1)
def floor_of(dataset: Dataset) -> float:
    """R² from spikes smoothed by 60 ms, which is the same whatever method is asked about."""
    session = dataset.session
    found = velocity_from_smoothed_spikes(session, dataset.bin_width_s)
    return velocity_scores(session, found.velocity).r2


def claims(results: Results) -> Sequence[Claim]:
    """LFADS above GPFA of any bin width, number by number and at best; every R²."""
    in_words = ", ".join(map(str, DIMENSIONS))
    every = [(CASE, method) for line in LINES for method in line.methods]
    found = []
    for signal in SIGNALS:
        above = results.by_seed(lambda *n, s=signal: _above(n, s)[0].tolist(), *every)
        best = results.by_seed(lambda *n, s=signal: [float(_above(n, s)[1])], *every)
        words = (
            f"{VELOCITY_WORDS} from {signal} of LFADS less that of GPFA with bins of the best width"
        )
        found += [
            claim_of_each(f"{words}, {what}", "above 0 (S4)", numbers, 0.0, "{:+.3f}")
            for what, numbers in (
                (f"as many dimensions: {in_words}", above),
                ("the best number of each", best),
            )
        ]
    for line in LINES:
        for signal in SIGNALS:
            numbers = results.by_seed(
                lambda *each, s=signal: [one["velocity_r2"][s] for one in each],
                *[(CASE, method) for method in line.methods],
            )
            what = f"{VELOCITY_WORDS} from {signal}, {line.words}, {in_words} dimensions"
            found.append(claim_of_each(what, "", numbers))
    floor = results.by_seed(lambda n: n["smoothed_r2"], (CASE, lfads(DIMENSIONS[0])))
    found.append(claim(f"{VELOCITY_WORDS}, spikes smoothed by 60 ms", "", floor))
    return found


def _above(
    numbers: Sequence[Mapping[str, Any]], signal: str
) -> tuple[np.ndarray, np.floating[Any]]:
    """R², LFADS' less the best GPFA's: with as many dimensions, and each at its best."""
    r2 = np.array([one["velocity_r2"][signal] for one in numbers])
    ours, theirs = np.split(r2.reshape(len(LINES), len(DIMENSIONS)), [1])
    return ours[0] - theirs.max(0), ours.max() - theirs.max()


def draw(figure: Any, results: Results) -> None:
    """R² against the number of dimensions: from factors on the left, from rates on the right."""
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, signal in zip(panels, SIGNALS, strict=True):
        for line in LINES:
            r2 = [
                results.number(CASE, method, "velocity_r2")[signal]
                if (CASE, method, 0) in results
                else np.nan
                for method in line.methods
            ]
            axes.plot(
                DIMENSIONS, r2, "o", markersize=3.5, linestyle=line.form, color=line.color,
                label=line.words,
            )  # fmt: skip
        axes.axhline(
            results.number(CASE, lfads(DIMENSIONS[0]), "smoothed_r2"), linewidth=0.8,
            color=METHOD_COLORS["smoothing"], linestyle=house.DOTTED, label="smoothing, 60 ms",
        )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xticks(DIMENSIONS, [str(dimension) for dimension in DIMENSIONS])
        axes.minorticks_off()
        axes.set_title(f"from {signal}")
        axes.set_xlabel("factors or latents")
        house.tidy(axes)
    panels[0].set_ylim(min(0.0, max(panels[0].get_ylim()[0], -1.0)), 1.02)
    panels[0].set_ylabel(VELOCITY_WORDS)
    panels[1].legend(loc="upper left", bbox_to_anchor=(1, 1))


METHODS: dict[str, Method] = {
    **{lfads(d): LFADS({"model": {"num_factors": d}}) for d in DIMENSIONS},
    **{
        gpfa(width, d): Opponent(
            "gpfa", {"num_latents": d, "bins_together": together}, fewer="most_rounds"
        )
        for width, together in WIDTHS_MS.items()
        for d in DIMENSIONS
    },
}

EXPERIMENT = Experiment(
    title="Velocity from few or many dimensions",
    figures="S4",
    about=(
        "Eighty neurons plan and make reaches, recorded in bins of 5 ms; the truth has nine dimensions. "
        "One linear decoder reads the velocity of the hand from factors of LFADS, and from latents of "
        "GPFA with bins of three widths. The paper finds that LFADS in bins of 5 ms is above "
        "GPFA, however many latents that has and however wide its bins are."
    ),
    cases={CASE: Case("reaching", _simulated)},
    methods=METHODS,
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=3.0,
    caption=(
        "Validation trials. R² of the hand's velocity against the number of factors of LFADS (5 ms bins) "
        "or latents of GPFA (lines by the width of its bins), decoded linearly from factors or latents "
        "(left), and from the rates that they give (right), which are curved in them."
    ),
)
"""What `reproduce` runs."""
