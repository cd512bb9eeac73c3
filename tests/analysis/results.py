"""Results with behaviour in them, or with none."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results


def recorded(*, noise=False, num_trials=40, num_bins=30, seed=0, **given: Any) -> Dataset:
    """Neurons and behaviour that share two slow latents; of `noise`, behaviour is independent."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (num_trials, 1, 2))
    latents = np.sin(2 * np.pi * np.arange(num_bins)[None, :, None] / 25 + phase)
    rates = 0.4 * np.exp(latents @ rng.normal(size=(2, 6)))
    moved = latents @ rng.normal(size=(2, 3)) + 0.1 * rng.normal(size=(num_trials, num_bins, 3))
    if noise:
        moved = rng.normal(size=moved.shape)
    all_given: dict[str, Any] = {
        "behavior": {"hand_vel": moved[..., :2], "pupil": moved[..., 2]}
    } | given
    return Dataset.from_arrays(
        rng.poisson(rates),
        bin_width_s=0.02,
        true_rates_hz=rates / 0.02,
        true_latents=latents,
        **all_given,
    )


def inferred(dataset: Dataset, *, factors=True) -> xr.Dataset:
    """The truth, as if it had been inferred."""
    session = dataset.session
    assert session.true_rates_hz is not None
    assert session.true_latents is not None
    axes = ("trial", "time")
    found = {"rates": Variable(session.true_rates_hz, (*axes, "neuron"), "spikes/s")}
    if factors:
        found["factors"] = Variable(session.true_latents, (*axes, "factor"))
    about = {"observation": "poisson"} | ({} if factors else {"baseline": "smoothing"})
    return labelled_results(found, session, dataset, attributes=about)
