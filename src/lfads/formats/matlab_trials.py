"""Counts from MATLAB files: the keys of `.npz`, with axes as MATLAB has them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.contents import FileContents
from lfads.formats.guarded import listed
from lfads.formats.matlab import read_matlab
from lfads.formats.npz import contents_of, wanted
from lfads.paths import printable

ONE_A_TRIAL = {"split", "condition", "trial_length", "trial_index", "held_out_neurons"}
"""Keys of vectors, which MATLAB keeps as rows or columns of a matrix."""


def read_mat(path: Path) -> FileContents:
    """Contents of a MATLAB file with `spikes` (trial, time, neuron); other keys as in `read_npz`.

    Text for each trial is a cell of text, behaviour a struct of arrays.

    Raises
    ------
    UserError
        If `spikes` is missing, or the file is damaged.
    """
    variables = read_matlab(path)
    if "spikes" not in variables:
        if "spike_times" in variables:
            raise UserError(
                f"{printable(path)}: holds spike times, of which trials must be cut first: "
                f"`lfads show {printable(path)}` prints what can be chosen, `lfads.prepare` makes trials "
                "of counts"
            )
        raise UserError(
            f"{printable(path)}: `spikes` is missing; a .mat file needs `spikes` (trial, time, neuron); "
            f"the file has {listed(list(variables))}"
        )
    flat: dict[str, Any] = {}
    for name, value in variables.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}/{key}": inside for key, inside in value.items()}
        else:
            flat[name] = value
    chosen = wanted(list(flat), path)
    arrays = {key: _array(key, flat[name], path) for key, name in chosen.items()}
    return contents_of(arrays, path, "MATLAB")


def _array(key: str, value: Any, path: Path) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biufU":
        raise UserError(f"{printable(path)}: `{key}` must hold numbers, or a cell of text")
    return array.ravel() if key in ONE_A_TRIAL else array
