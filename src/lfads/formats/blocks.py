"""Arrays that a file keeps apart for each split, joined into one along the trials.

What one split lacks is filled: with zeros and `observed` False for spikes, with NaN for what only
describes the trials.
"""

from collections.abc import Mapping

import numpy as np

from lfads.checks import Problems, describe, many
from lfads.data.companions import are_int64
from lfads.formats.guarded import GuardedGroup


def cube(
    file: GuardedGroup, key: str, problems: Problems, *, last: str = "neuron"
) -> np.ndarray | None:
    """The array `key` if it is there and has three axes: trial, time and the one that is named."""
    if key not in file:
        return None
    array = file.array(key)
    if array.ndim != 3 or array.dtype.kind not in "biuf":
        hint = _without_trials(key) if last == "channel" and array.ndim == 2 else ""
        problems.add(
            f"`{key}` must be numbers of shape (trial, time, {last}); got {describe(array)}{hint}"
        )
        return None
    return array


def _without_trials(key: str) -> str:
    """Scripts for TF1 LFADS overwrote the inputs of each trial by those of the next."""
    return (
        f". An array (time, channel) holds one trial alone, often the last of all. Write `{key}` again "
        "with all trials; where all have the same, repeat it, `np.repeat(array[None], num_trials, axis=0)`;"
        " or delete it from the file to do without"
    )


def agreed(arrays: Mapping[str, np.ndarray], axis: int, what: str, problems: Problems) -> int:
    """The size of an axis that all arrays share; 0 if there are none."""
    sizes = {key: array.shape[axis] for key, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        named = ", ".join(f"`{key}` has {size}" for key, size in sizes.items())
        problems.add(f"arrays must agree in their number of {what}; {named}")
    return max(sizes.values(), default=0)


def padded(array: np.ndarray, num_bins: int, num_channels: int, fill: float) -> np.ndarray:
    """The array with bins and channels added behind it."""
    num_trials, bins, channels = array.shape
    if (bins, channels) == (num_bins, num_channels):
        return array
    whole = np.full((num_trials, num_bins, num_channels), fill, array.dtype)
    whole[:, :bins, :channels] = array
    return whole


def joined_series(
    file: GuardedGroup,
    suffix: str,
    num_trials: Mapping[str, int],
    bins: tuple[int, int],
    problems: Problems,
    *,
    fill: float,
) -> np.ndarray | None:
    """`{split}_{suffix}` of all splits as `trial time channel`, None if no split has it.

    Parameters
    ----------
    num_trials
        Trials of each split, in order.
    bins
        Encoded bins, and all bins. A series of the encoded bins is filled up behind them.
    fill
        What stands where nothing is known.
    """
    parts: dict[str, np.ndarray] = {}
    for split, count in num_trials.items():
        key = f"{split}_{suffix}"
        part = cube(file, key, problems, last="neuron" if suffix == "truth" else "channel")
        if part is None:
            continue
        if part.shape[0] != count or part.shape[1] not in bins:
            expected = " or ".join(str((count, b, part.shape[2])) for b in dict.fromkeys(bins))
            problems.add(f"`{key}` must have shape {expected}; got {describe(part)}")
            continue
        narrow = part.dtype.kind != "f" or part.dtype.itemsize < 4
        parts[key] = part.astype(np.float64) if narrow else part
    if not parts:
        return None
    channels = agreed(parts, 2, "channels", problems)
    problems.raise_if_any()
    return np.concatenate(
        [
            padded(parts[key], bins[1], channels, fill)
            if (key := f"{split}_{suffix}") in parts
            else np.full((count, bins[1], channels), fill)
            for split, count in num_trials.items()
        ]
    )


def joined_index(
    file: GuardedGroup, num_trials: Mapping[str, int], problems: Problems
) -> np.ndarray | None:
    """Positions of the trials in their source from `{split}_inds`, None if there are none.

    MATLAB counts from 1: indices from 1 up to their number are lowered by 1. Trials of splits
    without indices follow the highest.
    """
    found: dict[str, np.ndarray] = {}
    for split, count in num_trials.items():
        key = f"{split}_inds"
        if key not in file:
            continue
        indices = np.squeeze(file.array(key)).reshape(-1)
        if len(indices) != count or indices.dtype.kind == "b" or not are_int64(indices):
            problems.add(f"`{key}` must be {many(count, 'whole number')}; got {describe(indices)}")
            return None
        found[split] = indices.astype(np.int64)
    if not found:
        return None
    known = np.concatenate(list(found.values()))
    if known.size and known.min() == 1 and known.max() == known.size:
        found = {split: indices - 1 for split, indices in found.items()}
        known = known - 1
    behind = int(known.max(initial=-1)) + 1
    for split, count in num_trials.items():
        if split not in found:
            found[split] = np.arange(behind, behind + count)
            behind += count
    return np.concatenate([found[split] for split in num_trials])
