"""A simulation: two conditions that a coin decides, and neurons that fire for one or the other."""

import numpy as np

import lfads


def coin(seed: int) -> lfads.Dataset:
    """Neurons that fire for heads, or for tails."""
    rng = np.random.default_rng(seed)
    heads = rng.integers(0, 2, 24)
    course = np.sin(np.linspace(0, np.pi, 12))
    latent = (2 * heads - 1)[:, None] * course[None, :]
    rates_hz = 20 * np.exp(latent[:, :, None] * np.array([1.0, -1.0, 0.5, -0.5]))
    return lfads.Dataset.from_arrays(
        rng.poisson(rates_hz * 0.02), bin_width_s=0.02, condition=heads, true_rates_hz=rates_hz,
        true_latents=latent[:, :, None], name="coin", source="coin",
    )  # fmt: skip
