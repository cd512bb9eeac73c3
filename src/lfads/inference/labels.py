"""Posterior averages with their labels: dimensions, coordinates and units, as `Posterior` says them."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.inference.averages import PosteriorArrays
from lfads.model.lfads import LFADS
from lfads.model.observations.observation import USUAL
from lfads.results.netcdf import FORMAT_VERSION, Names, is_plain, plain_column
from lfads.results.posterior import FORMAT, RESERVED

_OVER_TIME = {"factors": "factor", "inferred_inputs": "input", "generator_states": "unit"}


def labelled(
    arrays: PosteriorArrays,
    session: Session,
    dataset: Dataset,
    *,
    first_bin: int,
    attributes: Mapping[str, Any],
    model: LFADS | None = None,
) -> xr.Dataset:
    """Averages of every trial of a session as an `xarray.Dataset`; see `lfads.results.Posterior`.

    Parameters
    ----------
    arrays
        Averages, predicted means in the unit of the data.
    session, dataset
        What the trials came from.
    first_bin
        The first bin that is modelled.
    attributes
        What else the file should say.
    model
        The network, for the parameters of its observation and priors.
    """
    behind = ~session.valid_bins()[:, first_bin:]
    variables: dict[str, Any] = {}

    def add(name: str, values: Any, *dims: str, unit: str = "1") -> None:
        values = np.asarray(values, np.float32)
        if dims[:2] == ("trial", "time"):
            values = np.where(behind[:, :, None], np.nan, values)
        variables[name] = (dims, values, {"units": unit})

    for suffix, sample in (("", arrays.mean), ("_std", arrays.std)):
        per_unit = 1 / dataset.bin_width_s if dataset.kind == "counts" else 1.0
        means = sample.rates * per_unit
        add(f"rates{suffix}", means, "trial", "time", "neuron", unit=dataset.unit_of_rates)
        for name, axis in _OVER_TIME.items():
            if (values := getattr(sample, name)) is not None:
                add(f"{name}{suffix}", values, "trial", "time", axis)
        add(f"generator_initial_state{suffix}", sample.generator_initial_state, "trial", "unit")
    add("initial_condition_mean", arrays.initial_condition_mean, "trial", "latent")
    add("initial_condition_std", arrays.initial_condition_std, "trial", "latent")
    for name, (values, axis, unit) in _priors(model, dataset.bin_width_s).items():
        add(name, values, axis, unit=unit)
    for name, values in arrays.mean.over_time.items():
        add(f"observation_{name}", values, "trial", "time", "neuron")
    for name, values in _of_neurons(model).items():
        add(f"observation_{name}", values, "neuron")
    names = Names((*RESERVED, *variables))
    variables |= _behavior(session, behind, names)
    return xr.Dataset(
        variables,
        _coordinates(session, dataset, first_bin, names),
        attrs={
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "session": session.name,
            "observation": USUAL[session.kind] if model is None else model.config.observation,
            "bin_width_s": dataset.bin_width_s,
            "first_bin": first_bin,
            "num_forward_bins": dataset.num_forward_bins,
            **attributes,
        },
    )


def _of_neurons(model: LFADS | None) -> dict[str, Any]:
    """Parameters of the observation that neurons have in all bins, in the unit of the data."""
    if model is None or not model.observation.of_neurons:
        return {}
    nothing = jnp.zeros((1, model.shapes.sessions[0].num_neurons))
    read_outs = (nothing,) * model.observation.num_read_outs
    found = model.distributions(read_outs)
    return {name: found[name][0] for name in model.observation.of_neurons}


def _priors(model: LFADS | None, bin_width_s: float) -> dict[str, tuple[Any, str, str]]:
    """Parameters of the priors with their axis and unit; absent where a prior has none of that kind."""
    if model is None:
        return {}
    code = model.initial_condition_prior.parameters()
    found = {f"initial_condition_prior_{k}": (v, "latent", "1") for k, v in code.items()}
    inputs = {} if model.input_prior is None else model.input_prior.parameters()
    if "std" in inputs:
        found["inferred_input_prior_std"] = (inputs["std"], "input", "1")
    if "correlation_bins" in inputs:
        seconds = inputs["correlation_bins"] * bin_width_s
        found["inferred_input_prior_correlation_s"] = (seconds, "input", "s")
    return found


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
        found["condition"] = ("trial", session.condition)
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
