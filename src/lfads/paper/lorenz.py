"""Figure S2: latents of the Lorenz system, by LFADS and its opponents, beside one who knows the system.

Latents of every method are mapped linearly to the true ones; the map is fitted on training trials.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from lfads.evaluation.matching import holds, values_of
from lfads.evaluation.scores import matched_parts
from lfads.evaluation.truth import LATENTS, recovered
from lfads.numerics.poisson import LOWEST_RATE
from lfads.paper.ceilings.lorenz import lorenz_ceiling
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.methods import (
    OURS,
    REFINED,
    Ceiling,
    Method,
    Opponent,
    Simulated,
)
from lfads.paper.panels import bars, trace
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.lorenz import lorenz_system, simulate_lorenz

NUM_LATENTS = 3
OPPONENTS = ("GPFA", "vLGP", "PfLDS", "smoothing")
PAPER = {
    "LFADS": (0.850, 0.921, 0.872), "vLGP": (0.761, 0.688, 0.218), "GPFA": (0.713, 0.725, 0.325),
    "PfLDS": (0.784, 0.732, 0.368),
}  # fmt: skip
"""R² of the three latents in the paper, on data that were simulated otherwise than ours."""

LEAST_OF_CEILING = 0.98


def _simulated(seed: int, size: Size) -> Simulated:
    num = size.of(65, 8)
    return Simulated(
        simulate_lorenz(seed, num_conditions=num), lorenz_system(seed, num_conditions=num)
    )


def keep(given: Simulated, posterior: Posterior) -> Found:
    """R² of the latents in validation trials, and the latents of one."""
    sessions = {name: with_factors(one) for name, one in posterior.sessions.items()}
    parts = matched_parts(given.dataset, sessions)
    found = recovered(parts, LATENTS)
    r2 = found.r2["valid"]
    (trial, *_) = np.flatnonzero(parts[0].session.of_split("valid"))
    return Found(
        {"latent_r2": list(r2), "latent_r2_mean": float(np.mean(r2))},
        {
            "true": found.known[0][trial],
            "found": found.estimate[0][trial],
            "time_s": given.dataset.time_s,
        },
    )


def with_factors(found: xr.Dataset) -> xr.Dataset:
    """Results with latents; of a method without, logarithms of its rates, which latents are sums of."""
    if holds(found, "factors"):
        return found
    log_rates = np.log(np.maximum(values_of(found, "rates", "neuron"), LOWEST_RATE))
    return found.assign(factors=(("trial", "time", "factor"), log_rates))


def claims(results: Results) -> Sequence[Claim]:
    """LFADS above every opponent on every latent, and its share of what spikes can tell."""
    found = []
    for method in EXPERIMENT.methods:
        for latent in range(NUM_LATENTS):
            r2 = results.by_seed(lambda n, k=latent: n["latent_r2"][k], ("lorenz", method))
            paper = f"{PAPER[method][latent]:.3f}" if method in PAPER else ""
            found.append(claim(f"R² of latent {latent}, {method}", paper, r2))
    for opponent in OPPONENTS:
        better = results.by_seed(_number_better, ("lorenz", "LFADS"), ("lorenz", opponent))
        words = f"latents that LFADS gives better than {opponent}"
        found.append(claim(words, "3 of 3", better, float(NUM_LATENTS), "{:.0f}"))
    words = "mean R² as a share of the ceiling's"
    return [*found, *(share_of_ceiling(results, "lorenz", words, method) for method in OURS)]


def _number_better(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    return float(np.greater(ours["latent_r2"], theirs["latent_r2"]).sum())


def share_of_ceiling(results: Results, case: str, words: str, method: str) -> Claim:
    """Mean R² of a method over that of one who knows the system."""
    shares = results.by_seed(
        lambda ours, ceiling: ours["latent_r2_mean"] / ceiling["latent_r2_mean"],
        (case, method),
        (case, "ceiling"),
    )
    return claim(
        f"{words}, {method}", f"≥ {LEAST_OF_CEILING} (target)", shares, LEAST_OF_CEILING, "{:.4f}"
    )


def draw(figure: Any, results: Results) -> None:
    """Latents of a validation trial by every method, a column each, and R²."""
    above, below = figure.subfigures(2, 1, height_ratios=(2.2, 1.0))
    methods = [m for m in EXPERIMENT.methods if ("lorenz", m, 0) in results]
    alone = [m for m in methods if m != REFINED]  # whose courses look like those of LFADS
    grid = above.subplots(NUM_LATENTS, len(alone), sharex=True, sharey="row", squeeze=False)
    for column, method in zip(grid.T, alone, strict=True):
        arrays = results.of("lorenz", method).arrays
        column[0].set_title(method)
        for latent, axes in enumerate(column):
            trace(
                axes,
                arrays["time_s"],
                arrays["true"][:, latent],
                arrays["found"][:, latent],
                method,
            )
            house.over_time(axes, arrays["time_s"], lowest=latent == NUM_LATENTS - 1)
    for latent, axes in enumerate(grid[:, 0]):
        axes.set_ylabel(f"latent {latent}\n(z-scored)")
    axes = below.subplots()
    names = [f"latent {latent}" for latent in range(NUM_LATENTS)]
    bars(axes, names, {m: results.number("lorenz", m, "latent_r2") for m in methods}, "R²")
    for place, method in enumerate(methods):
        for latent, r2 in enumerate(PAPER.get(method, ())):
            at = latent + (place - (len(methods) - 1) / 2) * 0.8 / len(methods)
            first = place == latent == 0
            axes.plot(
                at, r2, "_", color=house.INK, markersize=8, label="the paper's" if first else None
            )
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1)
    below.legend(*axes.get_legend_handles_labels(), loc="outside right upper")


OPPONENT_METHODS: dict[str, Method] = {
    "GPFA": Opponent("gpfa", {"num_latents": (2, 3, 5)}, fewer="most_rounds"),
    "vLGP": Opponent("vlgp", {"num_latents": (2, 3, 5)}, fewer="most_rounds"),
    "PfLDS": Opponent("pflds", {"num_latents": (2, 3, 5)}, fewer="most_epochs"),
    "smoothing": Opponent("smoothing"),
}

EXPERIMENT = Experiment(
    title="Latents of the Lorenz system",
    figures="S2",
    about=(
        "Thirty Poisson neurons read out the three variables of the Lorenz system. The paper compares how "
        "much of each variable is found by LFADS, vLGP, GPFA and PfLDS in single trials; here smoothed "
        "spikes stand beside, and a ceiling that knows the equations and the read-out, but not that trials "
        "begin from a few starts only: it searches each trial's start anew."
    ),
    cases={"lorenz": Case("Lorenz", _simulated)},
    methods={
        **OURS,
        **OPPONENT_METHODS,
        "ceiling": Ceiling(lorenz_ceiling),
    },
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=6.0,
    caption=(
        "Above: true latents (black) of a validation trial, and what each method finds. Below: R² over all "
        "validation trials; marks are the paper's numbers, of other simulated data."
    ),
)
"""What `reproduce` runs."""
