"""Scores of the trials of one split: likelihood, gains over constant rates, R² of true rates."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lfads.evaluation.matching import Matched
from lfads.model.observations.observation import moments_of_known
from lfads.numerics.poisson import bits_per_spike, poisson_nll
from lfads.numerics.regression import r_squared


def value_scores(parts: Sequence[Matched]) -> dict[str, float]:
    """Scores of what was recorded: in encoded bins, of held-out neurons, in forward bins."""
    nll, encoded, forward, held_out = [], [], [], []
    for part in parts:
        known = part.session.observed_bins()
        nll.append(_nll(part, known))
        encoded.append(known & ~part.forward)
        forward.append(known & part.forward)
        held_out.append(encoded[-1] & part.session.held_out_neurons)
    scores = {"nll_per_sample": _mean(np.concatenate(nll))}
    families = {
        "bits_per_spike": _bits_per_spike,
        "bits_per_sample": _bits_per_sample,
        "deviance_explained": _deviance_explained,
    }
    for name in parts[0].observation.scores:
        family = families[name]
        scores[name] = family(parts, encoded)
        if any(part.session.held_out_neurons.any() for part in parts):
            scores[f"held_out_{name}"] = family(parts, held_out)
        if any(mask.any() for mask in forward):
            scores[f"forward_{name}"] = family(parts, forward)
    return scores


def _nll(part: Matched, known: np.ndarray) -> np.ndarray:
    """Nats of each known sample."""
    if part.observation.is_poisson:
        return poisson_nll(part.rates[known], part.session.spikes[known])
    parameters = {name: values[known] for name, values in part.parameters.items()}
    return -part.observation.log_density(_values(part)[known], parameters, np)


def _values(part: Matched) -> np.ndarray:
    return part.session.values.astype(np.float64)


def _bits_per_spike(parts: Sequence[Matched], masks: Sequence[np.ndarray]) -> float:
    """Bits/spike of the samples in the masks: those of sessions, weighted by their spikes."""
    bits, spikes = 0.0, 0.0
    for part, mask in zip(parts, masks, strict=True):
        number = float(part.session.spikes[mask].sum())
        if number:
            bits += number * bits_per_spike(part.rates, part.session.spikes, mask=mask)
            spikes += number
    return bits / spikes if spikes else math.nan


def _bits_per_sample(parts: Sequence[Matched], masks: Sequence[np.ndarray]) -> float:
    """Gain of the log-likelihood over the best constant model of these samples, by its own observation."""
    gained, samples = 0.0, 0
    for part, mask in zip(parts, masks, strict=True):
        null = part.observation.nll_of_constant(part.session.values, mask)
        gained += null - float(_nll(part, mask).sum())
        samples += int(mask.sum())
    return gained / (samples * math.log(2)) if samples else math.nan


def _deviance_explained(parts: Sequence[Matched], masks: Sequence[np.ndarray]) -> float:
    """1 - deviance of the model / that of each neuron's mean, with the model's own spread for both."""
    left = total = 0.0
    for part, mask in zip(parts, masks, strict=True):
        values, observation = _values(part), part.observation
        mean = moments_of_known(values, mask).mean
        own = {name: array[mask] for name, array in part.parameters.items()}
        null = {**own, "mean": np.broadcast_to(mean, values.shape)[mask]}
        left += float(observation.deviance(values[mask], own, np).sum())
        total += float(observation.deviance(values[mask], null, np).sum())
    return 1 - left / total if total > 0 else math.nan


def rate_scores(parts: Sequence[Matched]) -> dict[str, float]:
    """R² of rates against the true ones, where a simulation knows them."""
    if any(part.session.true_rates_hz is None for part in parts):
        return {}
    together = np.concatenate([rate_r2(part) for part in parts])
    varies = together[~np.isnan(together)]
    return {
        "rate_r2_median": float(np.median(varies)) if varies.size else math.nan,
        "rate_r2_mean": _mean(varies),
    }


def rate_r2(part: Matched) -> Float[np.ndarray, " neuron"]:
    """R² of each neuron's rates against the true ones; NaN where these do not change."""
    assert part.session.true_rates_hz is not None
    true = part.session.true_rates_hz * part.bin_width_s
    return r_squared(np.where(part.session.observed_bins(), true, np.nan), part.rates)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else math.nan
