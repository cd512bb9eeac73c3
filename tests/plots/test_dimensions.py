"""Dimensions of log-rates: as many as were put in, whatever the factors' own axes are."""

import numpy as np
import pytest
import xarray as xr

from lfads.plots.dimensions import participation_ratio, plot_dimensions, variance_shares


def posterior(num_dimensions: int, num_factors: int = 6) -> xr.Dataset:
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((40, 50, num_dimensions))
    axes = np.linalg.qr(rng.standard_normal((12, num_dimensions)))[0]
    rates = 5 * np.exp(latents @ axes.T)
    factors = np.concatenate([latents * 100, np.zeros((40, 50, num_factors - num_dimensions))], 2)
    return xr.Dataset(
        {
            "rates": (("trial", "time", "neuron"), rates, {"units": "spikes/s"}),
            "factors": (("trial", "time", "factor"), factors),
        },
        coords={"time": np.arange(50) * 0.01},
        attrs={"bin_width_s": 0.01},
    )


@pytest.mark.parametrize("num", [1, 3, 5])
def test_the_participation_ratio_is_the_number_of_equal_dimensions(num):
    assert participation_ratio(variance_shares(posterior(num))) == pytest.approx(num, rel=0.03)


def test_what_is_drawn_is_the_share_of_variance():
    axes = plot_dimensions(posterior(3)).axes[0]
    drawn = np.asarray(axes.lines[0].get_ydata())
    np.testing.assert_allclose(drawn[[0, 3]], [0, 1], atol=1e-6)
    assert (np.diff(drawn[:4]) > 0.25).all()
