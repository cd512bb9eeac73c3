"""Posteriors that look like those of a trained network, made without training one."""

import numpy as np
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.results import Posterior
from lfads.simulate.lorenz import simulate_lorenz


def lorenz(num_conditions=6, trials_per_condition=10, **sizes) -> Dataset:
    """A small simulation with rates that vary much."""
    sizes = {"num_neurons": 12, "num_bins": 60, "gain": 1.0, "base_rate_hz": 12.0, **sizes}
    return simulate_lorenz(
        0, num_conditions=num_conditions, trials_per_condition=trials_per_condition, **sizes
    )


def inferred(
    session: Session, dataset: Dataset, *, num_factors=8, num_inputs=1, first_bin=0, seed=0
) -> xr.Dataset:
    """What a good inference of a simulated session would give."""
    rng = np.random.default_rng(seed)
    truth = session.true_rates_hz
    assert truth is not None
    latents = session.true_latents
    latents = np.log(truth + 0.1)[..., :3] if latents is None else latents
    num_trials, num_bins, _ = truth.shape
    rates = truth * np.exp(0.15 * smooth_noise(rng, truth.shape))
    weights = rng.normal(size=(latents.shape[2], num_factors))
    factors = latents @ weights + 0.2 * smooth_noise(rng, (num_trials, num_bins, num_factors))
    bumps = np.exp(
        -0.5 * ((np.arange(num_bins) - rng.uniform(0.3, 0.7, (num_trials, 1)) * num_bins) / 3) ** 2
    )
    inputs = 0.3 * smooth_noise(rng, (num_trials, num_bins, num_inputs)) + bumps[..., None]
    codes = latents[:, 0] @ rng.normal(size=(latents.shape[2], 10)) * np.linspace(1, 0.1, 10)
    codes = codes + 0.1 * rng.normal(size=codes.shape)
    series = {
        "rates": ("neuron", rates), "rates_std": ("neuron", 0.2 * rates),
        "factors": ("factor", factors), "factors_std": ("factor", 0.1 + 0 * factors),
        "inferred_inputs": ("input", inputs), "inferred_inputs_std": ("input", 0.25 + 0 * inputs),
    }  # fmt: skip
    within = session.valid_bins()[:, first_bin:, None]
    variables: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        name: (("trial", "time", word), np.where(within, values[:, first_bin:], np.nan))
        for name, (word, values) in series.items()
        if num_inputs or word != "input"
    }
    variables["initial_condition_mean"] = (("trial", "latent"), codes)
    variables["initial_condition_std"] = (("trial", "latent"), 0.2 + 0 * codes)
    time_s = dataset.start_s + dataset.bin_width_s * np.arange(session.num_bins)
    coords = {
        "time": time_s[first_bin:], "split": ("trial", session.split),
        "trial_index": ("trial", session.trial_index),
        "trial_length": ("trial", session.trial_length),
        "held_out": ("neuron", session.held_out_neurons),
    }  # fmt: skip
    if session.condition is not None:
        coords["condition"] = ("trial", session.condition)
    attrs = {
        "format": "lfads posterior", "session": session.name, "num_samples": 50,
        "bin_width_s": dataset.bin_width_s, "first_bin": first_bin,
    }  # fmt: skip
    return xr.Dataset(
        {k: (d, v.astype(np.float32)) for k, (d, v) in variables.items()}, coords, attrs
    )


def posterior_of(dataset: Dataset, **form) -> Posterior:
    """Each session's posterior."""
    return Posterior({s.name: inferred(s, dataset, **form) for s in dataset.sessions})


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Noise of variance about 1 that is correlated over several bins."""
    weights = np.exp(-0.5 * (np.arange(-9, 10) / 3) ** 2)
    weights /= np.sqrt((weights**2).sum())
    white = rng.normal(size=(shape[0], shape[1] + 18, shape[2]))
    return np.sum([w * white[:, k : k + shape[1]] for k, w in enumerate(weights)], axis=0)


def metrics(num_epochs=120, ramp_epochs=30) -> list[dict]:
    """Learning curves like those of a run."""
    lines = []
    for epoch in range(1, num_epochs + 1):
        fall = 0.03 * np.exp(-epoch / 25) + 0.4 * np.exp(-epoch / 2)
        ramp = min(1.0, epoch / (ramp_epochs + 1))
        lines.append({
            "epoch": epoch, "seconds": 0.5 * epoch, "ramp": ramp,
            "learning_rate": 4e-3 * 0.5 * (1 + np.cos(np.pi * epoch / num_epochs)),
            "train_nll": 0.21 + fall, "valid_nll": 0.212 + fall + 1e-4 * np.sin(epoch),
            "train_kl_initial_condition": 12 + 30 * np.exp(-3 * ramp),
            "valid_kl_initial_condition": 12.5 + 30 * np.exp(-3 * ramp),
            "train_kl_inferred_inputs": 5 + 60 * np.exp(-4 * ramp),
            "valid_kl_inferred_inputs": 5.5 + 60 * np.exp(-4 * ramp),
            "valid_bits_per_spike": 0.35 - 5 * fall, "dropped_steps": 0,
        })  # fmt: skip
    return lines
