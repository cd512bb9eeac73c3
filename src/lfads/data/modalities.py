"""Groups of channels that are given by name, `signals/GROUP`, become one array of signals."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lfads.checks import UserError, describe
from lfads.data.ragged import trials_of_unequal_length

SPIKES = "spikes"
"""The modality of spikes that are given beside signals by name."""


def with_modalities(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same arrays; signals by name, and spikes beside them, as one array of signals.

    Raises
    ------
    UserError
        If groups differ in trials or bins, or are no numbers.
    """
    signals = arrays.get("signals")
    if not isinstance(signals, Mapping):
        return arrays
    groups = {str(name): values for name, values in signals.items()}
    if (spikes := arrays.get("spikes")) is not None:
        groups = {SPIKES: spikes, **groups}
    if bad := [name for name in groups if not name or set(name) & set("=+/")]:
        raise UserError(
            f"names of groups of channels must be without `=`, `+` and `/`; got {bad[0]!r}"
        )
    found = {name: _as_floats(name, values) for name, values in groups.items()}
    shapes = {name: array.shape[:2] for name, array in found.items()}
    if len(set(shapes.values())) > 1:
        said = ", ".join(f"`{name}` {shape}" for name, shape in shapes.items())
        raise UserError(
            f"groups of channels of `signals` must have the same trials and bins; got {said}: bring them "
            "onto the same bins first"
        )
    names = np.repeat(list(found), [array.shape[2] for array in found.values()])
    table = {**(arrays.get("neuron_table") or {}), "modality": names}
    values = np.concatenate(list(found.values()), axis=2)
    return {**arrays, "spikes": None, "signals": values, "neuron_table": table}


def are_counts(values: np.ndarray) -> bool:
    """Whether values are whole and not negative.

    >>> are_counts(np.array([0.0, 3.0])), are_counts(np.array([0.5]))
    (True, False)
    """
    return bool(((values >= 0) & (values == np.round(values))).all())


def _as_floats(name: str, values: Any) -> np.ndarray:
    """One group as numbers, `trial time channel`."""
    if trials_of_unequal_length(values) is not None:
        raise UserError(
            f"`{name}` is a list of trials of unequal length: give each group of channels as one array, "
            "padded to the longest trial, and the bins of each trial as `trial_length=`"
        )
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim != 3 or 0 in array.shape:
        raise UserError(
            f"`signals/{name}` must hold numbers of shape (trial, time, channel); got {describe(array)}"
        )
    return array.astype(np.float64)
