"""Posterior averages with their labels: dimensions, coordinates and units."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from lfads.arrays import CHOP_COLUMNS
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.inference.averages import PosteriorArrays


def labelled(
    arrays: PosteriorArrays,
    session: Session,
    dataset: Dataset,
    *,
    first_bin: int,
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """Averages of every trial of a session as an `xarray.Dataset`; see `lfads.results.Posterior`.

    Parameters
    ----------
    arrays
        Averages, rates in counts per bin.
    session, dataset
        What the trials came from.
    first_bin
        The first bin that is modelled.
    attributes
        What else the file should say.
    """
    beyond = ~session.valid_bins()[:, first_bin:]
    per_second = 1 / dataset.bin_width_s
    variables: dict[str, Any] = {}

    def add(name: str, values: Any, *dims: str, unit: str = "1") -> None:
        values = np.asarray(values, np.float32)
        if dims[:2] == ("trial", "time"):
            values = np.where(beyond.reshape(*beyond.shape, 1), np.nan, values)
        variables[name] = (dims, values, {"units": unit})

    for suffix, sample in (("", arrays.mean), ("_std", arrays.std)):
        add(f"rates{suffix}", sample.rates * per_second, "trial", "time", "neuron", unit="spikes/s")
        add(f"factors{suffix}", sample.factors, "trial", "time", "factor")
        if sample.inferred_inputs is not None:
            add(f"inferred_inputs{suffix}", sample.inferred_inputs, "trial", "time", "input")
    add("initial_condition_mean", arrays.initial_condition_mean, "trial", "latent")
    add("initial_condition_std", arrays.initial_condition_std, "trial", "latent")
    add("generator_initial_state", arrays.mean.generator_initial_state, "trial", "unit")
    if arrays.mean.generator_states is not None:
        add("generator_states", arrays.mean.generator_states, "trial", "time", "unit")
    time_s = dataset.start_s + np.arange(first_bin, session.num_bins) * dataset.bin_width_s
    coordinates: dict[str, Any] = {
        "time": ("time", time_s, {"units": "s", "long_name": "start of the bin"}),
        "split": ("trial", session.split.astype(str)),
        "trial_index": ("trial", session.trial_index),
        "trial_length": ("trial", session.trial_length, {"units": "bins"}),
        "held_out": ("neuron", session.held_out_neurons.astype(np.int8)),
    }
    if session.condition is not None:
        coordinates["condition"] = ("trial", session.condition)
    for name in CHOP_COLUMNS:
        if name in session.trial_table:
            coordinates[name] = ("trial", session.trial_table[name])
    return xr.Dataset(
        variables,
        coordinates,
        attrs={
            "format": "lfads posterior",
            "session": session.name,
            "bin_width_s": dataset.bin_width_s,
            "first_bin": first_bin,
            "num_forward_bins": dataset.num_forward_bins,
            **attributes,
        },
    )
