"""Co-smoothing without dynamics: the baseline `smoothing`, on all neurons instead of components."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from _recording import Recording

from lfads.baselines.smoothing import WIDTHS_S, Smoothing
from lfads.data.dataset import Dataset
from lfads.evaluation.scores import score_dataset
from lfads.numerics.smoothing import smoothed

WIDTHS_MS = tuple(round(1000 * width) for width in WIDTHS_S)
PENALTIES = (1e3, 3e2, 1e2, 3e1)


def smooth(spikes: np.ndarray, width_ms: float, bin_ms: float) -> np.ndarray:
    """Gaussian smoothing of counts `trial time neuron` along time; `width_ms` is its deviation."""
    return smoothed(spikes.astype(np.float64), width_ms / bin_ms)


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
    dataset = Dataset.from_arrays(
        recording.spikes,
        bin_width_s=recording.bin_width_s,
        split=recording.split,
        held_out_neurons=recording.held_out,
        source=recording.name,
    )
    fitted = Smoothing(
        widths_s=tuple(width / 1000 for width in widths_ms),
        penalties=tuple(penalties),
        num_components=None,
    ).fit(dataset)
    (fit,) = fitted.sessions.values()
    scores = score_dataset(dataset, fitted.infer(dataset).sessions)
    test = scores.splits["test"].held_out_bits_per_spike
    assert test is not None
    return SmoothingScores(
        width_ms=1000 * fit.width_s,
        features=fit.feature,
        penalty=fit.penalty,
        valid_bits_per_spike=fit.bits_per_spike,
        test_bits_per_spike=test,
        valid_by_width_ms={
            f"{1000 * float(width):g}": bits for width, bits in fit.by_width_s.items()
        },
    )
