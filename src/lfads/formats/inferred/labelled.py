"""What other tools inferred, as results of ours: labelled as the data are, or as far as is known."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import UserError, first_of
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.formats.inferred.layout import RATES, Inferred
from lfads.results.netcdf import FORMAT_VERSION
from lfads.results.posterior import FORMAT

AXES: dict[str, tuple[str, ...]] = {
    RATES: ("trial", "time", "neuron"),
    "factors": ("trial", "time", "factor"),
    "inferred_inputs": ("trial", "time", "input"),
    "inferred_inputs_std": ("trial", "time", "input"),
    "generator_states": ("trial", "time", "unit"),
    "generator_initial_state": ("trial", "unit"),
    "initial_condition_mean": ("trial", "latent"),
    "initial_condition_std": ("trial", "latent"),
    "initial_condition_prior_mean": ("latent",),
    "initial_condition_prior_std": ("latent",),
}
"""Of the variables that are read, in our order."""


def warn_of_not_read(found: Inferred, where: str) -> None:
    """Name what is left in the file."""
    if found.not_read:
        names = first_of([f"`{name}`" for name in found.not_read])
        warnings.warn(
            f"{where}: not read, since results here have no such variable: {names}", stacklevel=3
        )


def results_with_data(found: Inferred, session: Session, dataset: Dataset) -> xr.Dataset:
    """Results with all labels of the session that they were inferred from, in its order of trials.

    Raises
    ------
    UserError
        If trials, bins or neurons are not those of the session.
    """
    rates = found.variables[RATES]
    num_neurons = rates.shape[2]
    where = f"{found.layout} results of `{found.name}` and {dataset.source} do not fit together"
    if num_neurons == 2 * session.num_neurons and session.kind == "real":
        num_neurons //= 2  # means, then log-variances, of a Gaussian observation
    if num_neurons != session.num_neurons:
        raise UserError(f"{where}: {num_neurons} neurons there, {session.num_neurons} in the data")
    first_bin = session.num_bins - rates.shape[1] if found.first_bin is None else found.first_bin
    if first_bin < 0 or first_bin + rates.shape[1] != session.num_bins:
        raise UserError(f"{where}: {rates.shape[1]} bins there, {session.num_bins} in the data")
    order = _order_of_trials(found, session, where)
    variables = {}
    for name, values in found.variables.items():
        axes = AXES[name]
        own = values[order] if axes[0] == "trial" else values
        unit = "1"
        if name == RATES:
            own, unit = own[:, :, :num_neurons], dataset.unit_of_rates
            own = _neurons(own, found) if _in_another_order(found, session) else own
            own = own * _to_unit(found, dataset.bin_width_s if dataset.kind == "counts" else 1.0)
        if name == "inferred_inputs" and found.joined_inputs:
            own = own[:, :, : own.shape[2] - session.num_external_inputs]
        if own.shape[-1]:
            variables[name] = Variable(own, axes, unit)
    observation = "poisson" if dataset.kind == "counts" else "gaussian"
    return labelled_results(
        variables, session, dataset, first_bin=first_bin,
        attributes={
            "observation": dataset.observation or observation, **_about(found), "source": dataset.source,
        },
    )  # fmt: skip


def own_with_data(found: Mapping[str, xr.Dataset], dataset: Dataset) -> dict[str, xr.Dataset]:
    """Results that were written here, of the data's sessions.

    Raises
    ------
    UserError
        If their trials, bins or neurons are others.
    """
    alone = len(found) == len(dataset.sessions) == 1
    named = dict(found)
    if alone:  # a file that was renamed
        named = {dataset.session.name: next(iter(found.values()))}
    for session in dataset.sessions:
        one = named.get(session.name)
        if one is None:
            continue  # said where all files are known
        bins = one.sizes["time"] + int(one.attrs.get("first_bin", 0))
        same = np.array_equal(one["trial_index"], session.trial_index)
        if not same or (bins, one.sizes["neuron"]) != (session.num_bins, session.num_neurons):
            raise UserError(
                f"results of `{session.name}` and {dataset.source} do not fit together: trials, bins or "
                "neurons are others"
            )
    return named


def results_alone(found: Inferred, bin_width_s: float) -> xr.Dataset:
    """Results with what their file says of trials and neurons, as rates of counts."""
    rates = found.variables[RATES]
    trials, bins, neurons = rates.shape
    first_bin, start_s = found.first_bin or 0, found.start_s or 0.0
    held: dict[str, Any] = {}
    for name, values in found.variables.items():
        own = _neurons(values, found) * _to_unit(found, bin_width_s) if name == RATES else values
        held[name] = (
            AXES[name],
            own.astype(np.float32),
            {"units": "spikes/s" if name == RATES else "1"},
        )
    held_out = np.zeros(neurons, bool) if found.held_out is None else found.held_out
    if found.neuron_index is not None:
        held_out = held_out[np.argsort(found.neuron_index)]
    index = np.arange(trials) if found.trial_index is None else found.trial_index
    coordinates: dict[str, Any] = {
        "time": (
            "time", start_s + np.arange(first_bin, first_bin + bins) * bin_width_s,
            {"units": "s", "long_name": "start of the bin"},
        ),
        "split": ("trial", found.split.astype(str)),
        "trial_index": ("trial", index),
        "trial_length": ("trial", first_bin + _lengths(rates), {"units": "bins"}),
        "held_out": ("neuron", held_out.astype(np.int8)),
    }  # fmt: skip
    if found.condition is not None:
        coordinates["condition"] = ("trial", found.condition)
    return xr.Dataset(
        held,
        coordinates,
        {
            "format": FORMAT, "format_version": FORMAT_VERSION, "session": found.name,
            "bin_width_s": bin_width_s, "first_bin": first_bin, "num_forward_bins": 0,
            "observation": "poisson", **_about(found),
        },
    )  # fmt: skip


def _lengths(rates: np.ndarray) -> np.ndarray:
    """Bins of each trial up to the last with a rate."""
    known = np.any(np.isfinite(rates), axis=2)
    behind = np.argmax(known[:, ::-1], axis=1)
    return np.where(np.any(known, axis=1), rates.shape[1] - behind, 0)


def _about(found: Inferred) -> dict[str, str]:
    return {"imported_from": found.layout}


def _to_unit(found: Inferred, bin_width_s: float) -> float:
    return 1.0 if found.rates_per == "second" else 1 / bin_width_s


def _in_another_order(found: Inferred, session: Session) -> bool:
    """Whether neurons of the data have the order that they had before the tool's own."""
    if found.neuron_index is None or found.held_out is None:
        return False
    before = found.held_out[np.argsort(found.neuron_index)]
    return bool(np.array_equal(before, session.held_out_neurons))


def _neurons(rates: np.ndarray, found: Inferred) -> np.ndarray:
    """Rates in the data's order of neurons."""
    return rates if found.neuron_index is None else rates[:, :, np.argsort(found.neuron_index)]


def _order_of_trials(found: Inferred, session: Session, where: str) -> np.ndarray:
    """For each trial of the session its row in the results: by position in the source, else by split."""
    rows = len(found.split)
    if rows != session.num_trials:
        raise UserError(f"{where}: {rows} trials there, {session.num_trials} in the data")
    index = found.trial_index
    if index is not None and np.array_equal(np.sort(index), np.sort(session.trial_index)):
        places = np.argsort(index, kind="stable")
        return places[np.searchsorted(index[places], session.trial_index)]
    order = np.empty(rows, np.int64)
    for split in np.unique(session.split):
        here, there = np.flatnonzero(session.split == split), np.flatnonzero(found.split == split)
        if len(here) != len(there):
            raise UserError(
                f"{where}: {len(there)} trials of `{split}` there, {len(here)} in the data, and no "
                "positions of trials in their source that would tell them"
            )
        order[here] = there
    return order
