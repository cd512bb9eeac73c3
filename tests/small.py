"""A tiny data set and tiny settings, shared by tests that train."""

from dataclasses import replace
from typing import Any

import numpy as np

from lfads.config import RunConfig, TrainingSettings, read_config
from lfads.data.dataset import Dataset

SETTINGS = {
    "model": {
        "num_factors": 2,
        "generator_size": 4,
        "encoder_size": 3,
        "controller_size": 3,
        "initial_condition_size": 2,
    },
    "training": {"num_epochs": 3, "batch_size": 4, "ramp_epochs": 2, "num_shards": 1},
}


AUTONOMOUS = {**SETTINGS, "model": {**SETTINGS["model"], "num_inferred_inputs": 0}}
"""A network without a controller compiles in half the time: for tests of what that does not touch."""


def tiny_dataset(num_trials: int = 12, seed: int = 0) -> Dataset:
    """A few short trials of four neurons."""
    counts = np.random.default_rng(seed).poisson(0.5, (num_trials, 9, 4))
    return Dataset.from_arrays(counts, bin_width_s=0.02)


def tiny_sessions() -> Dataset:
    """Two sessions of other neurons, trials and lengths, with conditions in common."""
    rng = np.random.default_rng(1)
    sessions = []
    for name, trials, bins, neurons in (("monday", 12, 9, 4), ("tuesday", 8, 7, 6)):
        condition = np.arange(trials) % 3
        rates = 0.3 + condition[:, None, None] * rng.random((1, bins, neurons))
        one = Dataset.from_arrays(
            rng.poisson(rates), bin_width_s=0.02, condition=condition, name=name,
            true_rates_hz=rates / 0.02, true_latents=np.repeat(rates[:, :, :1], 2, axis=2),
        )  # fmt: skip
        sessions.append(one.session)
    return Dataset(sessions=tuple(sessions), bin_width_s=0.02, source="arrays")


def tiny_config(**training: object) -> RunConfig:
    """Tiny sizes, and the given training settings."""
    return read_config(flags={**SETTINGS, "training": {**SETTINGS["training"], **training}})


def of_coupled_inputs(config: RunConfig) -> RunConfig:
    """The same with a prior that couples the bins of inputs."""
    model = replace(config.model, inferred_input_prior="autoregressive")
    return replace(config, model=model)


def training_settings(**given: Any) -> TrainingSettings:
    """Training settings that were never derived from data."""
    known = {
        "batch_size": 4, "ramp_epochs": 2, "learning_rate_schedule": "cosine", "decay_epochs": 10,
        "time_segments": 1, "stream_steps": 0, "length_buckets": 1, "num_shards": 1,
    }  # fmt: skip
    return TrainingSettings(**{**known, **given})


def flags(**training: object) -> list[str]:
    """The tiny settings as command-line flags."""
    tables = {**SETTINGS, "training": {**SETTINGS["training"], **training}}
    return [
        word
        for table, values in tables.items()
        for name, value in values.items()
        for word in (f"--{table}.{name.replace('_', '-')}", str(value))
    ]
