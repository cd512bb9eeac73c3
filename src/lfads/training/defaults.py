"""Settings that were left open, derived from the data and the machine; each with its reason.

A budget (`num_epochs`, `max_hours`) never changes another setting, so a run that is stopped and resumed
with a larger budget takes the same course as one that had it from the start.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError
from lfads.config import ModelConfig, RunConfig, SearchConfig
from lfads.training.buckets import padded_share, worthwhile_buckets

STEPS_TO_DECAY = 1500
FEWEST_EPOCHS, MOST_EPOCHS = 100, 600


@dataclass(frozen=True)
class DataSizes:
    """What defaults depend on: neurons and bins of the widest and longest session, all encoded neurons.

    `not_by_conditions` says why sessions cannot be aligned by conditions, if they cannot.
    """

    num_training_trials: int
    num_bins: int
    num_forward_bins: int
    num_neurons: int
    num_encoded_neurons: int
    trial_bytes: int
    trial_lengths: tuple[int, ...]
    num_sessions: int = 1
    not_by_conditions: str = ""


@dataclass(frozen=True)
class Machine:
    """What defaults depend on of the machine.

    Parameters
    ----------
    num_devices
        Devices that may share a batch.
    memory_bytes
        That training may fill.
    activation_bytes
        That one step may keep for its backward pass before it computes time in segments.
    data_bytes
        That trials may take on one device.
    """

    num_devices: int
    memory_bytes: int
    activation_bytes: int
    data_bytes: int


@dataclass(frozen=True)
class Derived:
    """One setting that was derived."""

    table: str
    name: str
    value: Any
    reason: str


def resolve_defaults(
    config: RunConfig, sizes: DataSizes, machine: Machine
) -> tuple[RunConfig, list[Derived]]:
    """Fill every open setting; what was given is kept.

    Raises
    ------
    UserError
        If given settings do not fit the data.
    """
    derived: list[Derived] = []
    model = _filled(config.model, _model_defaults(sizes), "model", derived)
    model = _filled(model, _read_in_default(sizes, model), "model", derived)
    if model.read_in_size:
        model = _filled(model, _read_in_start(sizes), "model", derived)
    check_against_data(model, config, sizes)
    check_memory(model, sizes, machine)
    training = _filled(config.training, _batch_default(sizes), "training", derived)
    training = _filled(training, _bucket_default(sizes, config.search), "training", derived)
    training = _filled(training, _schedule_default(config.search), "training", derived)
    batch_size = training.batch_size or 1
    training = _filled(training, _decay_default(sizes, batch_size), "training", derived)
    training = _filled(training, _ramp_default(training.decay_epochs or 1), "training", derived)
    training = _filled(
        training, _machine_defaults(model, sizes, batch_size, machine), "training", derived
    )
    if config.search is None or config.search.method == "random":
        budgets = _budget_defaults(training.decay_epochs or 1)
        training = _filled(training, budgets, "training", derived)
    return dataclasses.replace(config, model=model, training=training), derived


def check_against_data(model: ModelConfig, config: RunConfig, sizes: DataSizes) -> None:
    """Refuse settings that the data cannot serve."""
    problems = Problems("settings do not fit the data")
    batch_size = config.training.batch_size
    if batch_size is not None and batch_size > sizes.num_training_trials:
        problems.add(
            f"[training] `batch_size` is {batch_size}, but there are only "
            f"{sizes.num_training_trials} training trials: choose at most that, or leave it out"
        )
    decoded = sizes.num_bins - sizes.num_forward_bins - model.initial_condition_length
    if decoded < 2:
        problems.add(
            f"[model] `initial_condition_length` is {model.initial_condition_length}, which leaves "
            f"{max(decoded, 0)} of {sizes.num_bins} bins to model: choose a smaller one"
        )
    if sizes.num_sessions > 1 and model.read_in_size == 0:
        problems.add(
            f"[model] `read_in_size` is 0, but {sizes.num_sessions} sessions of different neurons share "
            "the network: leave it out, or give the number of components to map their neurons to"
        )
    problems.raise_if_any()


def check_memory(model: ModelConfig, sizes: DataSizes, machine: Machine) -> None:
    """Refuse a network whose weights, their average and moments fill the memory by themselves."""
    needed = 4 * 4 * num_parameters(model, sizes)
    if needed > machine.memory_bytes:
        raise UserError(
            f"[model] is too large for this machine: training needs about {needed / 2**30:.1f} GiB for "
            f"the weights alone, of {machine.memory_bytes / 2**30:.1f} GiB that it may take: choose "
            "smaller sizes"
        )


def num_parameters(model: ModelConfig, sizes: DataSizes) -> int:
    """Entries of all kernels, as far as sizes that may be large are concerned."""
    encoder, controller = model.encoder_size or 0, model.controller_size or 0
    generator, factors = model.generator_size or 0, model.num_factors or 0
    latent, inputs = model.initial_condition_size or 0, model.num_inferred_inputs
    directions = 4 if inputs else 2
    seen = model.read_in_size or sizes.num_encoded_neurons
    count = directions * 3 * encoder * (seen + encoder)
    count += 4 * encoder * latent + latent * generator
    count += 3 * generator * (inputs + generator) + generator * factors
    count += sizes.num_sessions * (factors + (model.read_in_size or 0)) * sizes.num_neurons
    if inputs:
        count += 3 * controller * (2 * encoder + factors + controller) + 2 * controller * inputs
    return count


def _filled(config: Any, defaults: dict[str, tuple[Any, str]], table: str, derived: list) -> Any:
    """The configuration with the settings that are None taken from `defaults`, which are noted."""
    changes = {}
    for name, (value, reason) in defaults.items():
        if getattr(config, name) is None:
            changes[name] = value
            derived.append(Derived(table, name, value, reason))
    return dataclasses.replace(config, **changes)


def _model_defaults(sizes: DataSizes) -> dict[str, tuple[Any, str]]:
    neurons = sizes.num_encoded_neurons
    size = 64 if neurons <= 128 else 128
    return {
        "num_factors": (max(3, min(20, neurons)), "at most 20, and no more than encoded neurons"),
        "generator_size": (100 if neurons <= 128 else 200, f"for {neurons} encoded neurons"),
        "encoder_size": (size, f"for {neurons} encoded neurons"),
        "controller_size": (size, f"for {neurons} encoded neurons"),
        "initial_condition_size": (size // 2, "half of the encoder"),
    }


def _read_in_default(sizes: DataSizes, model: ModelConfig) -> dict[str, tuple[Any, str]]:
    if sizes.num_sessions == 1:
        return {"read_in_size": (0, "one session: its counts are encoded as they are")}
    reason = f"as many as factors, for {sizes.num_sessions} sessions of different neurons"
    return {"read_in_size": (model.num_factors, reason)}


def _read_in_start(sizes: DataSizes) -> dict[str, tuple[Any, str]]:
    if not sizes.not_by_conditions:
        return {"read_in_start": ("conditions", "sessions have conditions in common")}
    return {"read_in_start": ("time_course", sizes.not_by_conditions)}


def default_batch_size(num_trials: int) -> int:
    """Trials in a step: about an eighth, 16 to 128."""
    return min(num_trials, max(16, min(128, num_trials // 8)))


def _batch_default(sizes: DataSizes) -> dict[str, tuple[Any, str]]:
    trials = sizes.num_training_trials
    batch = default_batch_size(trials)
    if batch == trials:
        return {"batch_size": (batch, f"all {trials} training trials")}
    return {"batch_size": (batch, f"about an eighth of {trials} training trials, 16 to 128")}


def _bucket_default(sizes: DataSizes, search: SearchConfig | None) -> dict[str, tuple[Any, str]]:
    if search is not None and search.method != "random":
        return {"length_buckets": (1, "the trials of a population run for the longest")}
    lengths = np.array(sizes.trial_lengths)
    number = worthwhile_buckets(lengths)
    if number > 1:
        share = padded_share(lengths, number)
        return {
            "length_buckets": (number, f"{share:.0%} of the bins of trials padded to the longest")
        }
    if lengths.min() == lengths.max():
        return {"length_buckets": (1, "trials are of one length")}
    return {"length_buckets": (1, "trials are of nearly one length")}


def _schedule_default(search: SearchConfig | None) -> dict[str, tuple[Any, str]]:
    if search is None or search.method == "random" or "learning_rate" not in search.space:
        return {"learning_rate_schedule": ("cosine", "for a training of known length")}
    return {"learning_rate_schedule": ("constant", "the population searches the learning rate")}


def epochs_of(num_steps: int, steps_in_epoch: int, fewest: int, most: int) -> int:
    """Epochs that have about so many steps, within bounds."""
    return max(fewest, min(most, round(num_steps / steps_in_epoch)))


def _decay_default(sizes: DataSizes, batch_size: int) -> dict[str, tuple[Any, str]]:
    steps = -(-sizes.num_training_trials // batch_size)
    wanted = STEPS_TO_DECAY * (1 if sizes.num_sessions == 1 else 2)
    decay = epochs_of(wanted, steps, FEWEST_EPOCHS, MOST_EPOCHS)
    reason = f"about {wanted} steps of {steps} an epoch"
    if sizes.num_sessions > 1:
        reason += ", twice those of one session"
    return {"decay_epochs": (decay, reason)}


def _ramp_default(decay_epochs: int) -> dict[str, tuple[Any, str]]:
    reason = "a quarter of the decay of the learning rate"
    return {"ramp_epochs": (round(decay_epochs / 4), reason)}


def most_shards(batch_size: int) -> int:
    """Devices that may share a batch, with at least eight trials each."""
    return max(1, batch_size // 8)


def _machine_defaults(
    model: ModelConfig, sizes: DataSizes, batch_size: int, machine: Machine
) -> dict[str, tuple[Any, str]]:
    shards = min(machine.num_devices, most_shards(batch_size))
    needed = activation_bytes(
        model, batch_size,
        num_bins=sizes.num_bins, num_neurons=sizes.num_neurons, num_sessions=sizes.num_sessions,
    )  # fmt: skip
    fits = needed <= machine.activation_bytes
    segments = 1 if fits else max(2, round(sizes.num_bins**0.5))
    data_bytes = sizes.num_training_trials * sizes.trial_bytes
    part_bytes = machine.data_bytes // 4  # one runs, one waits, one is being laid out
    steps_at_a_time = max(1, part_bytes * shards // (sizes.trial_bytes * batch_size))
    return {
        "stream_steps": (
            0 if data_bytes <= machine.data_bytes else steps_at_a_time,
            f"trials take {data_bytes / 2**20:.0f} MiB; up to {machine.data_bytes / 2**20:.0f} MiB stay on "
            "a device",
        ),
        "num_shards": (shards, f"{machine.num_devices} to share a batch, at least 8 trials each"),
        "time_segments": (
            segments,
            f"a step would keep {needed / 2**20:.0f} MiB; up to {machine.activation_bytes / 2**20:.0f} MiB "
            "are kept whole",
        ),
    }


def _budget_defaults(decay_epochs: int) -> dict[str, tuple[Any, str]]:
    return {
        "num_epochs": (decay_epochs, "until the learning rate has decayed"),
        "patience_epochs": (max(50, decay_epochs // 3), "a third of the decay"),
    }


def activation_bytes(
    model: ModelConfig, batch_size: int, *, num_bins: int, num_neurons: int, num_sessions: int
) -> int:
    """Rough bytes that one training step keeps without gradient checkpointing.

    Per bin and trial, each GRU keeps its state and three gates and as much again passes through as
    input products and gradients; the read-out keeps a few copies of the rates.
    """
    directions = 4 if model.num_inferred_inputs else 2
    units = directions * (model.encoder_size or 0) + (model.generator_size or 0)
    if model.num_inferred_inputs:
        units += model.controller_size or 0
    copies = 5 if num_sessions == 1 else 8
    values = 10 * units + copies * num_neurons + 4 * (model.num_factors or 0)
    return 4 * values * batch_size * num_bins
