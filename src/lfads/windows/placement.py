"""Windows on continuous series: where they lie, what they hold, and which of them train.

Arithmetic only. A recording is a list of pieces, arrays `time ...`, between which time is missing; a
window is a stretch of one piece.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.arrays import PerTrial

FEWEST_BINS = 2  # of a trial
MOST_BLOCKS = 5  # of validation
WINDOWS_PER_BLOCK = 25  # of training and validation, at least


class Windows(NamedTuple):
    """The piece, first bin in it, and number of bins of each window."""

    piece: PerTrial
    start_bin: PerTrial
    num_bins: PerTrial


def window_starts(num_bins: int, window_bins: int, overlap_bins: int) -> np.ndarray:
    """First bins of the windows on T = `num_bins` bins, the last bins never lost.

    With W = `window_bins` and o = `overlap_bins` there are n = floor((T - W) / (W - o)) + 1 regular
    windows, W - o apart. Bins behind them get one more window of full length that ends with the last bin.
    It overlaps its neighbour by more than o. Where T < W, one window holds all.

    Examples
    --------
    >>> window_starts(26, 10, 2).tolist()
    [0, 8, 16]
    >>> window_starts(29, 10, 2).tolist()
    [0, 8, 16, 19]
    """
    if num_bins <= window_bins:
        return np.zeros(1, dtype=np.int64)
    last = num_bins - window_bins
    starts = np.arange(0, last + 1, window_bins - overlap_bins, dtype=np.int64)
    return starts if starts[-1] == last else np.append(starts, last)


def windows_on(piece_bins: Sequence[int], window_bins: int, overlap_bins: int) -> Windows:
    """Windows on every piece that has enough bins for a trial, in order."""
    starts = {
        piece: window_starts(bins, window_bins, overlap_bins)
        for piece, bins in enumerate(piece_bins)
        if bins >= FEWEST_BINS
    }
    number = [len(found) for found in starts.values()]
    bins = [min(piece_bins[piece], window_bins) for piece in starts]
    return Windows(
        piece=np.repeat(np.fromiter(starts, np.int64), number),
        start_bin=np.concatenate([np.zeros(0, np.int64), *starts.values()]),
        num_bins=np.repeat(np.array(bins, np.int64), number),
    )


def cut(pieces: Sequence[np.ndarray], windows: Windows, fill: Any) -> np.ndarray:
    """What a series holds in each window, `trial time ...`; `fill` behind windows that are shorter."""
    first = pieces[0]
    shape = (len(windows.piece), int(windows.num_bins.max()), *first.shape[1:])
    trials = np.full(shape, fill, dtype=np.result_type(*pieces))
    for trial, (piece, start, bins) in enumerate(zip(*windows, strict=True)):
        trials[trial, :bins] = pieces[piece][start : start + bins]
    return trials


def split_of_windows(labels: Sequence[np.ndarray], windows: Windows) -> np.ndarray:
    """The split of each window: that of its bins, and `test` where they differ.

    So no bin is in a training and in a validation window, however windows overlap.
    """
    names = []
    for piece, start, bins in zip(*windows, strict=True):
        found = np.unique(labels[piece][start : start + bins])
        names.append(str(found[0]) if len(found) == 1 else "test")
    return np.array(names, dtype="U5")


def blocked_split(piece_bins: Sequence[int], windows: Windows) -> list[np.ndarray]:
    """`train` or `valid` for each bin of each piece: about a fifth validates, in blocks of time.

    The windows, in order of time, are parted into one to five equal runs, none of fewer than 25 windows
    if there are several. The bins of the last fifth of each run's windows validate, at least those of one
    window. One window alone trains.
    """
    labels = [np.full(bins, "train") for bins in piece_bins]
    number = len(windows.piece)
    runs = min(MOST_BLOCKS, max(1, number // WINDOWS_PER_BLOCK))
    for run in np.array_split(np.arange(number), runs) if number > 1 else ():
        for trial in run[-max(1, len(run) // 5) :]:
            start = windows.start_bin[trial]
            labels[windows.piece[trial]][start : start + windows.num_bins[trial]] = "valid"
    return labels
