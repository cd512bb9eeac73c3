"""Settings that were left open, derived from the data and the machine; each with its reason.

A budget (`num_epochs`, `max_hours`) never changes another setting, so a run that is stopped and resumed
with a larger budget takes the same course as one that had it from the start.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lfads.checks import many
from lfads.config import (
    ModelConfig,
    ModelSettings,
    RunConfig,
    RunSettings,
    SearchConfig,
    TrainingConfig,
    TrainingSettings,
)
from lfads.hyperparameters import HyperParameterConfig, HyperParameterSettings
from lfads.model.observations.named import completed
from lfads.model.recurrence.paths import checked_path, fastest
from lfads.training.buckets import padded_share, worthwhile_buckets
from lfads.training.sizes import (
    KERNEL_ACTIVATION_BYTES,
    DataSizes,
    Machine,
    activation_bytes,
)
from lfads.training.suitable import (
    check_against_data,
    check_correlation,
    check_memory,
    check_parts,
    correlation_in_bins,
    settings_of_parts,
)

STEPS_TO_DECAY = 1500
FEWEST_EPOCHS, MOST_EPOCHS = 100, 600


@dataclass(frozen=True)
class Derived:
    """One setting that was derived.

    Examples
    --------
    >>> one = lfads.Derived("model", "num_factors", 20, "at most 20, and no more than encoded neurons")
    >>> one.name, one.value
    ('num_factors', 20)
    """

    table: str
    name: str
    value: Any
    reason: str


class _Table:
    """The settings of one table while those that are None are filled, and noted."""

    def __init__(
        self,
        name: str,
        given: ModelConfig | TrainingConfig | HyperParameterConfig,
        derived: list[Derived],
    ) -> None:
        self.name, self.values, self.derived = name, dict(vars(given)), derived

    def fill(self, name: str, value: Any, reason: str) -> Any:
        """The value of a setting: as it was given, or this one."""
        if self.values[name] is None:
            self.values[name] = value
            self.derived.append(Derived(self.name, name, value, reason))
        return self.values[name]


def resolve_defaults(
    config: RunConfig, sizes: DataSizes, machine: Machine
) -> tuple[RunSettings, list[Derived]]:
    """Fill every open setting; what was given is kept.

    Raises
    ------
    UserError
        If given settings do not fit the data.
    """
    derived: list[Derived] = []
    model = _model_settings(config.model, sizes, derived)
    check_against_data(model, config, sizes)
    check_parts(model, config)
    check_memory(model, sizes, machine)
    table = _Table("training", config.training, derived)
    together = config.search is not None and config.search.method == "population"
    population = config.search if together else None
    training = _training_settings(table, population, model, sizes, machine)
    hyperparameters = _hyperparameter_settings(config.hyperparameters, sizes, derived)
    known = {"model": model, "training": training, "hyperparameters": hyperparameters}
    return RunSettings(**{**vars(config), **known}), derived


def _model_settings(given: ModelConfig, sizes: DataSizes, derived: list[Derived]) -> ModelSettings:
    table = _Table("model", given, derived)
    if given.prior_correlation_s is not None:
        check_correlation(given)
        if sizes.bin_width_s is not None:
            table.values["prior_correlation_bins"] = correlation_in_bins(given, sizes.bin_width_s)
    neurons, num_sessions = sizes.shapes.num_encoded_neurons, len(sizes.shapes.sessions)
    size, for_neurons = 64 if neurons <= 128 else 128, f"for {neurons} encoded neurons"
    table.values["observation"] = completed(table.values["observation"], sizes.observation)
    table.fill("observation", sizes.observation, sizes.why_observation)
    factors = max(3, min(20, neurons))
    factors = table.fill("num_factors", factors, "at most 20, and no more than encoded neurons")
    table.fill("generator_size", 100 if neurons <= 128 else 200, for_neurons)
    for part, own in settings_of_parts(given).items():
        for name, value in own.items():
            table.fill(name, value, f"default of the {part}")
    table.fill("encoder_size", size, for_neurons)
    table.fill("controller_size", size, for_neurons)
    table.fill("initial_condition_size", size // 2, "half of the encoder")
    many = f"as many as factors, for {num_sessions} sessions of different neurons"
    alone = "one session: its counts are encoded as they are"
    if table.fill("read_in_size", *((factors, many) if num_sessions > 1 else (0, alone))):
        why = sizes.not_by_conditions
        start = (
            ("time_course", why) if why else ("conditions", "sessions have conditions in common")
        )
        table.fill("read_in_start", *start)
    return ModelSettings(**table.values)


def _training_settings(
    table: _Table,
    population: SearchConfig | None,
    model: ModelSettings,
    sizes: DataSizes,
    machine: Machine,
) -> TrainingSettings:
    trials = sizes.num_training_trials
    batch_size = default_batch_size(trials)
    reason = f"about an eighth of {trials} training trials, 16 to 128"
    if batch_size == trials:
        reason = f"all {trials} training trials"
    batch_size = table.fill("batch_size", batch_size, reason)
    table.fill("length_buckets", *_buckets(sizes, population is None))
    schedule = ("cosine", "for a training of known length")
    if population is not None and "learning_rate" in population.space:
        schedule = ("constant", "the population searches the learning rate")
    table.fill("learning_rate_schedule", *schedule)
    decay_epochs = table.fill("decay_epochs", *decay_of(sizes, batch_size))
    ramp, reason = round(decay_epochs / 4), "a quarter of the decay of the learning rate"
    table.fill("ramp_epochs", ramp, reason)
    _fill_for_machine(table, model, batch_size, sizes, machine)
    if population is None:
        table.fill("num_epochs", decay_epochs, "until the learning rate has decayed")
        table.fill(
            "patience_epochs", max(50, decay_epochs // 3), "a third of the decay, at least 50"
        )
    return TrainingSettings(**table.values)


def _hyperparameter_settings(
    given: HyperParameterConfig, sizes: DataSizes, derived: list[Derived]
) -> HyperParameterSettings:
    table, trials = _Table("hyperparameters", given, derived), sizes.num_training_trials
    table.fill("dropout_rate", default_dropout(trials), f"for {many(trials, 'training trial')}")
    return HyperParameterSettings(**table.values)


def default_batch_size(num_trials: int) -> int:
    """Trials in a step: about an eighth, 16 to 128."""
    return min(num_trials, max(16, min(128, num_trials // 8)))


def default_dropout(num_trials: int) -> float:
    """The fewer training trials, the more is dropped: 15 over their number, from 0.05 to 0.6.

    >>> default_dropout(20), default_dropout(60), default_dropout(1000)
    (0.6, 0.25, 0.05)
    """
    return round(min(0.6, max(0.05, 15 / num_trials)), 2)


def _buckets(sizes: DataSizes, alone: bool) -> tuple[int, str]:
    if not alone:
        return 1, "the trials of a population run for the longest"
    lengths = np.array(sizes.trial_lengths)
    number = worthwhile_buckets(lengths)
    if number > 1:
        share = padded_share(lengths, number)
        return number, f"{share:.0%} of the bins of trials padded to the longest"
    nearly = "" if lengths.min() == lengths.max() else "nearly "
    return 1, f"trials are of {nearly}one length"


def epochs_of(num_steps: int, steps_in_epoch: int, fewest: int, most: int) -> int:
    """Epochs that have about so many steps, within bounds."""
    return max(fewest, min(most, round(num_steps / steps_in_epoch)))


def decay_of(sizes: DataSizes, batch_size: int, num_steps: int = STEPS_TO_DECAY) -> tuple[int, str]:
    """Epochs until the learning rate has decayed, about so many steps of one session; and the reason."""
    steps, several = -(-sizes.num_training_trials // batch_size), len(sizes.shapes.sessions) > 1
    wanted = num_steps * (2 if several else 1)
    twice = ", twice those of one session" if several else ""
    decay = epochs_of(wanted, steps, FEWEST_EPOCHS, MOST_EPOCHS)
    return decay, f"about {wanted} steps of {steps} an epoch{twice}"


def most_shards(batch_size: int) -> int:
    """Devices that may share a batch, with at least eight trials each."""
    return max(1, batch_size // 8)


def _fill_for_machine(
    table: _Table, model: ModelSettings, batch_size: int, sizes: DataSizes, machine: Machine
) -> None:
    shards = min(machine.num_devices, most_shards(batch_size))
    path = table.fill("recurrence", *fastest(machine.platform, model.generator))
    checked_path(path, machine.platform)
    needed = activation_bytes(model, batch_size, sizes.shapes, path)
    most = machine.activation_bytes
    if path == "native":
        most = min(machine.memory_bytes, KERNEL_ACTIVATION_BYTES)
    data_bytes = sizes.num_training_trials * sizes.trial_bytes
    part_bytes = machine.data_bytes // 4  # one runs, one waits, one is being laid out
    steps_at_a_time = max(1, part_bytes * shards // (sizes.trial_bytes * batch_size))
    table.fill(
        "stream_steps",
        0 if data_bytes <= machine.data_bytes else steps_at_a_time,
        f"trials take {data_bytes / 2**20:.0f} MiB; up to {machine.data_bytes / 2**20:.0f} MiB stay on "
        "a device",
    )
    sharing = f"{machine.num_devices} to share a batch, at least 8 trials each"
    table.fill("num_shards", shards, sharing)
    table.fill(
        "time_segments",
        1 if needed <= most else max(2, round(sizes.shapes.num_bins**0.5)),
        f"a step would keep {needed / 2**20:.0f} MiB; up to {most / 2**20:.0f} MiB are kept whole",
    )
