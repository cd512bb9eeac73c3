"""Co-smoothing without dynamics: Gaussian smoothing, then Poisson regression to held-out neurons.

Width, features and ridge penalty are chosen on validation trials, all neurons together.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from _recording import Recording

from lfads.numerics.poisson import bits_per_spike
from lfads.numerics.smoothing import smoothed

WIDTHS_MS = (20, 30, 40, 50, 70, 100, 140, 200)
PENALTIES = (1e3, 3e2, 1e2, 3e1)  # strong ones first: each fit starts from the one before
FEATURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rate": lambda smooth: smooth,
    "square root": np.sqrt,
    "log": lambda smooth: np.log(smooth + 1e-2),
}
HIGHEST_LOG_RATE = 5.0  # counts per bin; keeps a first, wild step finite


def smooth(spikes: np.ndarray, width_ms: float, bin_ms: float) -> np.ndarray:
    """Gaussian smoothing of counts `trial time neuron` along time; `width_ms` is its deviation."""
    return smoothed(spikes.astype(np.float64), width_ms / bin_ms)


def fit_poisson_regression(
    design: np.ndarray, counts: np.ndarray, penalty: float, start: np.ndarray
) -> np.ndarray:
    """Weights of one neuron, by Newton's method with step halving.

    Minimises sum(exp(X w) - x X w) + penalty/2 ‖w‖²; the first column of X is 1, its weight is not
    penalised.
    """
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 0.0

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        log_rates = np.minimum(design @ weights, HIGHEST_LOG_RATE)
        rates = np.exp(log_rates)
        return float(rates.sum() - counts @ log_rates + 0.5 * ridge @ weights**2), rates

    weights, (value, rates) = start, cost(start)
    for _ in range(50):
        gradient = design.T @ (rates - counts) + ridge * weights
        weighted = design * np.sqrt(rates)[:, None]
        curvature = weighted.T @ weighted + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        if gradient @ step < 1e-8 * max(1.0, abs(value)):
            break
        for halving in range(30):
            new = weights - step * 0.5**halving
            new_value, new_rates = cost(new)
            if new_value < value:
                break
        else:
            break
        weights, value, rates = new, new_value, new_rates
    return weights


@dataclass(frozen=True)
class SmoothingScores:
    """Co-smoothing of the best width, features and penalty, in bits per spike."""

    width_ms: float
    features: str
    penalty: float
    valid_bits_per_spike: float
    test_bits_per_spike: float
    valid_by_width_ms: dict[str, float]


def score_smoothing(
    recording: Recording,
    widths_ms: Sequence[float] = WIDTHS_MS,
    penalties: Sequence[float] = PENALTIES,
) -> SmoothingScores:
    """Choose on validation trials, score on test trials."""
    best, best_rates, by_width = None, np.zeros(0), dict.fromkeys(map(str, widths_ms), -np.inf)
    for width_ms, features in itertools.product(widths_ms, FEATURES):
        for penalty, rates in _predictions(recording, width_ms, features, penalties):
            bits = _held_out_bits(recording, rates, "valid")
            by_width[str(width_ms)] = max(by_width[str(width_ms)], bits)
            if best is None or bits > best[0]:
                best, best_rates = (bits, width_ms, features, penalty), rates
        print(f"smoothing {width_ms:g} ms, {features}: best so far {best}", flush=True)
    if best is None:
        raise ValueError("no width or no penalty to choose from")
    bits, width_ms, features, penalty = best
    return SmoothingScores(
        width_ms=width_ms,
        features=features,
        penalty=penalty,
        valid_bits_per_spike=bits,
        test_bits_per_spike=_held_out_bits(recording, best_rates, "test"),
        valid_by_width_ms=by_width,
    )


def _predictions(
    recording: Recording, width_ms: float, features: str, penalties: Sequence[float]
) -> Iterator[tuple[float, np.ndarray]]:
    """Each penalty with the rates that it gives the held-out neurons on all trials."""
    held_in = smooth(recording.spikes[:, :, ~recording.held_out], width_ms, recording.bin_ms)
    values = FEATURES[features](held_in)
    train = recording.trials("train")
    mean, deviation = values[train].mean((0, 1)), values[train].std((0, 1))
    values = (values - mean) / np.where(deviation > 0, deviation, 1)
    design = np.concatenate([np.ones((*values.shape[:2], 1)), values], axis=2)
    training = design[train].reshape(-1, design.shape[2])
    targets = recording.spikes[train][:, :, recording.held_out].astype(np.float64)
    targets = targets.reshape(len(training), -1)
    weights = np.zeros((design.shape[2], targets.shape[1]))
    weights[0] = np.log(np.maximum(targets.sum(0), 0.5) / len(targets))
    for penalty in penalties:
        for neuron in range(targets.shape[1]):
            weights[:, neuron] = fit_poisson_regression(
                training, targets[:, neuron], penalty, weights[:, neuron].copy()
            )
        yield penalty, np.exp(np.minimum(design @ weights, HIGHEST_LOG_RATE))


def _held_out_bits(recording: Recording, rates: np.ndarray, split: str) -> float:
    trials = recording.trials(split)
    return bits_per_spike(rates[trials], recording.spikes[trials][:, :, recording.held_out])
