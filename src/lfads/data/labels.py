"""Labels of results: what a session says of its trials, bins and neurons, beside what was inferred.

Every method that infers something calls this, so that results of all of them read alike (`Posterior`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.results.netcdf import FORMAT_VERSION, Names, is_plain, plain_column
from lfads.results.posterior import FORMAT, RESERVED


class Variable(NamedTuple):
    """A variable of a result: its values, the words of its axes, and its unit."""

    values: Any
    axes: tuple[str, ...]
    unit: str = "1"


def labelled_results(
    variables: Mapping[str, Variable],
    session: Session,
    dataset: Dataset,
    *,
    first_bin: int = 0,
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """What was inferred from a session, with all that the session says of its axes; see `Posterior`.

    Parameters
    ----------
    variables
        What was inferred, by name. Bins behind the end of a trial become NaN.
    session, dataset
        What it was inferred from.
    first_bin
        The first bin that is modelled: where the variables start in time.
    attributes
        What else the file should say: the observation, and where the numbers come from.

    Examples
    --------
    >>> dataset = Dataset.from_arrays(np.ones((5, 4, 2), int), bin_width_s=0.01)
    >>> rates = Variable(np.full((5, 4, 2), 100.0), ("trial", "time", "neuron"), "spikes/s")
    >>> found = labelled_results({"rates": rates}, dataset.session, dataset, attributes={})
    >>> dict(found.sizes), found["rates"].attrs["units"], found["time"].values.round(3).tolist()
    ({'trial': 5, 'time': 4, 'neuron': 2}, 'spikes/s', [0.0, 0.01, 0.02, 0.03])
    """
    behind = ~session.valid_bins()[:, first_bin:]
    names = Names((*RESERVED, *variables))
    held = {name: _entry(one, behind) for name, one in variables.items()}
    held |= _behavior(session, behind, names)
    return xr.Dataset(
        held,
        _coordinates(session, dataset, first_bin, names),
        attrs={
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "session": session.name,
            "bin_width_s": dataset.bin_width_s,
            "first_bin": first_bin,
            "num_forward_bins": dataset.num_forward_bins,
            **attributes,
        },
    )


def _entry(variable: Variable, behind: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, Any]:
    values = np.asarray(variable.values, np.float32)
    if variable.axes[:2] == ("trial", "time"):
        values = np.where(behind[:, :, None], np.nan, values)
    return variable.axes, values, {"units": variable.unit}


def _behavior(session: Session, behind: np.ndarray, names: Names) -> dict[str, Any]:
    """Recorded series in the bins that are modelled, each with axes of channels of its own."""
    found = {}
    for name, series in session.behavior.items():
        own = names.free(f"behavior_{name}", "recorded")
        values = plain_column(series[:, -behind.shape[1] :])
        values = values[:, :, None] if values.ndim == 2 else values
        values = np.where(behind.reshape(*behind.shape, *[1] * (values.ndim - 2)), np.nan, values)
        more = [f"{own}_channel", *(f"{own}_channel_{k}" for k in range(2, values.ndim - 1))]
        called = _called(name, own.removeprefix("behavior_"))
        found[own] = (("trial", "time", *more), values, called)
    return found


def _coordinates(
    session: Session, dataset: Dataset, first_bin: int, names: Names
) -> dict[str, Any]:
    """Times, and what is known of each trial and of each neuron."""
    time_s = dataset.start_s + np.arange(first_bin, session.num_bins) * dataset.bin_width_s
    found: dict[str, Any] = {
        "time": ("time", time_s, {"units": "s", "long_name": "start of the bin"}),
        "split": ("trial", session.split.astype(str)),
        "trial_index": ("trial", session.trial_index),
        "trial_length": ("trial", session.trial_length, {"units": "bins"}),
        "held_out": ("neuron", session.held_out_neurons.astype(np.int8)),
    }
    if session.condition is not None:
        called = ", ".join(dataset.prepared.get("conditions", ()))
        found["condition"] = ("trial", session.condition, {"long_name": called} if called else {})
    for axis, prefix, table in (
        ("trial", "trial", session.trial_table),
        ("neuron", "unit", session.neuron_table),
    ):
        for name, column in sorted(table.items(), key=lambda item: not is_plain(item[0])):
            there = axis == "neuron" and name in ("name", "area")
            own = name if there else names.free(name, prefix)
            found[own] = (axis, plain_column(column), _called(name, own))
    return found


def _called(name: str, own: str) -> dict[str, str]:
    """What a column is called in the data, where the file has to call it otherwise."""
    return {} if name == own else {"long_name": name}
