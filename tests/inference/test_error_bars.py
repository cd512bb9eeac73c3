"""Error bars that hold the error of networks, and of averages over several."""

import jax.numpy as jnp
import numpy as np
import pytest

from lfads.inference.averages import PosteriorArrays, Sample
from lfads.inference.error_bars import error_of_average, with_error, with_rates_of
from lfads.inference.rate_error import RateError


def sample(rates) -> Sample:
    each = jnp.asarray(rates, jnp.float32)
    return Sample(each, each, each, each[:, 0], None, {})


def arrays(rates, std) -> PosteriorArrays:
    nothing = jnp.zeros((1, 2))
    return PosteriorArrays(sample(rates), sample(std), nothing, nothing)


def test_spreads_hold_the_error_and_means_stay():
    given = arrays(np.full((1, 2, 3), 4.0), np.full((1, 2, 3), 0.5))
    found = with_error(given, RateError(0.1, 1.5, 2.0))
    assert found.mean is given.mean
    np.testing.assert_allclose(found.std.rates, np.sqrt(1 + 0.4), rtol=1e-6)
    np.testing.assert_allclose(found.std.factors, 0.75)
    assert found.std.inferred_inputs is given.std.inferred_inputs


@pytest.mark.parametrize("measured", [True, False])
def test_error_bars_of_an_average_are_true_and_not_narrowest_where_members_differ(measured):
    rng = np.random.default_rng(0)
    true = np.full((40, 50, 20), 4.0)
    uneven = np.linspace(0, 1, 50)[None, :, None]  # members differ in late bins
    shared = 0.2 * rng.standard_normal(true.shape)
    errors = [shared + uneven * rng.standard_normal(true.shape) for _ in range(4)]
    spread = np.full(true.shape, 0.1)
    members = [arrays(true + error, spread) for error in errors]
    of_one = float(np.mean([error**2 for error in errors])) / 4.0
    error = RateError(of_one - 0.01 / 4, 1.0)
    if not measured:
        error = RateError(0.0, 1.0, times=float(np.sqrt(of_one / (0.01 / 4))))
    together = with_error(with_rates_of(members[0], members[1:]), error_of_average(error, members))
    rates, std = (np.asarray(each.rates) for each in (together.mean, together.std))
    np.testing.assert_allclose((std**2).mean(), ((rates - true) ** 2).mean(), rtol=0.05)
    assert std[:, -1].mean() >= 0.95 * std[:, 0].mean()


def test_a_members_share_of_the_error_is_left():
    far = [arrays(np.full((1, 2, 3), rate), np.full((1, 2, 3), 0.1)) for rate in (1.0, 5.0)]
    assert error_of_average(RateError(0.2, 1.0), far).of_rates == pytest.approx(0.1)
