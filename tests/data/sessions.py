"""Small counts, a session that has everything, and what it means for two data sets to be equal."""

from dataclasses import fields

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import Session


def counts(num_trials=10, num_bins=6, num_neurons=4, *, rate=3.0, seed=0):
    """Spike counts in which no neuron is silent."""
    return np.random.default_rng(seed).poisson(rate, (num_trials, num_bins, num_neurons))


def full_dataset() -> Dataset:
    """One session with every field filled."""
    spikes = counts()
    spikes[8, 5:] = spikes[9, 4:] = 0
    rng = np.random.default_rng(1)
    observed = rng.random(spikes.shape) < 0.9
    behavior = {"hand_vel": rng.normal(size=(10, 6, 2)), "pupil": rng.normal(size=(10, 6))}
    behavior["pupil"][3, 2] = np.nan
    return Dataset.from_arrays(
        spikes,
        bin_width_s=0.01,
        split=["train"] * 6 + ["valid"] * 2 + ["test"] * 2,
        trial_length=[6] * 8 + [5, 4],
        observed=observed,
        held_out_neurons=[3],
        num_forward_bins=1,
        condition=["links", "rechts"] * 5,
        external_inputs=rng.normal(size=(10, 6, 2)),
        behavior=behavior,
        true_rates_hz=rng.random(spikes.shape),
        true_latents=rng.normal(size=(10, 6, 3)),
        true_inputs=rng.normal(size=(10, 6, 1)),
        trial_index=np.arange(10)[::-1],
        trial_table={"success": np.arange(10) % 2 == 0, "note": np.array(list("abcdefghié"))},
        neuron_table={
            "name": ["n1", "n2", "n3", "n4"],
            "area": ["M1", "M1", "PMd", "M1"],
            "depth": [1.5, 2, 3, np.nan],
        },
        start_s=-0.2,
        name="monday",
    )


def same(one, other) -> bool:
    """Whether two values, arrays or mappings of arrays are equal, NaN where NaN."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.dtype.kind == "U":
            return one.shape == other.shape and bool((one == other).all())
        number = one.dtype.kind == "f"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=number)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    return type(one) is type(other) and one == other


def differences(one: Session, other: Session) -> list[str]:
    """Names of the fields in which two sessions differ."""
    names = [field.name for field in fields(one)]
    return [name for name in names if not same(getattr(one, name), getattr(other, name))]
