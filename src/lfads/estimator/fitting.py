"""Whether what a user asks of a run fits it."""

from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError
from lfads.data.dataset import Dataset
from lfads.files import fingerprint
from lfads.results import Posterior
from lfads.training.run import TrainedModel
from lfads.training.setup import only_session, shapes_from_dict, shapes_of


def check_fits(dataset: Dataset, trained: TrainedModel, folder: Path) -> None:
    """Refuse data of other neurons, bins or inputs than the run's."""
    session = only_session(dataset)
    here, there = shapes_of(dataset), shapes_from_dict(trained.data["shapes"])
    width = trained.data["bin_width_s"]
    problems = Problems(f"{dataset.source} and {folder} do not fit together")
    problems.require(
        session.num_neurons == there.sessions[0].num_neurons,
        f"the run was trained on {there.sessions[0].num_neurons} neurons; the data have "
        f"{session.num_neurons}. Neurons must be the same, in the same order",
    )
    if not problems.found:
        problems.require(
            here.sessions[0].encoded_neurons == there.sessions[0].encoded_neurons,
            "the run holds out other neurons than the data",
        )
    problems.require(
        abs(dataset.bin_width_s - width) <= 1e-6 * width,
        f"the run was trained on bins of {width:g} s; the data have {dataset.bin_width_s:g} s",
    )
    problems.require(
        here.num_external_inputs == there.num_external_inputs,
        f"the run takes {there.num_external_inputs} external inputs; the data have "
        f"{here.num_external_inputs}",
    )
    first = trained.config.model.initial_condition_length
    problems.require(
        here.num_encoded_bins > first,
        f"trials must be longer than the {first} bins of the initial condition; the data have "
        f"{here.num_encoded_bins}",
    )
    problems.raise_if_any()


def fingerprint_of_encoded(dataset: Dataset) -> str:
    """A digest of what the encoders see, so that held-out truth that is known later changes nothing."""
    session = dataset.session
    seen = np.where(session.observed_bins(), session.spikes, 0)[:, :, ~session.held_out_neurons]
    num_encoded = session.num_bins - dataset.num_forward_bins
    return fingerprint({"spikes": seen[:, :num_encoded], "trial_index": session.trial_index})


def check_posterior(posterior: Posterior, dataset: Dataset) -> None:
    """Refuse a posterior that was inferred from other data."""
    inferred_from = posterior.dataset.attrs.get("encoded")  # older posteriors do not say
    if inferred_from is not None and inferred_from != fingerprint_of_encoded(dataset):
        raise UserError(
            f"the posterior was inferred from other data ({posterior.dataset.attrs.get('source')}) than "
            f"{dataset.source}: infer it again from these, or give the data that belong to it"
        )


def check_whole(name: str, value: Any, least: int, most: int) -> None:
    """A UserError unless `value` is a whole number between the bounds."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | np.integer)
        or not least <= value <= most
    ):
        raise UserError(f"`{name}` must be a whole number from {least} to {most}; got {value!r}")
