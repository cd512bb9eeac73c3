"""From a data set to what training needs: sizes, trials for the device, and the untrained network."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np

from lfads.checks import UserError
from lfads.config import ModelConfig, RunConfig
from lfads.data.dataset import Dataset
from lfads.data.remarks import about_several_sessions
from lfads.data.session import Session
from lfads.devices import all_devices, local_devices, memory_bytes
from lfads.model.initialise import Start, initialise_lfads
from lfads.model.lfads import LFADS
from lfads.model.shapes import SessionShape, Shapes
from lfads.stitching.align import why_no_conditions
from lfads.training.batching import (
    TrialArrays,
    joined_trials,
    mean_counts,
    trial_arrays,
    trial_bytes,
)
from lfads.training.defaults import DataSizes, Machine
from lfads.training.epochs import TrainingData
from lfads.training.starts import aligned_start

MEMORY_SHARE = 0.25
"""Share of the machine's memory that training may fill."""

CPU_ACTIVATION_BYTES = 512 * 2**20
"""Kept for the backward pass on a CPU; computing segments of time again costs little there."""


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


def shapes_of(dataset: Dataset) -> Shapes:
    """What the data fix about the network."""
    return Shapes(
        sessions=tuple(
            SessionShape(s.num_neurons, tuple(int(i) for i in np.flatnonzero(~s.held_out_neurons)))
            for s in dataset.sessions
        ),
        num_bins=max(s.num_bins for s in dataset.sessions),
        num_forward_bins=dataset.num_forward_bins,
        num_external_inputs=dataset.sessions[0].num_external_inputs,
    )


def shapes_to_dict(shapes: Shapes) -> dict[str, Any]:
    """Shapes as plain values for a header."""
    return {
        "sessions": [
            {"num_neurons": s.num_neurons, "encoded_neurons": list(s.encoded_neurons)}
            for s in shapes.sessions
        ],
        "num_bins": shapes.num_bins,
        "num_forward_bins": shapes.num_forward_bins,
        "num_external_inputs": shapes.num_external_inputs,
    }


def shapes_from_dict(values: dict[str, Any]) -> Shapes:
    """Shapes from what `shapes_to_dict` made."""
    sessions = tuple(
        SessionShape(s["num_neurons"], tuple(s["encoded_neurons"])) for s in values["sessions"]
    )
    return Shapes(
        sessions, values["num_bins"], values["num_forward_bins"], values["num_external_inputs"]
    )


def sizes_of(dataset: Dataset) -> DataSizes:
    """What defaults depend on."""
    sessions = dataset.sessions
    lengths = [s.trial_length[s.of_split("train")] for s in sessions]
    neurons = [int((~s.held_out_neurons).sum()) for s in sessions]
    one_each = [trial_arrays(s, np.arange(s.num_trials) == 0) for s in sessions]
    return DataSizes(
        num_sessions=len(sessions),
        num_training_trials=sum(len(each) for each in lengths),
        num_bins=max(s.num_bins for s in sessions),
        num_forward_bins=dataset.num_forward_bins,
        num_neurons=max(s.num_neurons for s in sessions),
        num_encoded_neurons=sum(neurons),
        trial_bytes=trial_bytes(joined_trials(one_each, [0] * len(sessions))),
        trial_lengths=tuple(np.concatenate(lengths).tolist()),
        not_by_conditions=why_no_conditions(sessions),
    )


def this_machine() -> Machine:
    """Devices, and the memory that a training step may fill."""
    memory = int(MEMORY_SHARE * memory_bytes())
    on_cpu = local_devices()[0].platform == "cpu"
    return Machine(
        num_devices=len(all_devices()),
        memory_bytes=memory,
        activation_bytes=min(memory, CPU_ACTIVATION_BYTES) if on_cpu else memory,
        data_bytes=memory // (2 * len(local_devices()) if on_cpu else 2),
    )


def start_of_maps(config: RunConfig, dataset: Dataset) -> Start | None:
    """Where read-ins and read-outs start, whatever the seed; None where they are drawn."""
    if config.model.read_in_size and config.model.read_in_start != "random":
        return aligned_start(config.model, dataset)
    return None


def untrained_model(config: RunConfig, dataset: Dataset) -> LFADS:
    """The network at its start."""
    return model_from(start_of_maps(config, dataset), config, dataset)


def model_from(start: Start | None, config: RunConfig, dataset: Dataset) -> LFADS:
    """The network at its start, whose maps start as given."""
    counts = tuple(mean_counts(s) for s in dataset.sessions)
    rng = np.random.default_rng(config.seed)
    return initialise_lfads(rng, config.model, shapes_of(dataset), counts, start)


def model_template(config: ModelConfig, shapes: Shapes) -> LFADS:
    """The network with descriptions of its arrays in their place, to read a checkpoint into."""
    counts = tuple(np.ones(s.num_neurons) for s in shapes.sessions)
    rng = np.random.default_rng(0)
    return eqx.filter_eval_shape(lambda: initialise_lfads(rng, config, shapes, counts))


def static_model(config: ModelConfig, shapes: Shapes) -> LFADS:
    """The network without its arrays, for compiled functions that are given them."""
    return eqx.filter(
        model_template(config, shapes), lambda x: isinstance(x, jax.ShapeDtypeStruct), inverse=True
    )


def training_data(dataset: Dataset, config: RunConfig) -> TrainingData:
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
    first_bin = config.model.initial_condition_length
    by_session = config.training.session_weights == "session"
    scores = [
        constant_rate_score(s, chosen, first_bin)
        for s, chosen in zip(sessions, valid, strict=True)
        if chosen.any()
    ]
    together = trials_together(sessions, valid, by_session)
    if together.weight is not None and together.session is not None:
        first = np.unique(together.session, return_index=True)[1]
        scores = np.array(scores) * together.weight[first][:, None]
    nats, spikes, samples = np.sum(scores, axis=0)
    train = [s.of_split("train") for s in sessions]
    return TrainingData(
        trials_together(sessions, train, by_session),
        together,
        float(nats / samples),
        float(max(spikes, 1.0) / samples),
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


def constant_rate_score(
    session: Session, trials: np.ndarray, first_bin: int
) -> tuple[float, float, float]:
    """(nats, spikes, known samples) when each neuron keeps its mean rate over these trials."""
    counts = session.spikes[trials, first_bin:]
    known = np.broadcast_to(session.valid_bins()[trials, first_bin:, None], counts.shape)
    if session.observed is not None:
        known = known & session.observed[trials, first_bin:]
    num_known = np.maximum(known.sum((0, 1)), 1)
    total = np.where(known, counts, 0).sum((0, 1), dtype=np.float64)
    mean = np.maximum(total / num_known, 1e-9)
    log_factorials = np.array([math.lgamma(k + 1) for k in range(int(counts.max(initial=0)) + 1)])
    nats = (num_known * mean - total * np.log(mean)).sum()
    nats += np.where(known, log_factorials[counts], 0).sum()
    return float(nats), float(total.sum()), float(known.sum())


def trials_of(session: Session) -> TrialArrays:
    """Every trial of a session, for inference."""
    return trial_arrays(session, np.ones(session.num_trials, bool))
