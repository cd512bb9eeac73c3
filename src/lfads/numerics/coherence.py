"""Coherence of signals with another one over frequency, by Welch's segments, of many trials.

A trial of one second has few segments: spectra are averaged over the segments of all trials.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Complex, Float, Int
from scipy.signal import detrend, get_window


class Segments(NamedTuple):
    """Spectra of segments that overlap by half, 0 in those of a signal with missing samples.

    `known` is False in these, for this signal alone, and `frequency_hz` starts at 0.
    """

    spectra: Complex[np.ndarray, "frequency trial segment signal"]
    known: Bool[np.ndarray, "trial segment signal"]
    frequency_hz: Float[np.ndarray, " frequency"]


def segments_of(
    values: Float[np.ndarray, "trial time signal"], bin_width_s: float, segment_bins: int
) -> Segments:
    """Spectra of segments, each about its mean and under a Hann window; see `coherence`."""
    step = max(segment_bins // 2, 1)
    cut = np.lib.stride_tricks.sliding_window_view(values, segment_bins, axis=1)[:, ::step]
    known = np.asarray(np.isfinite(cut).all(-1))
    about_mean = detrend(np.where(known[..., None], cut, 0.0), axis=-1, type="constant")
    spectra = np.fft.rfft(about_mean * get_window("hann", segment_bins), axis=-1)
    return Segments(np.moveaxis(spectra, -1, 0), known, np.fft.rfftfreq(segment_bins, bin_width_s))


def coherence(
    signals: Segments,
    other: Segments,
    pairs: Int[np.ndarray, "pairing trial"] | None = None,
) -> Float[np.ndarray, "pairing frequency signal"]:
    """Squared coherence |S_xy|² / (S_xx S_yy) of each signal x with another one y, in [0, 1].

    S_xy is the sum over trials and segments of x̄ y of their spectra, for each signal over those in which it
    and the other are known; NaN where there are none. Of n independent segments without any relation 1/n is
    expected; segments that overlap count less.

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
    pairs = np.arange(len(signals.known))[None] if pairs is None else pairs
    x = signals.spectra.reshape(len(signals.spectra), -1, signals.spectra.shape[-1])
    y = np.moveaxis(other.spectra[..., 0][:, pairs], 1, -1).reshape(len(x), -1, len(pairs))
    seen_x, seen_y = _seen(signals, other, pairs)
    cross = np.swapaxes(x.conj(), 1, 2) @ y
    power_x = np.swapaxes(np.abs(x) ** 2, 1, 2) @ seen_y
    power_y = seen_x.T @ np.abs(y) ** 2
    product = power_x * power_y
    # Rounding leaves a little power in a signal that does not vary.
    varies = power_x > 1e-20 * np.maximum(power_x.max(0, keepdims=True), 1e-300)
    found = np.where(
        varies & (product > 0), np.abs(cross) ** 2 / np.where(product > 0, product, 1), 0
    )
    found = np.where(seen_x.T @ seen_y > 0, found, np.nan)
    return np.moveaxis(found, -1, 0)


def num_segments(signals: Segments, other: Segments) -> Int[np.ndarray, " signal"]:
    """Segments in which each signal and the other one are known: those that `coherence` uses."""
    seen_x, seen_y = _seen(signals, other, np.arange(len(signals.known))[None])
    return (seen_x.T @ seen_y)[:, 0].astype(np.int64)


def other_pairs(
    group: Int[np.ndarray, " trial"], num_pairings: int, seed: int = 0
) -> Int[np.ndarray, "pairing trial"]:
    """Pairings of each trial with another one of its group; of any group where it is alone in its own.

    >>> bool((other_pairs(np.zeros(5, int), 3) != np.arange(5)).all())
    True
    >>> other_pairs(np.array([0, 0, 1, 1]), 1).tolist()
    [[1, 0, 3, 2]]
    """
    rng = np.random.default_rng(seed)
    found = np.empty((num_pairings, len(group)), np.int64)
    of_groups = [np.flatnonzero(group == one) for one in np.unique(group)]
    for number in range(num_pairings):
        for trials in of_groups:
            order = rng.permutation(trials)  # each is paired with the next of a random circle
            found[number, order] = np.roll(order, -1)
        for alone in (trials[0] for trials in of_groups if len(trials) == 1):
            drawn = rng.integers(max(len(group) - 1, 1))
            found[number, alone] = (alone + 1 + drawn) % len(group)
    return found


def _seen(
    signals: Segments, other: Segments, pairs: Int[np.ndarray, "pairing trial"]
) -> tuple[Float[np.ndarray, "part signal"], Float[np.ndarray, "part pairing"]]:
    """1 in the segments in which each signal is known, and in which the other one of each pairing is."""
    seen_x = signals.known.reshape(-1, signals.known.shape[-1])
    seen_y = np.moveaxis(other.known[pairs, :, 0], 0, -1).reshape(-1, len(pairs))
    return seen_x.astype(np.float64), seen_y.astype(np.float64)
