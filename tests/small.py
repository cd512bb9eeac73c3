"""A tiny data set and tiny settings, shared by tests that train."""

import numpy as np

from lfads.config import RunConfig, load_config
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


def tiny_dataset(num_trials: int = 12, seed: int = 0) -> Dataset:
    """A few short trials of four neurons."""
    counts = np.random.default_rng(seed).poisson(0.5, (num_trials, 9, 4))
    return Dataset.from_arrays(counts, bin_width_s=0.02)


def tiny_config(**training: object) -> RunConfig:
    """Tiny sizes, and the given training settings."""
    return load_config(flags={**SETTINGS, "training": {**SETTINGS["training"], **training}})


def flags(**training: object) -> list[str]:
    """The tiny settings as command-line flags."""
    tables = {**SETTINGS, "training": {**SETTINGS["training"], **training}}
    return [
        word
        for table, values in tables.items()
        for name, value in values.items()
        for word in (f"--{table}.{name.replace('_', '-')}", str(value))
    ]
