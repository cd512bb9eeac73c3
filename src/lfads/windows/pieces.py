"""Continuous series as a user gives them, one array or one for each piece, brought into one form.

Each function notes a problem and returns a stand-in of the right kind, so that checking goes on.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import Problems, describe, many
from lfads.data.companions import as_array, is_finite_number

EXPECTED = (
    "`spikes` must be counts with shape (time, neuron), or a list of such arrays, one a piece"
)
SLACK_BINS = 1e-3  # by which a piece may seem to begin before the one before it ends, by rounding


def are_several(spikes: Any) -> bool:
    """Whether it is a list of pieces, and not one piece given as nested lists."""
    if not isinstance(spikes, list | tuple):
        return False
    return not spikes or any(_num_axes(item) != 1 for item in spikes)


def _num_axes(item: Any) -> int:
    try:
        return np.ndim(item)
    except ValueError:  # rows of unequal length
        return 0


def as_pieces(spikes: Any, problems: Problems) -> list[np.ndarray]:
    """Numbers `time neuron` of each piece.

    Raises
    ------
    UserError
        If it is something else: nothing more can then be checked. Problems noted before are raised too.
    """
    several, found = are_several(spikes), len(problems.found)
    given = [as_array("spikes", piece, problems) for piece in (spikes if several else [spikes])]
    arrays = [array for array in given if array is not None]
    for number, array in enumerate(arrays):
        which = f" in piece {number}" if several else ""
        if array.ndim == 3:
            problems.add(
                f"{EXPECTED}; got {describe(array)}{which}: data that have trials go to "
                "`lfads.Dataset.from_arrays`"
            )
        elif array.ndim != 2 or array.dtype.kind not in "biuf":
            problems.add(f"{EXPECTED}; got {describe(array)}{which}")
    problems.require(bool(given), f"{EXPECTED}; got an empty list")
    if len(problems.found) == found:
        neurons = sorted({array.shape[1] for array in arrays})
        problems.require(
            neurons[0] > 0 and len(neurons) == 1,
            f"`spikes` must hold the same neurons in every piece, at least one; got {neurons}",
        )
    if len(problems.found) > found:
        problems.raise_if_any()
    return arrays


def check_counts(
    pieces: Sequence[np.ndarray], observed: Sequence[np.ndarray] | None, problems: Problems
) -> None:
    """Note the first sample that is no count, though observed."""
    for number, piece in enumerate(pieces):
        values = piece if observed is None else np.where(observed[number], piece, 0)
        with np.errstate(invalid="ignore"):
            bad = ~((values >= 0) & (values <= 65535))
            if values.dtype.kind == "f":
                bad |= values != np.round(values)
        if bad.any():
            time, neuron = np.argwhere(bad)[0]
            problems.add(
                "`spikes` must be counts, whole numbers from 0 to 65535, and False in `observed` where "
                f"missing; got {values[time, neuron]:g} in piece {number}, bin {time}, neuron {neuron}"
            )
            return


def as_companion(
    what: str, given: Any, spikes: Any, pieces: Sequence[np.ndarray], problems: Problems
) -> list[np.ndarray] | None:
    """A series beside the spikes, `time ...` for each piece; None if it was not given or cannot be used."""
    if given is None:
        return None
    several = are_several(spikes)
    if several and (not isinstance(given, list | tuple) or len(given) != len(pieces)):
        got = many(len(given), "item") if isinstance(given, list | tuple) else describe(given)
        problems.add(
            f"`{what}` must be a list of {many(len(pieces), 'array')}, one a piece, as `spikes` is; "
            f"got {got}"
        )
        return None
    found = len(problems.found)
    arrays = [as_array(what, item, problems) for item in (given if several else [given])]
    usable = [array for array in arrays if array is not None]
    for number, (array, piece) in enumerate(zip(usable, pieces, strict=False)):
        which = f" in piece {number}" if several else ""
        problems.require(
            array.ndim > 0 and len(array) == len(piece),
            f"`{what}` must have the {many(len(piece), 'bin')} of `spikes` as its first axis{which}; got "
            f"{describe(array)}",
        )
    if len(problems.found) == found and len({array.shape[1:] for array in usable}) > 1:
        shapes = sorted({array.shape[1:] for array in usable})
        problems.add(f"`{what}` must have the same channels in every piece; got {shapes}")
    return usable if len(problems.found) == found else None


def as_floats(
    what: str, series: list[np.ndarray] | None, problems: Problems, *, channels: bool = True
) -> list[np.ndarray] | None:
    """The series as floats, which hold NaN; with `channels`, exactly `time channel`."""
    if series is None:
        return None
    first = series[0]
    if any(array.dtype.kind not in "biuf" for array in series):
        problems.add(f"`{what}` must be numbers; got {describe(first)}")
        return None
    if channels and first.ndim != 2:
        problems.add(f"`{what}` must have shape (time, channel); got {describe(first)}")
        return None
    return [a if a.dtype.kind == "f" else a.astype(np.float64) for a in series]


def as_masks(
    series: list[np.ndarray] | None, pieces: Sequence[np.ndarray], problems: Problems
) -> list[np.ndarray] | None:
    """`observed` as True and False in the shapes of the pieces."""
    for number, (mask, piece) in enumerate(zip(series or [], pieces, strict=False)):
        flags = mask.dtype.kind in "biuf" and bool(((mask == 0) | (mask == 1)).all())
        if mask.shape != piece.shape or not flags:
            problems.add(
                f"`observed` must be True or False in the shape of `spikes`, {piece.shape} in piece "
                f"{number}; got {describe(mask)}"
            )
            return None
    return None if series is None else [mask.astype(bool) for mask in series]


def as_split_of_bins(
    series: list[np.ndarray] | None, problems: Problems
) -> list[np.ndarray] | None:
    """`split` as one label for each bin."""
    if series is None:
        return None
    unknown = sorted({str(n) for a in series for n in np.unique(a.astype(str))} - set(SPLITS))
    if unknown or series[0].ndim != 1:
        problems.add(
            f"`split` must hold {', '.join(SPLITS)} for each bin; got {describe(series[0])}"
            + (f" with {', '.join(unknown[:5])}" if unknown else "")
        )
        return None
    return [array.astype(str) for array in series]


def as_starts(
    starts: Any, pieces: Sequence[np.ndarray], bin_width_s: float, problems: Problems
) -> np.ndarray:
    """Start of each piece in seconds: 0 for one piece if not said."""
    number = len(pieces)
    if starts is None:
        problems.require(
            number == 1,
            f"say when the {number} pieces start on one clock: `piece_starts_s`, in seconds",
        )
        return np.zeros(number)
    array = as_array("piece_starts_s", [starts] if is_finite_number(starts) else starts, problems)
    if array is None:
        return np.zeros(number)
    if array.dtype.kind not in "iuf" or array.shape != (number,) or not np.isfinite(array).all():
        problems.add(
            f"`piece_starts_s` must be {many(number, 'time')} in seconds, finite, one a piece; got "
            f"{describe(array)}"
        )
        return np.zeros(number)
    array = array.astype(np.float64)
    ends = array + bin_width_s * np.array([len(piece) for piece in pieces])
    early = array[1:] < ends[:-1] - SLACK_BINS * bin_width_s
    if early.any():
        later = int(np.argmax(early)) + 1
        problems.add(
            f"pieces must follow one another; piece {later} starts at {array[later]:g} s, before piece "
            f"{later - 1} ends at {ends[later - 1]:g} s: is `piece_starts_s` in seconds, and in order?"
        )
    return array


def as_bins(
    what: str, value: Any, least: int, most: int | None, why: str, problems: Problems
) -> int:
    """A whole number of bins from `least` to `most`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and least <= value and (most is None or value <= most):
        return int(value)
    bounds = f"at least {least}" if most is None else f"from {least} to {most}"
    problems.add(f"`{what}` must be a whole number of bins, {bounds}{why}; got {value!r}")
    return least
