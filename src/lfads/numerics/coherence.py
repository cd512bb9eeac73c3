"""Coherence of signals with another one over frequency, by Welch's segments, of many trials.

A trial of one second has few segments: spectra are averaged over the segments of all trials.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Complex, Float, Int
from scipy.signal import detrend, get_window


class Segments(NamedTuple):
    """Spectra of segments that overlap by half, 0 in those with missing samples.

    `known` is False in these, and `frequency_hz` starts at 0.
    """

    spectra: Complex[np.ndarray, "frequency trial segment signal"]
    known: Bool[np.ndarray, "trial segment"]
    frequency_hz: Float[np.ndarray, " frequency"]


def segments_of(
    values: Float[np.ndarray, "trial time signal"], bin_width_s: float, segment_bins: int
) -> Segments:
    """Spectra of segments, each about its mean and under a Hann window; see `coherence`."""
    step = max(segment_bins // 2, 1)
    cut = np.lib.stride_tricks.sliding_window_view(values, segment_bins, axis=1)[:, ::step]
    known = np.asarray(np.isfinite(cut).all((2, 3)))
    about_mean = detrend(np.where(known[:, :, None, None], cut, 0.0), axis=-1, type="constant")
    spectra = np.fft.rfft(about_mean * get_window("hann", segment_bins), axis=-1)
    return Segments(np.moveaxis(spectra, -1, 0), known, np.fft.rfftfreq(segment_bins, bin_width_s))


def coherence(
    signals: Segments,
    other: Segments,
    pairs: Int[np.ndarray, "pairing trial"] | None = None,
) -> Float[np.ndarray, "pairing frequency signal"]:
    """Squared coherence |S_xy|² / (S_xx S_yy) of each signal x with another one y, in [0, 1].

    S_xy is the sum over trials and segments of x̄ y of their spectra. Of n independent segments without any
    relation 1/n is expected; segments that overlap count less.

    Parameters
    ----------
    signals, other
        Of the same trials and segments; `other` has one signal.
    pairs
        Which trial of `other` each trial is paired with, in one pairing or several: in others than their
        own for what chance gives. By default its own.

    References
    ----------
    Welch (1967), IEEE Trans. Audio Electroacoustics 15:70-73.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(20, 100, 1))
    >>> one = segments_of(x, 0.01, 50)
    >>> coherence(one, one)[0, 1:, 0].round(6).min()
    np.float64(1.0)
    """
    num_trials = len(signals.known)
    pairs = np.arange(num_trials)[None] if pairs is None else pairs
    x = signals.spectra.reshape(len(signals.spectra), -1, signals.spectra.shape[-1])
    y = np.moveaxis(other.spectra[..., 0][:, pairs], 1, -1).reshape(len(x), -1, len(pairs))
    seen_x = signals.known.reshape(-1, 1).astype(np.float64)
    seen_y = np.moveaxis(other.known[pairs], 0, -1).reshape(-1, len(pairs)).astype(np.float64)
    cross = np.swapaxes(x.conj(), 1, 2) @ y
    power_x = np.swapaxes(np.abs(x) ** 2, 1, 2) @ seen_y
    power_y = (np.abs(y) ** 2 * seen_x).sum(1, keepdims=True)
    product = power_x * power_y
    # Rounding leaves a little power in a signal that does not vary.
    varies = power_x > 1e-20 * np.maximum(power_x.max(0, keepdims=True), 1e-300)
    found = np.where(
        varies & (product > 0), np.abs(cross) ** 2 / np.where(product > 0, product, 1), 0
    )
    return np.moveaxis(found, -1, 0)


def other_pairs(
    num_trials: int, num_pairings: int, seed: int = 0
) -> Int[np.ndarray, "pairing trial"]:
    """Pairings in which no trial is paired with itself.

    >>> bool((other_pairs(5, 3) != np.arange(5)).all())
    True
    """
    rng = np.random.default_rng(seed)
    found = np.empty((num_pairings, num_trials), np.int64)
    for number in range(num_pairings):
        order = rng.permutation(num_trials)  # each is paired with the next of a random circle
        found[number, order] = np.roll(order, -1)
    return found
