"""Spike counts from whatever a user gives as `spikes`, or the message that helps.

Two steps: `as_numbers` accepts anything with three axes of numbers, `as_counts` casts those to u8
or u16 once it is known which samples exist.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lfads.arrays import Counts
from lfads.checks import Problems, UserError, describe, first_of, many
from lfads.data.ragged import SEVERAL_SESSIONS, are_sessions
from lfads.data.session import Session

EXPECTED = {
    "spikes": "`spikes` must be counts with shape (trial, time, neuron)",
    "signals": "`signals` must be real numbers with shape (trial, time, neuron)",
}
MOST_SPIKES = 65535  # in a bin
_SAMPLES_AT_ONCE = 2**20
SAVE_TRIPLETS = (
    "if its columns are the trial, unit and time of spikes, save them under these names, `np.savez("
    "'spikes.npz', trials=a[:, 0], neurons=a[:, 1], spiketimes=a[:, 2])`, and cut them with `lfads prepare`"
)
"""Of an array with three columns."""

BIN_THEM = (
    "bin them first: `lfads.SpikeTrains(...).bin(bin_width_s=0.005)`; in a file, save them as "
    "`spike_times`, of which `lfads.prepare` makes trials"
)


def as_numbers(values: Any, problems: Problems, what: str = "spikes") -> np.ndarray:
    """`spikes`, or `signals`, as a numeric array of three axes, none of them too short.

    Raises
    ------
    UserError
        If it is not one: nothing else can then be checked. Problems noted before are raised too.
    """
    array = problems.attempt(_numeric_array, values, what)
    if array is not None:
        shape = f"got shape {array.shape} as (trial, time, neuron)"
        num_trials, num_bins, num_neurons = array.shape
        trials = problems.require(num_trials > 0, f"`{what}` holds no trials; {shape}")
        neurons = problems.require(num_neurons > 0, f"`{what}` holds no neurons; {shape}")
        bins = problems.require(
            num_bins > 1,
            f"`{what}` needs trials of at least 2 bins; {shape}: are the axes in order?",
        )
        if trials and neurons and bins:
            return array
    raise UserError(problems.message())


def _numeric_array(values: Any, what: str) -> np.ndarray:
    expected = EXPECTED[what]
    if isinstance(values, np.ma.MaskedArray):
        raise UserError(f"{expected}; got a masked array: give its `.data`, and `observed=~mask`")
    try:
        array = np.asarray(values)
    except ValueError:
        raise UserError(_about_ragged(list(values), expected)) from None
    if array.dtype.kind == "O" and array.ndim:
        raise UserError(_about_ragged(list(array), expected))
    if array.dtype.kind not in "biuf":
        whole = ", whole numbers" if what == "spikes" else ""
        hint = ". To open a file: `lfads.read(path)`" if isinstance(values, str) else ""
        raise UserError(f"{expected}{whole}; got {describe(array)}{hint}")
    if array.ndim != 3:
        raise UserError(f"{expected}; got {describe(array)}{_hint_for_axes(array)}")
    # 65535 is inf in float16
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _about_ragged(items: Sequence[Any], expected: str) -> str:
    """What to say about a list whose items disagree in shape or are not numbers."""
    try:
        arrays = [np.asarray(item) for item in items]
    except ValueError:
        arrays = []
    got = (
        f"{expected}; got a list of {many(len(items), 'item')} that cannot be one array of numbers"
    )
    if are_sessions(items):
        return f"{got}. If these are {many(len(items), 'session')}, {SEVERAL_SESSIONS}"
    if arrays and all(a.ndim == 1 and a.dtype.kind in "biuf" and _is_sorted(a) for a in arrays):
        return f"{got}. If these are spike times in seconds, {BIN_THEM}"
    return got


def _hint_for_axes(array: np.ndarray) -> str:
    triplets = f"; {SAVE_TRIPLETS}" if array.ndim == 2 and array.shape[1] == 3 else ""
    if array.dtype.kind == "f" and array.ndim and array.size:
        finite = array[np.isfinite(array)]
        if _is_sorted(array) or np.any(finite != np.round(finite)):
            return f". If these are spike times in seconds, {BIN_THEM}{triplets}"
    if array.ndim == 4:
        return f". If these are {many(len(array), 'session')}, {SEVERAL_SESSIONS}"
    if array.ndim == 2:
        alone = (
            "One trial alone is `spikes[None]`; cut a long recording into windows with `lfads.chop`"
        )
        return f". {alone}{triplets}"
    return ""


def _is_sorted(array: np.ndarray) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf; NaN compares as False
        return not bool(np.any(np.diff(array, axis=-1) < 0))


def as_counts(array: np.ndarray, known: np.ndarray | None, problems: Problems) -> Counts:
    """`array` as u8 or u16, 0 where not `known`; problems name the first bad sample.

    Parameters
    ----------
    array
        Numbers, `trial time neuron`.
    known
        True for samples that were observed and lie within their trial; None if all do.
    """
    values = array if known is None else np.where(known, array, np.zeros((), array.dtype))
    if array.dtype.kind == "f" and not _are_whole(values, problems):
        return np.zeros(array.shape, np.uint8)
    low, high = values.min(), values.max()
    if low < 0:
        problems.add(
            f"`spikes` must be counts; got negative ones, {_first(values, lambda block: block < 0)}"
        )
    if high > MOST_SPIKES:
        problems.add(
            f"`spikes` must be counts up to {MOST_SPIKES} in a bin; got "
            f"{_first(values, lambda block: block > MOST_SPIKES)}: are these spikes?"
        )
    if low < 0 or high > MOST_SPIKES:
        return np.zeros(array.shape, np.uint8)
    return values.astype(np.uint8 if high <= 255 else np.uint16)


def no_counts(values: np.ndarray) -> np.ndarray:
    """True for numbers that are no counts: fractions, NaN, and what is below 0 or above 65535."""
    with np.errstate(invalid="ignore"):
        return ~((values >= 0) & (values <= MOST_SPIKES) & (values % 1 == 0))


def _are_whole(values: np.ndarray, problems: Problems) -> bool:
    """Whether all are finite whole numbers; looked at some trials at a time, to take little memory."""
    marked = {
        is_it: sum(int(np.count_nonzero(is_it(block))) for block in _blocks(values))
        for is_it in (np.isnan, np.isinf, _is_fraction)
    }
    if marked[np.isnan]:
        problems.add(
            f"`spikes` must be counts; got {marked[np.isnan]} NaN, "
            f"{_first(values, np.isnan)}: mark missing samples as False in `observed`"
        )
    if marked[np.isinf]:
        problems.add(f"`spikes` must be finite; got {_first(values, np.isinf)}")
    if marked[_is_fraction]:
        looks = (
            f"these rise along time: if they are spike times in seconds, {BIN_THEM}"
            if values.shape[1] > 2 and all(_is_rising(block) for block in _blocks(values))
            else "these look like rates or smoothed data; give the number of spikes in each bin, or real "
            "values as `signals`"
        )
        problems.add(
            f"`spikes` must be counts, whole numbers; got {describe(values)} with "
            f"{_first(values, _is_fraction)}: {looks}"
        )
    return not any(marked.values())


def _blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    """Some trials at a time."""
    each = max(1, _SAMPLES_AT_ONCE // max(1, values[0].size))
    return (values[start : start + each] for start in range(0, len(values), each))


def _is_fraction(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values) & (values != np.round(values))


def _is_rising(values: np.ndarray) -> bool:
    with np.errstate(invalid="ignore"):  # inf - inf
        return bool((np.diff(values, axis=1) > 0).all())


def _first(values: np.ndarray, is_it: Callable[[np.ndarray], np.ndarray]) -> str:
    """The first value of a kind that is there, and its place."""
    before = 0
    for block in _blocks(values):
        found = is_it(block)
        if found.any():
            trial, time, neuron = np.unravel_index(int(np.argmax(found)), found.shape)
            place = f"trial {before + trial}, bin {time}, neuron {neuron}"
            return f"{block[trial, time, neuron]:g} at {place}"
        before += len(block)
    raise LookupError("no value of this kind")


def warn_of_silent_neurons(session: Session, where: str) -> None:
    """Warn of neurons without a spike in the training trials; their rates cannot be learned."""
    train = session.of_split("train")
    silent = np.flatnonzero(session.silent_neurons(train))
    if not silent.size or not train.any():
        return
    warnings.warn(
        f"{where}: {silent.size} of {many(session.num_neurons, 'neuron')} "
        f"{'is' if silent.size == 1 else 'are'} silent in the training trials: {first_of(silent)}. Leave "
        "out neurons that carry no information.",
        UserWarning,
        stacklevel=5,
    )
