"""Whether what a user asks of a run fits it."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError, is_whole
from lfads.data.dataset import Dataset
from lfads.data.places import places_in_session
from lfads.data.session import STORED, Session
from lfads.files import fingerprint
from lfads.model.lfads import LFADS
from lfads.model.shapes import shapes_from_dict, shapes_of
from lfads.results import Posterior
from lfads.training.folder import TrainedModel
from lfads.training.trials import checked_dataset, suitable_observation

MOST_SAMPLES = 1_000_000
MOST_STEPS = 10_000
MOST_CONTEXT = 100_000
LARGEST_SEED = 2**32 - 1


def number_in_run(session: Session, data: Mapping[str, Any]) -> int | None:
    """Which session of the run, whose data are described, this one is: by name, if there are several.

    None if it is none.
    """
    names = data["sessions"]
    if len(names) == 1:
        return 0
    return names.index(session.name) if session.name in names else None


def network_for(
    network: LFADS, session: Session, dataset: Dataset, data: Mapping[str, Any]
) -> LFADS:
    """The network of a session of the data, for trials of its length; `data` describe those of the run."""
    own = shapes_of(replace(dataset, sessions=(session,), files=()))
    return replace(network.of_session(number_in_run(session, data) or 0), shapes=own)


def session_asked_for(name: str | None, trained: TrainedModel, run: str) -> int:
    """Which of the run's sessions is named; none need be if there is one. A UserError if it is unclear."""
    names = list(trained.data["sessions"])
    if name is None and len(names) == 1:
        return 0
    if name not in names:
        asked = "none was named" if name is None else f"got {name!r}"
        raise UserError(
            f"{run} has the sessions {', '.join(names)}: name one of them with `session=`; {asked}"
        )
    return names.index(name)


def network_after_training(name: str | None, trained: TrainedModel, run: str) -> LFADS:
    """The network of a session that is named, for trials to come: with its last slow offsets, if any."""
    number = session_asked_for(name, trained, run)
    return trained.model.of_session(number).holding_last_offset()


def check_fits(dataset: Dataset, trained: TrainedModel, run: str) -> None:
    """Refuse data of other sessions, neurons, bins or inputs than those of a run, named for messages."""
    suitable_observation(trained.model.config.observation, checked_dataset(dataset))
    problems = Problems(f"{dataset.source} and {run} do not fit together")
    check_neurons(checked_dataset(dataset), trained.data, problems)
    check_bins_and_inputs(dataset, trained, problems)
    first = trained.config.model.initial_condition_length
    encoded = shapes_of(dataset).num_encoded_bins
    problems.require(
        encoded > first,
        f"trials must be longer than the {first} bins of the initial condition; the data have {encoded}",
    )
    problems.raise_if_any()


def check_neurons(dataset: Dataset, data: Mapping[str, Any], problems: Problems) -> None:
    """Note sessions and neurons that the run does not know, whose data are described."""
    here, there = shapes_of(dataset), shapes_from_dict(data["shapes"])
    for session, shape in zip(dataset.sessions, here.sessions, strict=True):
        number = number_in_run(session, data)
        where = f" in {session.name}" if len(there.sessions) > 1 else ""
        if number is None:
            names = ", ".join(data["sessions"])
            problems.add(
                f"the run knows the sessions {names}; the data have {session.name}. A file is named as its "
                f"session; `lfads.adapt` fits new neurons to the run"
            )
            continue
        own = there.sessions[number]
        if shape.num_neurons != own.num_neurons:
            problems.add(
                f"the run was trained on {own.num_neurons} neurons{where}; the data have "
                f"{shape.num_neurons}. Neurons must be the same, in the same order"
            )
        elif shape.encoded_neurons != own.encoded_neurons:
            problems.add(f"the run holds out other neurons{where} than the data")


def check_bins_and_inputs(dataset: Dataset, trained: TrainedModel, problems: Problems) -> None:
    """Note bins of another width than the run's, and another number of external inputs."""
    check_bins(dataset, trained.data, problems)
    inputs = trained.model.shapes.num_external_inputs
    given = dataset.sessions[0].num_external_inputs
    problems.require(
        given == inputs, f"the run takes {inputs} external inputs; the data have {given}"
    )


def check_bins(dataset: Dataset, data: Mapping[str, Any], problems: Problems) -> None:
    """Note bins of another width than the run's, whose data are described."""
    width = data["bin_width_s"]
    problems.require(
        abs(dataset.bin_width_s - width) <= 1e-6 * width,
        f"the run was trained on bins of {width:g} s; the data have {dataset.bin_width_s:g} s: bin them "
        "again",
    )


def fingerprint_of_encoded(session: Session, num_forward_bins: int) -> str:
    """A digest of what the encoders see, so that held-out truth that is known later changes nothing."""
    seen = np.where(session.observed_bins(), session.values, 0)[:, :, ~session.held_out_neurons]
    num_encoded = session.num_bins - num_forward_bins
    return fingerprint(
        {STORED[session.kind]: seen[:, :num_encoded], "trial_index": session.trial_index}
    )


def of_these_data(posterior: Posterior, dataset: Dataset) -> Posterior:
    """The posterior of the data's sessions, by their names.

    Raises
    ------
    UserError
        If it was inferred from other data.
    """
    found = dict(posterior.sessions)
    if len(dataset.sessions) == len(found) == 1:
        found = {dataset.session.name: posterior.dataset}  # named by its file, which may have moved
    missing = [s.name for s in dataset.sessions if s.name not in found]
    if missing:
        raise UserError(
            f"the posterior holds {', '.join(found)}; the data have {', '.join(missing)} as well: infer it "
            "again from these data"
        )
    for session in dataset.sessions:
        attributes = found[session.name].attrs
        here = fingerprint_of_encoded(session, dataset.num_forward_bins)
        if attributes.get("encoded") != here:
            raise UserError(
                f"the posterior was inferred from other data ({attributes.get('source')}) than "
                f"{dataset.source}: infer it again from these, or give the data that belong to it"
            )
    return Posterior({session.name: found[session.name] for session in dataset.sessions})


def check_whole(name: str, value: Any, least: int, most: int) -> None:
    """A UserError unless `value` is a whole number between the bounds."""
    if not (is_whole(value) and least <= value <= most):
        raise UserError(f"`{name}=` must be a whole number from {least} to {most}; got {value!r}")


def warn_of_places(dataset: Dataset, network: LFADS, trained_on: str, place: object) -> None:
    """Warn that data which were not trained on get slow offsets by the numbers of their trials.

    Not where all are behind the last training trial, whose offset they hold.
    """
    slow = network.slow_offsets
    if slow is None or dataset.fingerprint() == trained_on:
        return
    last = max(max(places) for places in slow.places)
    if all(
        (places_in_session(session, dataset.bin_width_s) > last).all()
        for session in dataset.sessions
    ):
        return
    warnings.warn(
        f"{place} has slow offsets, which it gives these data by their `trial_index` (or by the clock, "
        "where a recording was cut into windows): right for trials of the recording that it was trained "
        "on. Number those of another behind its last training trial, or adapt to it",
        UserWarning,
        stacklevel=3,
    )
