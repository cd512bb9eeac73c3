"""Whether error bars are true: how often mean ± 1.645 std holds what a simulation knows; it should be 90 %.

Rates stand as they are. Factors and inferred inputs are defined up to a linear map: true latents and inputs
are led into their space by regression on training trials, which leaves the error bars as they are stored.
Where nothing is known, counts of held-out neurons still tell: their probability integral transform
u = F(y - 1) + v p(y), v uniform, is uniform if predictions are right (Czado et al. 2009,
Biometrics 65:1254).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from scipy.stats import kstest, poisson

from lfads.evaluation.matching import Matched, holds, values_of
from lfads.evaluation.truth import INPUTS, LATENTS, Truth
from lfads.numerics.regression import fit_linear_map

WITHIN_STD = 1.645
"""Standard deviations to either side that hold 90 % of a normal distribution."""

COVERED = {LATENTS: "factor_coverage", INPUTS: "input_coverage"}


def rate_coverage(parts: Sequence[Matched]) -> float | None:
    """Share of true rates within their error bars; None without a truth or without error bars."""
    held = []
    for part in parts:
        true = part.session.true_rates_hz
        if true is None or not holds(part.found, "rates_std"):
            return None
        held.append(_within(part, "rates", "neuron", true, part.session.observed_bins()))
    return _share(held)


def mapped_coverage(
    parts: Sequence[Matched], truth: Truth, splits: Iterable[str]
) -> dict[str, float | None]:
    """By split, share of the truth, led into the space of what was inferred, within error bars.

    Of what can be scored (`obstacle`); nothing where results have no error bars.
    """
    name = truth.inferred
    if not all(holds(part.found, f"{name}_std") for part in parts):
        return {}
    known = [np.asarray(getattr(part.session, truth.known), np.float64) for part in parts]
    found = [values_of(part.found, name, truth.dimension) for part in parts]
    training = [
        part.session.valid_bins() & part.session.of_split("train")[:, None] for part in parts
    ]
    linear_map = fit_linear_map(
        np.concatenate([each[where] for each, where in zip(known, training, strict=True)]),
        np.concatenate([each[where] for each, where in zip(found, training, strict=True)]),
    )
    led = [linear_map(true) for true in known]

    def share(split: str) -> float | None:
        held = []
        for part, true in zip(parts, led, strict=True):
            chosen = part.session.valid_bins() & part.session.of_split(split)[:, None]
            held.append(_within(part, name, truth.dimension, true, chosen[:, :, None]))
        return _share(held)

    return {split: share(split) for split in splits}


def held_out_uniformity(parts: Sequence[Matched], *, seed: int = 0) -> float | None:
    """Largest distance between the distribution of transformed counts of held-out neurons and uniform.

    The Kolmogorov-Smirnov statistic, 0 where predictions are right; None where no count is held out, or the
    observation is not Poisson.
    """
    transformed, rng = [], np.random.default_rng(seed)
    for part in parts:
        if part.session.kind != "counts" or not part.observation.is_poisson:
            return None
        chosen = part.session.observed_bins() & ~part.forward & part.session.held_out_neurons
        counts, rates = part.session.spikes[chosen].astype(np.int64), part.rates[chosen]
        below = poisson.cdf(counts - 1, rates)
        transformed.append(below + rng.uniform(size=counts.shape) * poisson.pmf(counts, rates))
    together = np.concatenate(transformed)
    return float(kstest(together, "uniform").statistic) if together.size else None


def words_on_error_bars(found: xr.Dataset) -> str:
    """What the variables `…_std` of a session's results are made of; empty where results do not say it."""
    spread = found.attrs.get("spread")
    if not spread:
        return ""
    error, uncertain = (found.attrs.get(name) for name in ("rate_error", "rate_error_std"))
    if error is None or uncertain is None:
        return f"error bars: {spread}"
    return (
        f"error bars: {spread}. The variance of that error is {error:.2g} ± {uncertain:.1g} times the rate "
        "in counts per bin (± one standard deviation, bootstrap over trials)"
    )


def _within(
    part: Matched, name: str, feature: str, true: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    """Whether each chosen value that is known, and has an error bar, lies within it."""
    mean, std = (values_of(part.found, each, feature) for each in (name, f"{name}_std"))
    known = np.broadcast_to(chosen, mean.shape) & np.isfinite(mean) & np.isfinite(true)
    known &= np.isfinite(std)
    return np.abs(true - mean)[known] <= WITHIN_STD * std[known]


def _share(held: Sequence[np.ndarray]) -> float | None:
    together = np.concatenate(held)
    return float(together.mean()) if together.size else None
