"""Trials of unequal length given as a list of arrays: padded into one, with their lengths kept.

A trial is `time neuron` of the spikes, `time channel` of what stands beside them over time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.checks import UserError, many
from lfads.data.session import FIELDS, STORED, Field

SEVERAL_SESSIONS = (
    "each session is a data set of its own: `lfads.Dataset.from_arrays(trials, name='monday', ...)`, to be "
    "saved with `lfads.write`; `lfads.read([...])` opens several for one `lfads.train`"
)


def with_lists_padded(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a session is made of, lists of trials of unequal length made into arrays.

    Parameters
    ----------
    arrays
        By the names of `ARRAYS`. Where spikes or signals are such a list, `trial_length` is set, and what
        stands beside them over time may be a list of as many bins a trial.

    Raises
    ------
    UserError
        If trials have other neurons, or `trial_length` is given beside a list.
    """
    what = next((name for name in STORED.values() if arrays.get(name) is not None), "spikes")
    trials = trials_of_unequal_length(arrays.get(what))
    if trials is None:
        return arrays
    _refuse_other_neurons(what, trials)
    if arrays.get("trial_length") is not None:
        raise UserError(
            f"`trial_length` is that of the trials in the list `{what}`: leave it out, or pad the trials "
            "into one array"
        )
    length = [len(trial) for trial in trials]
    padded = {
        about.name: about.each(
            arrays[about.name], lambda list_, about=about: _padded(list_, length, about)
        )
        for about in FIELDS
        if about.over_time and arrays.get(about.name) is not None
        if not about.by_name or isinstance(arrays[about.name], Mapping)
    }
    values = next(about for about in FIELDS if about.name == "values")
    return {**arrays, **padded, what: _padded(trials, length, values), "trial_length": length}


def trials_of_unequal_length(values: Any) -> list[np.ndarray] | None:
    """The trials of a list of matrices of numbers that differ in shape; None of anything else."""
    listed = isinstance(values, list | tuple)
    if not listed and not (isinstance(values, np.ndarray) and values.dtype.kind == "O"):
        return None
    try:
        trials = [np.asarray(trial) for trial in values]
    except ValueError:
        return None
    numbers = all(trial.ndim == 2 and trial.dtype.kind in "biuf" for trial in trials)
    return trials if numbers and len({trial.shape for trial in trials}) > 1 else None


def are_sessions(values: Sequence[Any]) -> bool:
    """Whether each item is itself a list or an array of trials."""
    try:
        return bool(len(values)) and all(
            np.ndim(item[0]) == 2 and len(item[0]) and np.ndim(item[0][0]) == 1 for item in values
        )
    except (TypeError, ValueError, IndexError, KeyError):
        return False


def _refuse_other_neurons(what: str, trials: Sequence[np.ndarray]) -> None:
    neurons = [trial.shape[1] for trial in trials]
    if len(set(neurons)) == 1:
        return
    other = next(k for k, number in enumerate(neurons) if number != neurons[0])
    said = (
        f"`{what}` is a list of {many(len(trials), 'trial')}, each (time, neuron), which must have the "
        f"same neurons; got {neurons[0]} in trial 0 and {neurons[other]} in trial {other}"
    )
    if len({trial.shape[0] for trial in trials}) == 1:
        said += f". If trials are (neuron, time), turn them: `[trial.T for trial in {what}]`"
    raise UserError(said)


def _padded(values: Any, length: Sequence[int], about: Field) -> Any:
    """One array of a list with these numbers of bins; anything else as it was."""
    trials = trials_of_unequal_length(values)
    if trials is None or [len(trial) for trial in trials] != list(length):
        return values
    if len({trial.shape[1] for trial in trials}) > 1:
        return values
    dtype = np.result_type(*trials)
    if np.isnan(about.fill):
        dtype = np.result_type(dtype, np.float32)
    whole = np.full((len(trials), max(length), trials[0].shape[1]), about.fill, dtype)
    for place, trial in zip(whole, trials, strict=True):
        place[: len(trial)] = trial
    return whole
