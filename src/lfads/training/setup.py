"""From a data set to what training needs: sizes, trials for the device, and the untrained network."""

import math
import warnings
from typing import Any

import equinox as eqx
import jax
import numpy as np

from lfads.checks import UserError
from lfads.config import ModelConfig, RunConfig
from lfads.data.batching import TrialArrays, mean_counts, trial_arrays, trial_bytes
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.devices import all_devices, local_devices, memory_bytes
from lfads.model.lfads import LFADS, SessionShape, Shapes, initialise_lfads
from lfads.training.defaults import DataSizes, Machine
from lfads.training.epochs import TrainingData

MEMORY_SHARE = 0.25
"""Share of the machine's memory that training may fill."""

CPU_ACTIVATION_BYTES = 512 * 2**20
"""Kept for the backward pass on a CPU; computing segments of time again costs little there."""


def only_session(dataset: Any) -> Session:
    """The session to train on.

    Raises
    ------
    UserError
        If this is not a data set, or has several: one model for several is not built yet.
    """
    if not isinstance(dataset, Dataset):
        raise UserError(
            f"expected an lfads.Dataset; got {type(dataset).__name__}: make one with lfads.read(path) or "
            "lfads.Dataset.from_arrays(counts, bin_width_s=...)"
        )
    if len(dataset.sessions) > 1:
        names = ", ".join(s.name for s in dataset.sessions)
        raise UserError(
            f"expected one session; got {len(dataset.sessions)} ({names}). Models that share several "
            "sessions are not built yet: train one session at a time"
        )
    return dataset.session


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


def sizes_of(session: Session, dataset: Dataset) -> DataSizes:
    """What defaults depend on."""
    return DataSizes(
        num_training_trials=int(session.of_split("train").sum()),
        num_bins=session.num_bins,
        num_forward_bins=dataset.num_forward_bins,
        num_neurons=session.num_neurons,
        num_encoded_neurons=int((~session.held_out_neurons).sum()),
        trial_bytes=trial_bytes(trial_arrays(session, np.arange(session.num_trials) == 0)),
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


def untrained_model(config: RunConfig, dataset: Dataset) -> LFADS:
    """The network at its start."""
    counts = tuple(mean_counts(s) for s in dataset.sessions)
    return initialise_lfads(
        np.random.default_rng(config.seed), config.model, shapes_of(dataset), counts
    )


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


def training_data(session: Session, config: ModelConfig) -> TrainingData:
    """Trials to train on and to validate on, with the score of constant rates on the latter."""
    train = trial_arrays(session, session.of_split("train"))
    is_valid = session.of_split("valid")
    if not is_valid.any():
        warnings.warn(
            "there are no validation trials: training trials are validated on, so scores and early "
            "stopping do not see over-fitting",
            stacklevel=2,
        )
        is_valid = session.of_split("train")
    null_nll, spikes = constant_rate_score(session, is_valid, config.initial_condition_length)
    return TrainingData(train, trial_arrays(session, is_valid), null_nll, spikes)


def constant_rate_score(
    session: Session, trials: np.ndarray, first_bin: int
) -> tuple[float, float]:
    """(nats, spikes) per known sample when each neuron keeps its mean rate over these trials."""
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
    samples = float(num_known.sum())
    return float(nats / samples), max(float(total.sum()), 1.0) / samples


def trials_of(dataset: Dataset) -> TrialArrays:
    """Every trial of the only session, for inference."""
    session = only_session(dataset)
    return trial_arrays(session, np.ones(session.num_trials, bool))
