"""Data without defects, to plant some in, and what is found in them."""

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.quality.examine import examine

WIDTH_S = 0.01


def poisson(num_trials=80, num_bins=60, num_neurons=10, *, rate=0.15, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, (num_trials, num_bins, num_neurons))


def session_of(counts: np.ndarray, **given) -> Session:
    """Checked as for inference, which does not warn of silent neurons."""
    given = {"for_inference": True, **given}
    return Dataset.from_arrays(counts, bin_width_s=WIDTH_S, **given).session


def found_in(counts: np.ndarray, *, bin_width_s=WIDTH_S, **given) -> list[str]:
    """Titles of all findings."""
    given = {"for_inference": True, **given}
    dataset = Dataset.from_arrays(counts, bin_width_s=bin_width_s, **given)
    return [finding.title for finding in examine(dataset)[0].findings]


def with_shared_dynamics(num_trials=80, num_bins=60, num_neurons=10, *, seed=0) -> np.ndarray:
    """Neurons whose rates follow one slow variable that differs between trials, and drift together."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (num_trials, 1, 1))
    slow = np.sin(2 * np.pi * np.arange(num_bins)[None, :, None] / 30 + phase)
    gain = np.linspace(0.7, 1.3, num_trials)[:, None, None]
    return rng.poisson(0.2 * gain * np.exp(0.8 * slow), (num_trials, num_bins, num_neurons))
