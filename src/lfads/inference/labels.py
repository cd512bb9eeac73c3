"""Posterior averages with their labels: dimensions, coordinates and units, as `Posterior` says them."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.places import between, places_in_session
from lfads.data.session import Session
from lfads.inference.averages import PosteriorArrays
from lfads.model.lfads import LFADS
from lfads.model.observations.observation import USUAL
from lfads.model.priors.prior import InputPrior

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
    variables: dict[str, Variable] = {}

    def add(name: str, values: Any, *dims: str, unit: str = "1") -> None:
        variables[name] = Variable(values, dims, unit)

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
    if arrays.bound is not None and arrays.bound_before is not None:
        add("bound", arrays.bound, "trial", unit="nats")
        add("bound_gain", arrays.bound - arrays.bound_before, "trial", unit="nats")
    for name, (values, axis, unit) in _priors(model, dataset.bin_width_s).items():
        add(name, values, axis, unit=unit)
    for name, values in arrays.mean.over_time.items():
        add(f"observation_{name}", values, "trial", "time", "neuron")
    for name, values in parameters_of_neurons(model).items():
        add(f"observation_{name}", values, "neuron")
    if model is not None and (slow := model.slow_offsets) is not None:
        places = places_in_session(session, dataset.bin_width_s)
        values = slow.at(between(slow.places[0], places))
        add("slow_offsets", values, "trial", "slow_offset")
        add("slow_offset_weights", slow.unit_weights().T, "neuron", "slow_offset")
    observation = USUAL[session.kind] if model is None else model.config.observation
    return labelled_results(
        variables,
        session,
        dataset,
        first_bin=first_bin,
        attributes={"observation": observation, **attributes},
    )


def parameters_of_neurons(model: LFADS | None) -> dict[str, Any]:
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
    return found | (
        {} if model.input_prior is None else of_input_prior(model.input_prior, bin_width_s)
    )


def of_input_prior(prior: InputPrior, bin_width_s: float) -> dict[str, tuple[Any, str, str]]:
    """What is known of the inputs' prior, from which `prior_samples` draws, with axis and unit."""
    said = prior.parameters()
    found = {
        f"inferred_input_prior_{name}": (said[name], "input", "1")
        for name in ("mean", "std", "degrees_of_freedom")
        if name in said
    }
    if "correlation_bins" in said:
        seconds = said["correlation_bins"] * bin_width_s
        found["inferred_input_prior_correlation_s"] = (seconds, "input", "s")
    return found
