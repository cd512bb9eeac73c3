"""Figure S9: noise that a network integrates to a bound, found as the inferred input.

Supplementary Note of Pandarinath et al. 2018: 800 conditions, five trials of each; lag 0.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from lfads.evaluation.matching import Matched, values_of
from lfads.evaluation.scores import matched_parts
from lfads.numerics.regression import LinearMap, fit_linear_map
from lfads.paper.ceilings.integration_to_bound import integration_to_bound_ceiling
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.methods import LFADS, Ceiling, Simulated
from lfads.paper.panels import METHOD_COLORS, trace
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.integration_to_bound import (
    integration_system,
    simulate_integration_to_bound,
)

MODEL: dict[str, Any] = {"num_factors": 20, "controller_lag": 0}
TAPS = 13
"""Bins of the filter, about the one that it gives."""

PAPER = {"worst": 0.11, "median": 0.38, "best": 0.64}
"""R² between true and inferred input of single trials."""

CASE = "integration"


def _simulated(seed: int, size: Size) -> Simulated:
    num = size.of(800, 20)
    return Simulated(
        simulate_integration_to_bound(seed, num_conditions=num),
        integration_system(seed, num_conditions=num),
    )


def keep(given: Simulated, posterior: Posterior) -> Found:
    """Squared correlation of the input in validation trials, as it is and through one linear filter."""
    (part,) = matched_parts(given.dataset, posterior.sessions)
    valid, training = part.of_split("valid"), part.of_split("train")
    true, inferred = _inputs(valid)
    raw = squared_r(true, inferred)
    order = np.argsort(raw)
    shown = order[[0, len(order) // 2, -1]]
    numbers: dict[str, Any] = {"num_trials": len(raw), "r2": _quantiles(raw)}
    if training.session.num_trials:
        known, given_there = _inputs(training)
        filtered = fit_linear_map(taps_of(given_there), known[:, :, None])(taps_of(inferred))
        numbers["r2_filtered"] = _quantiles(squared_r(true, filtered[:, :, 0]))
    fit = _each_scaled(true[shown], inferred[shown])
    return Found(
        numbers,
        {"r2": raw, "true": true[shown], "found": fit, "time_s": given.dataset.time_s},
    )


def _inputs(part: Matched) -> tuple[np.ndarray, np.ndarray]:
    assert part.session.true_inputs is not None
    return part.session.true_inputs[:, :, 0], values_of(part.found, "inferred_inputs", "input")[
        :, :, 0
    ]


def squared_r(
    true: Float[np.ndarray, "trial time"], found: Float[np.ndarray, "trial time"]
) -> Float[np.ndarray, " trial"]:
    """Squared correlation over the bins of each trial; 0 where one of them does not change.

    >>> squared_r(np.array([[0.0, 1.0, 2.0]]), np.array([[0.0, -1.0, -2.0]])).round(3).tolist()
    [1.0]
    """
    a, b = (each - each.mean(1, keepdims=True) for each in (true, found))
    size = (a**2).sum(1) * (b**2).sum(1)
    return np.divide((a * b).sum(1) ** 2, size, out=np.zeros(len(a)), where=size > 0)


def taps_of(values: Float[np.ndarray, "trial time"]) -> Float[np.ndarray, "trial time tap"]:
    """Each bin with those before and behind it; 0 beyond the ends."""
    half = TAPS // 2
    padded = np.pad(values, ((0, 0), (half, half)))
    return np.lib.stride_tricks.sliding_window_view(padded, TAPS, axis=1)


def _quantiles(r2: np.ndarray) -> dict[str, float]:
    return {
        "worst": float(r2.min()), "median": float(np.median(r2)), "best": float(r2.max()),
        "mean": float(r2.mean()),
    }  # fmt: skip


def _each_scaled(true: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The inferred input of each trial in the units of the true one, by a line through both."""
    maps: list[LinearMap] = [
        fit_linear_map(b[:, None], a[:, None]) for a, b in zip(true, found, strict=True)
    ]
    return np.stack([fit(b[:, None])[:, 0] for fit, b in zip(maps, found, strict=True)])


def claims(results: Results) -> Sequence[Claim]:
    """Worst, median and best trial, beside the paper's and the ceiling's."""
    found = []
    for method, key, words in (
        ("LFADS", "r2", "LFADS"),
        ("LFADS", "r2_filtered", f"LFADS through one filter of {TAPS} bins"),
        ("ceiling", "r2", "ceiling"),
    ):
        for which, paper in PAPER.items():
            r2 = results.by_seed(lambda n, k=key, w=which: n[k][w], (CASE, method))
            of_paper = key == "r2" and method == "LFADS"
            aimed = (f"{paper:.2f}", r2, paper) if of_paper else ("", r2, None)
            found.append(claim(f"squared r of the input, {which} trial: {words}", *aimed))
    fits = (CASE, "LFADS"), (CASE, "ceiling")
    for key, how in (("r2", ""), ("r2_filtered", ", through the filter")):
        shares = results.by_seed(
            lambda ours, ceiling, k=key: ours[k]["median"] / ceiling["r2"]["median"], *fits
        )
        aimed = ("≥ .95 (target)", shares, 0.95) if key == "r2_filtered" else ("", shares, None)
        found.append(claim(f"median squared r as a share of the ceiling's{how}: LFADS", *aimed))
    return found


def draw(figure: Any, results: Results) -> None:
    """The input of three trials, the worst, the median and the best, and all trials' squared r."""
    left, right = figure.subfigures(1, 2, width_ratios=(2.0, 1.0))
    found = results.of(CASE, "LFADS")
    arrays = found.arrays
    panels = left.subplots(len(PAPER), 1, sharex=True, sharey=True)
    for row, (axes, which) in enumerate(zip(panels, PAPER, strict=True)):
        trace(axes, arrays["time_s"], arrays["true"][row], arrays["found"][row])
        axes.set_title(f"{which} trial: squared r {found.numbers['r2'][which]:.2f}")
        house.over_time(axes, arrays["time_s"], lowest=row == len(PAPER) - 1)
    panels[1].set_ylabel("input of the network")
    left.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    axes = right.subplots()
    for method in ("ceiling", "LFADS"):
        if (CASE, method, 0) in results:
            r2 = results.of(CASE, method).arrays["r2"]
            axes.hist(
                r2, np.linspace(0, 1, 41), density=True, alpha=0.6, label=method,
                color=METHOD_COLORS[method],
            )  # fmt: skip
    for which, paper in PAPER.items():
        label = "the paper's" if which == "worst" else None
        axes.axvline(
            paper, color=house.VERMILLION, linestyle=house.DOTTED, linewidth=1, label=label
        )
    axes.set_xlabel("squared r of single trials")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    house.tidy(axes)
    right.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=3)


EXPERIMENT = Experiment(
    title="Noise that is integrated to a bound",
    figures="S9",
    about=(
        "A network was trained to add up noise until a bound. The paper compares the true noise of "
        "single trials with the input that LFADS infers from spikes. The ceiling is a particle smoother "
        "that knows the network and how its states become rates, the range of each neuron in each trial "
        "included. The default prior of inputs is independent in each bin, as the true noise is."
    ),
    cases={CASE: Case("integration to bound", _simulated)},
    methods={
        "LFADS": LFADS({"model": MODEL}, num_samples=128),
        "ceiling": Ceiling(integration_to_bound_ceiling),
    },
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=4.2,
    caption=(
        "Validation trials. Left: true input (black) and the inferred one (blue), scaled and signed as "
        "the true one in each trial. Right: squared r of all trials; dotted: the paper's worst, median "
        "and best."
    ),
)
"""What `reproduce` runs."""
