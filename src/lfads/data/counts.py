"""Spike counts from whatever a user gives as `spikes`, or the message that helps.

Two steps: `as_numbers` accepts anything with three axes of numbers, `as_counts` casts those to u8
or u16 once it is known which samples exist.
"""

import warnings
from collections.abc import Sequence
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
    if array.dtype.kind == "f" and array.ndim and array.size:
        finite = array[np.isfinite(array)]
        if _is_sorted(array) or np.any(finite != np.round(finite)):
            return f". If these are spike times in seconds, {BIN_THEM}"
    if array.ndim == 4:
        return f". If these are {many(len(array), 'session')}, {SEVERAL_SESSIONS}"
    if array.ndim == 2:
        return ". One trial alone is `spikes[None]`; cut a long recording into windows with `lfads.chop`"
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
        problems.add(f"`spikes` must be counts; got negative ones, {_first(values, values < 0)}")
    if high > MOST_SPIKES:
        problems.add(
            f"`spikes` must be counts up to {MOST_SPIKES} in a bin; got "
            f"{_first(values, values > MOST_SPIKES)}: are these spikes?"
        )
    if low < 0 or high > MOST_SPIKES:
        return np.zeros(array.shape, np.uint8)
    return values.astype(np.uint8 if high <= 255 else np.uint16)


def no_counts(values: np.ndarray) -> np.ndarray:
    """True for numbers that are no counts: fractions, NaN, and what is below 0 or above 65535."""
    with np.errstate(invalid="ignore"):
        return ~((values >= 0) & (values <= MOST_SPIKES) & (values % 1 == 0))


def _are_whole(values: np.ndarray, problems: Problems) -> bool:
    not_a_number, infinite = np.isnan(values), np.isinf(values)
    if not_a_number.any():
        problems.add(
            f"`spikes` must be counts; got {int(not_a_number.sum())} NaN, "
            f"{_first(values, not_a_number)}: mark missing samples as False in `observed`"
        )
    if infinite.any():
        problems.add(f"`spikes` must be finite; got {_first(values, infinite)}")
    finite = ~(not_a_number | infinite)
    fractional = finite & (values != np.round(values))
    if fractional.any():
        with np.errstate(invalid="ignore"):  # inf - inf
            rising = values.shape[1] > 2 and bool((np.diff(values, axis=1) > 0).all())
        looks = (
            f"these rise along time: if they are spike times in seconds, {BIN_THEM}"
            if rising
            else "these look like rates or smoothed data; give the number of spikes in each bin, or real "
            "values as `signals`"
        )
        problems.add(
            f"`spikes` must be counts, whole numbers; got {describe(values)} with "
            f"{_first(values, fractional)}: {looks}"
        )
    return bool(finite.all()) and not fractional.any()


def _first(values: np.ndarray, where: np.ndarray) -> str:
    trial, time, neuron = np.argwhere(where)[0]
    return f"{values[trial, time, neuron]:g} at trial {trial}, bin {time}, neuron {neuron}"


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
