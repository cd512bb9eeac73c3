"""Trials to train on, to validate on, and to infer, of one session or of several together."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.config import RunSettings
from lfads.data.dataset import Dataset
from lfads.data.places import between_of_sessions, training_places
from lfads.data.remarks import about_several_sessions
from lfads.data.session import Session
from lfads.model.lfads import LFADS
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.modalities import usual_families
from lfads.model.observations.observation import USUAL, Observation
from lfads.training.batching import TrialArrays, joined_trials, trial_arrays


class TrainingData(NamedTuple):
    """Trials to train on and to validate on, and nats per sample of the best constant model for each.

    `valid_spikes_per_sample` is NaN where bits per spike are not the score of the observation.
    """

    train: TrialArrays
    valid: TrialArrays
    valid_null_nll: float
    valid_spikes_per_sample: float


def checked_dataset(dataset: Any) -> Dataset:
    """The data to work on.

    Raises
    ------
    UserError
        If this is not a data set, or its sessions cannot share a network.
    """
    if not isinstance(dataset, Dataset):
        raise UserError(
            f"expected an lfads.Dataset; got {type(dataset).__name__}: make one with lfads.read(path) or "
            "lfads.Dataset.from_arrays(counts, bin_width_s=...)"
        )
    for reason in about_several_sessions(dataset.sessions):
        raise UserError(reason)
    return dataset


def training_data(dataset: Dataset, config: RunSettings) -> TrainingData:
    """Trials to train on and to validate on, with the score of constant rates on the latter."""
    sessions = dataset.sessions
    without = [s.name for s in sessions if not s.of_split("train").any()]
    if without:
        raise UserError(
            f"no training trials in {', '.join(without)}: every session needs some, or leave it out"
        )
    valid = [s.of_split("valid") for s in sessions]
    blind = [s.name for s, chosen in zip(sessions, valid, strict=True) if not chosen.any()]
    if len(blind) == len(sessions):
        warnings.warn(
            "there are no validation trials: training trials are validated on, so scores and early "
            "stopping do not see over-fitting",
            stacklevel=2,
        )
        valid = [s.of_split("train") for s in sessions]
    elif blind:
        warnings.warn(
            f"no validation trials in {', '.join(blind)}: their over-fitting is not seen",
            stacklevel=2,
        )
    observation = suitable_observation(config.model.observation, dataset)
    first_bin = config.model.initial_condition_length
    by_session = config.training.session_weights == "session"
    scores = [
        constant_score(s, chosen, first_bin, observation)
        for s, chosen in zip(sessions, valid, strict=True)
        if chosen.any()
    ]
    together = trials_together(sessions, valid, by_session)
    if together.weight is not None and together.session is not None:
        first = np.unique(together.session, return_index=True)[1]
        scores = np.array(scores) * together.weight[first][:, None]
    nats, spikes, samples = np.sum(scores, axis=0)
    train = [s.of_split("train") for s in sessions]
    trained = trials_together(sessions, train, by_session)
    if config.model.slow_offsets:
        places, width = training_places(dataset), dataset.bin_width_s
        trained, together = (
            trials._replace(beside=between_of_sessions(sessions, places, chosen, width))
            for trials, chosen in ((trained, train), (together, valid))
        )
    return TrainingData(
        trained,
        together,
        float(nats / samples),
        float(max(spikes, 1.0) / samples) if observation.is_poisson else np.nan,
    )


def trials_together(
    sessions: Sequence[Session], chosen: Sequence[np.ndarray], weigh_by_session: bool
) -> TrialArrays:
    """The chosen trials of all sessions; with weights that make sessions count the same, if asked."""
    parts = [trial_arrays(s, trials) for s, trials in zip(sessions, chosen, strict=True)]
    if len(parts) == 1:
        return parts[0]
    number = [s.num_trials for s in sessions]
    together = joined_trials(parts, np.cumsum([0, *number[:-1]]).tolist())
    if not weigh_by_session:
        return together
    trials = np.array([trials.sum() for trials in chosen])
    each = trials.sum() / (np.maximum(trials, 1) * (trials > 0).sum())
    return together._replace(weight=np.repeat(each, trials).astype(np.float32))


def constant_score(
    session: Session, trials: np.ndarray, first_bin: int, observation: Observation
) -> tuple[float, float, float]:
    """(nats, spikes, known samples) of the best constant model of each neuron over these trials."""
    values = session.values[trials, first_bin:]
    known = session.observed_bins()[trials, first_bin:]
    total = np.where(known, values, 0).sum(dtype=np.float64)
    nats = observation.of_channels(session.modalities).nll_of_constant(values, known)
    return nats, float(total), float(known.sum())


def suitable_observation(name: str, dataset: Dataset) -> Observation:
    """The observation of a name, which suits the data.

    Raises
    ------
    UserError
        If it is of values of another kind, or not of these, with what would do.
    """
    observation = observation_of(name)
    if dataset.kind != observation.kind:
        held = "spike counts" if dataset.kind == "counts" else "signals, real values"
        wanted = "spike counts" if observation.kind == "counts" else "signals"
        suits = default_observation(dataset)
        raise UserError(
            f"[model] `observation` is `{name}`, which takes {wanted}; {dataset.source} holds {held}: "
            f"leave it out (then it is `{suits}`), or choose another of `lfads parts observations`"
        )
    checks = observation.has_own("unsuitable") or observation.has_own("unsuitable_of")
    for session in dataset.sessions if checks else ():
        of_session = observation.of_channels(session.modalities)
        if why := of_session.unsuitable_of(session.values, session.observed_bins()):
            raise UserError(
                f"[model] `observation` is `{name}`, which the values of session `{session.name}` do not "
                f"suit: {why}"
            )
    return observation


def default_observation(dataset: Dataset) -> str:
    """What the data name, else the usual one of their kind, or of each modality."""
    first = dataset.sessions[0]
    if dataset.observation or first.modalities is None or len(set(first.modalities)) < 2:
        return dataset.observation or USUAL[dataset.kind]
    return usual_families(first.modalities, first.values, first.observed_bins())


def trials_of(session: Session) -> TrialArrays:
    """Every trial of a session, for inference."""
    return trial_arrays(session, np.ones(session.num_trials, bool))


def trials_for(network: LFADS, session: Session, bin_width_s: float) -> TrialArrays:
    """The same for a network of one session, with the places of trials where it has slow offsets."""
    trials, slow = trials_of(session), network.slow_offsets
    if slow is None:
        return trials
    everyone = np.ones(session.num_trials, bool)
    return trials._replace(
        beside=between_of_sessions([session], slow.places, [everyone], bin_width_s)
    )
