"""Slow: default settings recover the Lorenz attractor from spikes."""

import numpy as np
import pytest

from lfads.config import RunConfig
from lfads.runs.train import train
from lfads.simulate.lorenz import simulate_lorenz


@pytest.mark.slow
def test_default_settings_recover_the_latents(tmp_path):
    dataset = simulate_lorenz(0)
    scores = train(dataset, RunConfig(), out=tmp_path / "run").evaluate(dataset).splits["valid"]
    assert scores.latent_r2 is not None
    assert np.mean(scores.latent_r2) > 0.9
