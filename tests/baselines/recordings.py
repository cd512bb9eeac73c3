"""Small recordings for baselines: what one has to go on, and what makes it difficult."""

import dataclasses
from typing import Any

import numpy as np

from lfads.data.dataset import Dataset


def driven(num_trials=40, num_bins=30, num_neurons=8, seed=0, **given: Any) -> Dataset:
    """Neurons that share a slow drive."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (num_trials, 1))
    drive = np.sin(2 * np.pi * np.arange(num_bins) / 20 + phase)[:, :, None]
    gains = np.linspace(-1.5, 1.5, num_neurons)
    counts = rng.poisson(0.4 * np.exp(drive * gains))
    given = {"spikes": counts, "bin_width_s": 0.02, "split": splits(num_trials)} | given
    return Dataset.from_arrays(**given)


def noise(num_trials=40, num_bins=30, num_neurons=8, seed=0, **given: Any) -> Dataset:
    """Counts that are independent of everything."""
    counts = np.random.default_rng(seed).poisson(0.4, (num_trials, num_bins, num_neurons))
    given = {"spikes": counts, "bin_width_s": 0.02, "split": splits(num_trials)} | given
    return Dataset.from_arrays(**given)


def splits(num_trials: int) -> np.ndarray:
    """Two training trials, then one to validate and one to test."""
    return np.array(["train", "train", "valid", "test"])[np.arange(num_trials) % 4]


def difficult() -> dict[str, Dataset]:
    """Data by what is difficult about them."""
    plain = driven().session.spikes
    lengths = np.random.default_rng(1).integers(12, 31, 40)
    padded = np.where(np.arange(30)[None, :, None] < lengths[:, None, None], plain, 0)
    seen = np.random.default_rng(2).random(plain.shape) < 0.8
    seen[3, 5:20], seen[4, :, 2] = False, False
    silent = plain.copy()
    silent[:, :, 3] = 0
    quiet = dataclasses.replace(driven().session, values=silent)
    two = (driven(name="monday").session, driven(num_neurons=5, seed=3, name="tuesday").session)
    return {
        "plain": driven(),
        "unequal trials": driven(spikes=padded, trial_length=lengths),
        "missing samples": driven(spikes=plain * seen, observed=seen),
        "held-out neurons": driven(held_out_neurons=[1, 5]),
        "forward bins": driven(num_forward_bins=5),
        "a silent neuron": Dataset(sessions=(quiet,), bin_width_s=0.02),
        "no validation trials": driven(split=["train"] * 30 + ["test"] * 10),
        "several sessions": Dataset(sessions=two, bin_width_s=0.02),
    }
