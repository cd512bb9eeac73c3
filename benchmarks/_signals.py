"""Signals whose latents are known: calcium, envelopes of muscles, field potentials, staggered frames."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

import lfads
from lfads.data.dataset import Dataset
from lfads.numerics.deconvolution import calcium_of, deconvolve
from lfads.numerics.regression import fit_linear_map, r_squared
from lfads.numerics.smoothing import smoothed

NUM_BINS = 100
FRAME_S = 1 / 30
APART = 100
"""Missing frames between trials, after which nothing of the calcium of one is left in the next."""

WIDTHS_BINS = (0.7, 1, 1.5, 2, 3, 5, 8)


def lorenz(seed: int, *, num_neurons: int = 30, **choices: float) -> Dataset:
    """The Lorenz system at small sizes: 30 starts of 10 trials."""
    usual = {"num_conditions": 30, "trials_per_condition": 10, "num_bins": NUM_BINS}
    return lfads.simulate_lorenz(seed, num_neurons=num_neurons, **{**usual, **choices})


@lru_cache(1)
def calcium(seed: int) -> tuple[Dataset, Dataset]:
    """Events, deconvolved, and the fluorescence that they came from, of 3.3 s in frames of 30 Hz.

    Spikes in bins of 10 ms drive calcium that decays with 0.3 s; the noise of a frame is 0.3 of what a
    spike adds.
    """
    fine = lorenz(seed, num_bins=334, speed=0.3, base_rate_hz=3.0, gain=1.0).session
    rng = np.random.default_rng(1000 + seed)
    calcium = calcium_of(np.swapaxes(fine.spikes, 1, 2).astype(float), np.exp(-0.01 / 0.3))
    frames = np.floor(np.arange(NUM_BINS) * FRAME_S / 0.01).astype(int) + 3
    frames = np.minimum(frames, 333)
    traces = np.swapaxes(calcium[:, :, frames], 1, 2)
    traces = traces + 0.3 * rng.standard_normal(traces.shape)
    assert fine.true_latents is not None
    latents = fine.true_latents[:, frames]
    kept = {"bin_width_s": FRAME_S, "split": fine.split, "true_latents": latents}
    of_traces = Dataset.from_arrays(signals=traces, unit="dF/F", **kept)
    return Dataset.from_arrays(signals=events_of(traces), **kept), of_traces


def events_of(traces: np.ndarray) -> np.ndarray:
    """Deconvolved traces `trial time neuron`; trials one behind the other, far apart."""
    num_trials, num_bins, num_neurons = traces.shape
    with_gaps = np.pad(traces, ((0, 0), (0, APART), (0, 0)), constant_values=np.nan)
    found = np.empty_like(traces)
    for neuron in range(num_neurons):
        events = deconvolve(with_gaps[:, :, neuron].ravel()).events
        found[:, :, neuron] = events.reshape(num_trials, num_bins + APART)[:, :-APART]
    return found


@lru_cache(1)
def emg(seed: int) -> Dataset:
    """12 muscles: gamma values of shape 2 about exp(w · z)."""
    known = lorenz(seed, num_neurons=12, base_rate_hz=1.0).session
    assert known.true_rates_hz is not None
    rng = np.random.default_rng(2000 + seed)
    envelopes = known.true_rates_hz * rng.gamma(2.0, 0.5, known.spikes.shape)
    return Dataset.from_arrays(
        signals=np.maximum(envelopes, 1e-6), bin_width_s=0.01, split=known.split, unit="mV",
        true_latents=known.true_latents,
    )  # fmt: skip


@lru_cache(1)
def smooth_emg(seed: int) -> Dataset:
    """The same with noise that goes on for some bins, as behind a filter of 30 ms."""
    known = lorenz(seed, num_neurons=12, base_rate_hz=1.0).session
    assert known.true_rates_hz is not None
    rng = np.random.default_rng(2500 + seed)
    noise = smoothed(rng.gamma(0.3, 1 / 0.3, known.spikes.shape), 3.0)
    return Dataset.from_arrays(
        signals=np.maximum(known.true_rates_hz * noise, 1e-6), bin_width_s=0.01, split=known.split,
        unit="mV", true_latents=known.true_latents,
    )  # fmt: skip


@lru_cache(1)
def few_trials(seed: int) -> Dataset:
    """60 trials of spikes of 30 neurons; 10 of them validate."""
    return lorenz(seed, num_conditions=10, trials_per_condition=6, base_rate_hz=5.0)


@lru_cache(1)
def field_potentials(seed: int, num_channels: int = 12, noise: float = 2.0) -> Dataset:
    """Channels that are linear in the latents, with noise of twice their size."""
    known = lorenz(seed, num_neurons=num_channels, base_rate_hz=1.0).session
    assert known.true_rates_hz is not None
    rng = np.random.default_rng(3000 + seed)
    clean = np.log(known.true_rates_hz) / 0.7
    signals = clean + noise * rng.standard_normal(clean.shape)
    return Dataset.from_arrays(
        signals=signals, bin_width_s=0.01, split=known.split, unit="µV", true_latents=known.true_latents,
    )  # fmt: skip


@lru_cache(1)
def spikes_and_potentials(seed: int) -> dict[str, Dataset]:
    """12 neurons and 6 channels of field potentials of one Lorenz system: together, and each alone."""
    known = lorenz(seed, num_neurons=18, base_rate_hz=5.0).session
    assert known.true_rates_hz is not None
    rng = np.random.default_rng(6000 + seed)
    spikes = known.spikes[:, :, :12]
    clean = np.log(known.true_rates_hz[:, :, 12:] / 5.0) / 0.7
    potentials = clean + 3.0 * rng.standard_normal(clean.shape)
    kept = {"bin_width_s": 0.01, "split": known.split, "true_latents": known.true_latents}
    return {
        "both": Dataset.from_arrays(spikes, signals={"lfp": potentials}, **kept),
        "spikes": Dataset.from_arrays(spikes, **kept),
        "lfp": Dataset.from_arrays(signals=potentials, **kept),
    }


@lru_cache(1)
def over_dispersed(seed: int) -> Dataset:
    """Counts whose variance is larger than their mean: gamma gains of shape 1 to 4, a neuron each."""
    known = lorenz(seed, num_neurons=20, num_bins=50, num_conditions=12, base_rate_hz=20.0).session
    assert known.true_rates_hz is not None
    rng = np.random.default_rng(4000 + seed)
    shape = rng.uniform(1, 4, 20)
    counts = rng.poisson(
        0.01 * known.true_rates_hz * rng.gamma(shape, 1 / shape, known.spikes.shape)
    )
    return Dataset.from_arrays(counts, bin_width_s=0.01, split=known.split)


@lru_cache(1)
def staggered(seed: int) -> tuple[Dataset, Dataset]:
    """Latents that turn at 10 Hz, from frames at 30 Hz: neurons at their times, and as if all at once.

    60 neurons in three groups, sampled a third of a frame apart. The first data set has bins of a third
    of a frame, in which the other groups are missing, the second bins of a frame.
    """
    rng = np.random.default_rng(5000 + seed)
    num_trials, num_bins, num_neurons, third = 300, 90, 60, FRAME_S / 3
    time = np.arange(num_bins) * third
    frequency = rng.uniform(9, 11, (num_trials, 1))
    angle = 2 * np.pi * frequency * time + rng.uniform(0, 2 * np.pi, (num_trials, 1))
    latents = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], -1)
    weights = rng.standard_normal((2, num_neurons))
    weights /= np.linalg.norm(weights, axis=0)
    rates_hz = 8.0 * np.exp(0.9 * latents @ weights)
    spikes = rng.poisson(rates_hz * third)
    calcium = calcium_of(np.swapaxes(spikes, 1, 2).astype(float), np.exp(-third / 0.3))
    traces = np.swapaxes(calcium, 1, 2) + 0.2 * rng.standard_normal(spikes.shape)
    fine = np.full(spikes.shape, np.nan)
    frames = np.empty((num_trials, num_bins // 3, num_neurons))
    for group in range(3):
        own = np.arange(num_neurons) % 3 == group
        events = events_of(traces[:, group::3][:, :, own])
        fine[np.ix_(np.arange(num_trials), np.arange(group, num_bins, 3), np.flatnonzero(own))] = (
            events
        )
        frames[:, :, own] = events
    as_bins = Dataset.from_arrays(signals=fine, bin_width_s=third, true_latents=latents)
    return as_bins, Dataset.from_arrays(
        signals=frames, bin_width_s=FRAME_S, true_latents=latents[:, 1::3]
    )


def as_counts(dataset: Dataset, per_unit: float) -> Dataset:
    """Values misused as counts: shifted to 0 and above, scaled and rounded."""
    session = dataset.session
    values = session.values - min(0.0, float(session.values.min()))
    counts = np.minimum(np.round(per_unit * values), 65_000).astype(np.uint16)
    return replace(dataset, sessions=(replace(session, values=counts),), unit="", observation="")


def smoothed_r2(dataset: Dataset) -> dict[str, object]:
    """R² of latents from Gaussian smoothing, at the width that is best on validation trials."""
    session = dataset.session
    train, valid = session.of_split("train"), session.of_split("valid")
    known = session.observed_bins().astype(float)
    latents = np.asarray(session.true_latents, float)
    best: dict[str, Any] = {"latent_r2_mean": -np.inf}
    for width in WIDTHS_BINS:
        weight = smoothed(known, width)
        seen = smoothed(session.values * known, width) / np.maximum(weight, 1e-9)
        rows = {
            name: seen[of].reshape(-1, seen.shape[2]) for name, of in (("t", train), ("v", valid))
        }
        fitted = fit_linear_map(rows["t"], latents[train].reshape(-1, latents.shape[2]))
        r2 = r_squared(latents[valid].reshape(-1, latents.shape[2]), fitted(rows["v"]))
        if r2.mean() > best["latent_r2_mean"]:
            best = {
                "latent_r2_mean": float(r2.mean()), "latent_r2": r2.tolist(), "width_bins": width
            }  # fmt: skip
    return best
