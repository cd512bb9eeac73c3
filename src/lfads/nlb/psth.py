"""Condition averages of smoothed spikes, as the benchmark makes them to score those of rates.

Spikes are counted in bins of 1 ms, smoothed by a Gaussian that ends at three deviations and does not reach
over times that were not observed, summed in the bins of the data, and averaged over trials of a condition.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.nlb.clock import bins_from, first_bins, in_ms, in_ns, last_bins
from lfads.nlb.recorded import Recorded
from lfads.recordings.binning import counts_in
from lfads.recordings.recording import Intervals

REACH = 3
"""Deviations at which the kernel ends."""

SHORTEST = 0.8
"""Trials shorter than this share of the mean length of their condition are left out."""

MS_S = 0.001


class ConditionAverages(NamedTuple):
    """Averages, `condition time neuron`, and which of some trials are of each condition."""

    psth: Float[np.ndarray, "condition time neuron"]
    labels: list[tuple[float, ...]]
    trials: list[np.ndarray]


def condition_averages(
    recorded: Recorded, rows: Int[np.ndarray, " trial"], bin_width_s: float
) -> ConditionAverages | None:
    """Averages over these trials; None for a data set without conditions.

    Parameters
    ----------
    recorded
        The file.
    rows
        Trials of the table, those that train and those that are scored.
    bin_width_s
        Of the bins.
    """
    about = recorded.about
    if not about.conditions:
        return None
    columns = np.stack([recorded.numbers(name)[rows] for name in about.conditions], axis=1)
    skipped = recorded.numbers("is_outlier")[rows] == 1 if about.scored_from else False
    usable = np.isfinite(columns).all(1) & ~np.asarray(skipped)
    spans = _spans(recorded, rows, bin_width_s)
    values = _binned(recorded, rows, spans, bin_width_s)
    num_bins = round((about.window_s[1] - about.window_s[0]) / bin_width_s)
    kept: list[tuple[tuple[float, ...], np.ndarray, np.ndarray]] = []
    for label in np.unique(columns[np.isfinite(columns).all(1)], axis=0):
        own = np.flatnonzero(usable & (columns == label).all(1))
        if not len(own):
            continue
        length = spans.length_among(recorded, rows, own, bin_width_s)
        long_enough = length >= SHORTEST * length.mean()
        own, length = own[long_enough], length[long_enough]
        mean = _averaged(values, spans, own, length, at_end=bool(about.scored_from))
        kept.append((tuple(label.tolist()), mean, own))
    longest = num_bins if about.scored_from else max(len(mean) for _, mean, _ in kept)
    psth = np.full((len(kept), longest, values.shape[2]), np.nan)
    for place, (_, mean, _) in enumerate(kept):
        if about.scored_from:
            psth[place, longest - len(mean) :] = mean
        else:
            psth[place, : len(mean)] = mean
    return ConditionAverages(psth, [label for label, _, _ in kept], [own for _, _, own in kept])


class _Spans(NamedTuple):
    """First and last bin of each trial that is averaged, and the first of what is counted for all."""

    first: np.ndarray
    last: np.ndarray
    base: np.ndarray
    width: int

    def length_among(
        self, recorded: Recorded, rows: np.ndarray, own: np.ndarray, bin_width_s: float
    ) -> np.ndarray:
        """Bins of the trials of a condition: each ends where the next trial begins, at the latest."""
        about = recorded.about
        starts = in_ns(np.nan_to_num(recorded.times_s("start_time")))
        following = rows[own] + 1
        next_start = np.where(
            following < len(starts),
            starts[np.minimum(following, len(starts) - 1)],
            np.iinfo(np.int64).max,
        )
        event = about.scored_from or about.align_to
        offset = 0.0 if about.scored_from else about.window_s[0]
        begins = in_ns(recorded.times_s(event)[rows[own]]) + in_ns(offset)
        bound = np.append(np.minimum(next_start, begins)[1:], np.iinfo(np.int64).max)
        last = np.minimum(self.last[own], last_bins(bound, bin_width_s))
        return last - self.first[own] + 1


def _spans(recorded: Recorded, rows: np.ndarray, bin_width_s: float) -> _Spans:
    about = recorded.about
    events = recorded.times_s(about.align_to)[rows]
    if about.scored_from:
        first = first_bins(recorded.times_s(about.scored_from)[rows], 0.0, bin_width_s)
        last = last_bins(in_ns(events), bin_width_s)
    else:
        first = first_bins(events, about.window_s[0], bin_width_s)
        last = first + round((about.window_s[1] - about.window_s[0]) / bin_width_s) - 1
    anchor = first_bins(events, 0.0, bin_width_s)  # bins are averaged by their distance from it
    earliest = int((first - anchor).min())
    width = int((last - anchor).max()) - earliest + 1
    return _Spans(first, last, anchor + earliest, width)


def _binned(
    recorded: Recorded, rows: np.ndarray, spans: _Spans, bin_width_s: float
) -> Float[np.ndarray, "trial time neuron"]:
    """Smoothed spikes of all trials in bins, held-in neurons first; NaN where nothing was observed."""
    factor = round(bin_width_s / MS_S)
    kernel = _kernel(recorded.about.kernel_s)
    margin = len(kernel)
    first = spans.base * factor - margin
    bins = bins_from(first, spans.width * factor + 2 * margin, MS_S)
    groups = []
    for units in (recorded.held_in, recorded.held_out):
        if not len(units):
            continue
        stretch = _stretches(first, bins.num_bins, recorded.observed_s(units))
        spikes = recorded.spikes_of(units)
        for unit in range(len(units)):
            counts = counts_in(bins, [spikes[unit]])[:, :, 0].astype(np.float64)
            smooth = _smoothed(counts, stretch, kernel)[:, margin:-margin]
            by_bin = smooth.reshape(len(rows), spans.width, factor)
            total = np.nansum(by_bin, axis=2)
            groups.append(np.where(np.isnan(by_bin[:, :, 0]), np.nan, total))
    return np.stack(groups, axis=2)


def _kernel(deviation_s: float) -> np.ndarray:
    """A Gaussian on an even number of milliseconds, whose middle lies between two of them."""
    deviation = deviation_s / MS_S
    size = int(round(2 * REACH * deviation, 6))
    places = np.arange(size) - (size - 1) / 2
    kernel = np.exp(-0.5 * (places / deviation) ** 2)
    return kernel / kernel.sum()


def _stretches(
    first: np.ndarray, length: int, observed_s: Intervals
) -> Int[np.ndarray, "trial time"]:
    """Which stretch of those observed each millisecond lies in, counted within the trial; -1 in none."""
    places = first[:, None] + np.arange(length)
    if not observed_s:
        return np.where(places >= 0, 0, -1)
    begins, ends = in_ms(observed_s)
    found = np.searchsorted(begins, places, side="right") - 1
    inside = (found >= 0) & (places < ends[np.maximum(found, 0)])
    return np.where(inside, found - np.maximum(found[:, :1], 0), -1)


def _smoothed(counts: np.ndarray, stretch: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Each stretch smoothed by itself, NaN outside."""
    from scipy.signal import fftconvolve

    found = np.full(counts.shape, np.nan)
    for one in range(int(stretch.max()) + 1):
        inside = stretch == one
        if inside.any():
            part = fftconvolve(np.where(inside, counts, 0.0), kernel[None], mode="same", axes=1)
            found[inside] = np.maximum(part[inside], 0.0)
    return found


def _averaged(
    values: np.ndarray, spans: _Spans, own: np.ndarray, length: np.ndarray, *, at_end: bool
) -> Float[np.ndarray, "time neuron"]:
    """Mean over trials of bins that all of them have: their first ones, or their last."""
    shortest = int(length.min())
    offset = (spans.first - spans.base)[own]
    place = np.arange(values.shape[1])
    there: Bool[np.ndarray, "trial time"] = (place >= offset[:, None]) & (
        place < (offset + length)[:, None]
    )
    masked = np.where(there[:, :, None], values[own], np.nan)
    known = np.isfinite(masked)
    number = known.sum(0)
    total = np.where(known, masked, 0.0).sum(0)
    mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    begin, end = int(offset.min()), int((offset + length).max())
    return mean[end - shortest : end] if at_end else mean[begin : begin + shortest]
