"""Continuous series as a user gives them, one array or one for each piece, brought into one form.

Each `as_…` raises a UserError where something is wrong; `Problems.attempt` collects these.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import Problems, UserError, describe, is_whole, many
from lfads.data.companions import are_flags, as_array, is_finite_number
from lfads.data.counts import MOST_SPIKES, no_counts

EXPECTED = {
    "spikes": "`spikes` must be counts with shape (time, neuron), or a list of such arrays, one a piece",
    "signals": "`signals` must be real numbers with shape (time, neuron), or a list of such arrays, one a "
    "piece",
}
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


def as_pieces(values: Any, problems: Problems, what: str = "spikes") -> list[np.ndarray]:
    """Numbers `time neuron` of each piece.

    Raises
    ------
    UserError
        If it is something else: nothing more can then be checked. Problems noted before are raised too.
    """
    several, found = are_several(values), len(problems.found)
    places = [f" in piece {number}" for number in range(len(values))] if several else [""]
    items = values if several else [values]
    pieces = [problems.attempt(_as_piece, what, *both) for both in zip(items, places, strict=True)]
    problems.require(bool(pieces), f"{EXPECTED[what]}; got an empty list")
    arrays = [array for array in pieces if array is not None]
    if len(problems.found) == found:
        neurons = sorted({array.shape[1] for array in arrays})
        problems.require(
            neurons[0] > 0 and len(neurons) == 1,
            f"`{what}` must hold the same neurons in every piece, at least one; got {neurons}",
        )
    if len(problems.found) > found:
        problems.raise_if_any()
    return arrays


def _as_piece(what: str, piece: Any, place: str) -> np.ndarray:
    array = as_array(what, piece)
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        trials = ": data that have trials go to `lfads.Dataset.from_arrays`"
        hint = trials if array.ndim == 3 else ""
        raise UserError(f"{EXPECTED[what]}; got {describe(array)}{place}{hint}")
    return array


def check_counts(
    pieces: Sequence[np.ndarray], observed: Sequence[np.ndarray] | None, problems: Problems
) -> None:
    """Note the first sample that is no count, though observed."""
    for number, piece in enumerate(pieces):
        values = piece if observed is None else np.where(observed[number], piece, 0)
        bad = no_counts(values)
        if bad.any():
            time, neuron = np.argwhere(bad)[0]
            problems.add(
                f"`spikes` must be counts, whole numbers from 0 to {MOST_SPIKES}, and False in "
                f"`observed` where missing; got {values[time, neuron]:g} in piece {number}, bin {time}, "
                f"neuron {neuron}"
            )
            return


def as_companion(
    what: str, given: Any, spikes: Any, pieces: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """A series beside the spikes, `time ...` for each piece."""
    several = are_several(spikes)
    if several and (not isinstance(given, list | tuple) or len(given) != len(pieces)):
        got = many(len(given), "item") if isinstance(given, list | tuple) else describe(given)
        raise UserError(
            f"`{what}` must be a list of {many(len(pieces), 'array')}, one a piece, as `spikes` is; "
            f"got {got}"
        )
    arrays = [as_array(what, item) for item in (given if several else [given])]
    for number, (array, piece) in enumerate(zip(arrays, pieces, strict=True)):
        if not array.ndim or len(array) != len(piece):
            which = f" in piece {number}" if several else ""
            raise UserError(
                f"`{what}` must have the {many(len(piece), 'bin')} of `spikes` as its first axis{which}; "
                f"got {describe(array)}"
            )
    shapes = sorted({array.shape[1:] for array in arrays})
    if len(shapes) > 1:
        raise UserError(f"`{what}` must have the same channels in every piece; got {shapes}")
    return arrays


def as_floats(what: str, series: list[np.ndarray], *, channels: bool) -> list[np.ndarray]:
    """The series as floats, which hold NaN; with `channels`, exactly `time channel`."""
    first = series[0]
    if any(array.dtype.kind not in "biuf" for array in series):
        raise UserError(f"`{what}` must be numbers; got {describe(first)}")
    if channels and first.ndim != 2:
        raise UserError(f"`{what}` must have shape (time, channel); got {describe(first)}")
    return [a if a.dtype.kind == "f" else a.astype(np.float64) for a in series]


def as_masks(
    what: str, series: list[np.ndarray], *, pieces: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """The series as True and False in the shapes of the pieces."""
    for number, (mask, piece) in enumerate(zip(series, pieces, strict=True)):
        if mask.shape != piece.shape or not are_flags(mask):
            raise UserError(
                f"`{what}` must be True or False in the shape of `spikes`, {piece.shape} in piece "
                f"{number}; got {describe(mask)}"
            )
    return [mask.astype(bool) for mask in series]


def as_split_of_bins(what: str, series: list[np.ndarray]) -> list[np.ndarray]:
    """The series as one label for each bin."""
    unknown = sorted({str(n) for a in series for n in np.unique(a.astype(str))} - set(SPLITS))
    if unknown or series[0].ndim != 1:
        raise UserError(
            f"`{what}` must hold {', '.join(SPLITS)} for each bin; got {describe(series[0])}"
            + (f" with {', '.join(unknown[:5])}" if unknown else "")
        )
    return [array.astype(str) for array in series]


def as_starts(starts: Any, pieces: Sequence[np.ndarray], bin_width_s: float) -> np.ndarray:
    """Start of each piece in seconds: 0 for one piece if not said."""
    number = len(pieces)
    if starts is None:
        if number > 1:
            raise UserError(
                f"say when the {number} pieces start on one clock: `piece_starts_s`, in seconds"
            )
        return np.zeros(number)
    array = as_array("piece_starts_s", [starts] if is_finite_number(starts) else starts)
    if array.dtype.kind not in "iuf" or array.shape != (number,) or not np.isfinite(array).all():
        raise UserError(
            f"`piece_starts_s` must be {many(number, 'time')} in seconds, finite, one a piece; got "
            f"{describe(array)}"
        )
    array = array.astype(np.float64)
    ends = array + bin_width_s * np.array([len(piece) for piece in pieces])
    early = array[1:] < ends[:-1] - SLACK_BINS * bin_width_s
    if early.any():
        later = int(np.argmax(early)) + 1
        raise UserError(
            f"pieces must follow one another; piece {later} starts at {array[later]:g} s, before piece "
            f"{later - 1} ends at {ends[later - 1]:g} s: is `piece_starts_s` in seconds, and in order?"
        )
    return array


def as_bins(what: str, value: Any, least: int, most: int | None = None, why: str = "") -> int:
    """A whole number of bins from `least` to `most`."""
    if is_whole(value) and least <= value and (most is None or value <= most):
        return int(value)
    bounds = f"at least {least}" if most is None else f"from {least} to {most}"
    raise UserError(f"`{what}` must be a whole number of bins, {bounds}{why}; got {value!r}")
