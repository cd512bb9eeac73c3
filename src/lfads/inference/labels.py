"""Posterior averages with their labels: dimensions, coordinates and units, as `Posterior` says them."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.inference.averages import PosteriorArrays
from lfads.model.lfads import LFADS

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
        Averages, rates in counts per bin.
    session, dataset
        What the trials came from.
    first_bin
        The first bin that is modelled.
    attributes
        What else the file should say.
    model
        The network, for the parameters of its priors.
    """
    variables: dict[str, Variable] = {}

    def add(name: str, values: Any, *dims: str, unit: str = "1") -> None:
        variables[name] = Variable(values, dims, unit)

    for suffix, sample in (("", arrays.mean), ("_std", arrays.std)):
        rates_hz = sample.rates * (1 / dataset.bin_width_s)
        add(f"rates{suffix}", rates_hz, "trial", "time", "neuron", unit="spikes/s")
        for name, axis in _OVER_TIME.items():
            if (values := getattr(sample, name)) is not None:
                add(f"{name}{suffix}", values, "trial", "time", axis)
        add(f"generator_initial_state{suffix}", sample.generator_initial_state, "trial", "unit")
    add("initial_condition_mean", arrays.initial_condition_mean, "trial", "latent")
    add("initial_condition_std", arrays.initial_condition_std, "trial", "latent")
    for name, (values, axis, unit) in _priors(model, dataset.bin_width_s).items():
        add(name, values, axis, unit=unit)
    return labelled_results(
        variables,
        session,
        dataset,
        first_bin=first_bin,
        attributes={"observation": "poisson", **attributes},
    )


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
