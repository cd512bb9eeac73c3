"""Our own observations against SciPy."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lfads.model.observations.bernoulli import Bernoulli
from lfads.model.observations.gamma import Gamma
from lfads.model.observations.gaussian import Gaussian
from lfads.model.observations.negative_binomial import NegativeBinomial
from lfads.model.observations.observation import Moments, moments_of_known
from lfads.model.observations.poisson import Poisson
from lfads.model.observations.zero_inflated_gamma import FLOOR, SCALE, ZeroInflatedGamma

COUNTS = np.arange(12.0).reshape(4, 3)
LOG_MEAN = np.linspace(-8, 3, 12).reshape(4, 3)
SHAPE = np.array([0.3, 2.0, 80.0])


@pytest.mark.parametrize("xp", [np, jnp])
def test_poisson(xp):
    with jax.enable_x64(True):
        parameters = Poisson().parameters((xp.asarray(LOG_MEAN),), {}, xp)
        mine = Poisson().log_density(xp.asarray(COUNTS), parameters, xp)
        np.testing.assert_allclose(mine, stats.poisson.logpmf(COUNTS, np.exp(LOG_MEAN)), rtol=1e-12)


@pytest.mark.parametrize("xp", [np, jnp])
def test_negative_binomial(xp):
    own = {"log_shape": np.broadcast_to(np.log(SHAPE), COUNTS.shape)}
    with jax.enable_x64(True):
        own = jax.tree.map(xp.asarray, own)
        parameters = NegativeBinomial().parameters((xp.asarray(LOG_MEAN),), own, xp)
        mine = NegativeBinomial().log_density(xp.asarray(COUNTS), parameters, xp)
        theirs = stats.nbinom.logpmf(COUNTS, SHAPE, SHAPE / (SHAPE + np.exp(LOG_MEAN)))
        np.testing.assert_allclose(mine, theirs, rtol=1e-10)


@pytest.mark.parametrize("xp", [np, jnp])
def test_gaussian(xp):
    start = Gaussian().start(Moments(np.array([5.0, -1.0, 0.0]), np.array([4.0, 0.01, 1.0])))
    own = {name: np.broadcast_to(v, COUNTS.shape) for name, v in start.own.items()}
    with jax.enable_x64(True):
        parameters = Gaussian().parameters(
            (xp.asarray(LOG_MEAN),), jax.tree.map(xp.asarray, own), xp
        )
        mine = Gaussian().log_density(xp.asarray(COUNTS), parameters, xp)
        std = np.array([2.0, 0.1, 1.0])
        theirs = stats.norm.logpdf(COUNTS, [5.0, -1.0, 0.0] + std * LOG_MEAN, 1.001 * std)
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


@pytest.mark.parametrize("xp", [np, jnp])
def test_bernoulli(xp):
    values, logit = np.tile([0.0, 1.0], 6).reshape(4, 3), np.linspace(-8, 3, 12).reshape(4, 3)
    with jax.enable_x64(True):
        parameters = Bernoulli().parameters((xp.asarray(logit),), {}, xp)
        mine = Bernoulli().log_density(xp.asarray(values), parameters, xp)
        theirs = stats.bernoulli.logpmf(values, 1 / (1 + np.exp(-logit)))
        np.testing.assert_allclose(mine, theirs, rtol=1e-10)


@pytest.mark.parametrize("xp", [np, jnp])
def test_gamma(xp):
    log_shape, log_rate = np.linspace(-2, 3, 12).reshape(4, 3), np.linspace(1, -4, 12).reshape(4, 3)
    with jax.enable_x64(True):
        read_outs = (xp.asarray(log_shape), xp.asarray(log_rate))
        parameters = Gamma().parameters(read_outs, {}, xp)
        mine = Gamma().log_density(xp.asarray(COUNTS + 0.2), parameters, xp)
        theirs = stats.gamma.logpdf(COUNTS + 0.2, np.exp(log_shape), scale=np.exp(-log_rate))
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


@pytest.mark.parametrize("log_mean", [-55.0, -44.0, 0.0, 55.0])
def test_the_gradient_of_a_gamma_mean_that_is_far_off_leads_back(log_mean):
    def log_density(log_rate):
        read_outs = (jnp.zeros(()), log_rate)
        return Gamma().log_density(jnp.float32(1.0), Gamma().parameters(read_outs, {}, jnp), jnp)

    found = float(jax.grad(log_density)(jnp.float32(-log_mean)))
    assert np.isfinite(found)
    assert np.sign(found) == np.sign(log_mean)


@pytest.mark.parametrize("xp", [np, jnp])
def test_zero_inflated_gamma(xp):
    """As RADICaL has it: sigmoids of three read-outs, events beyond 0.1, scales of 20."""
    values = np.where(COUNTS % 2, COUNTS + 0.2, 0.0)
    logits = [np.linspace(-3, 2, 12).reshape(4, 3) + k for k in range(3)]
    own = {"shape_scale": SCALE, "rate_scale": SCALE, "event": 1.0, "least": 0.1}
    own = {name: np.full((4, 3), value) for name, value in own.items()}
    q, shape, rate = (1 / (1 + np.exp(-each)) for each in logits)
    with jax.enable_x64(True):
        observation = ZeroInflatedGamma()
        read_outs = tuple(xp.asarray(each) for each in logits)
        parameters = observation.parameters(read_outs, jax.tree.map(xp.asarray, own), xp)
        mine = observation.log_density(xp.asarray(values), parameters, xp)
        of_event = np.log(q) + stats.gamma.logpdf(
            values - 0.1, SCALE * shape, scale=1 / (SCALE * rate)
        )
        theirs = np.where(values > 0, of_event, np.log1p(-q))
        np.testing.assert_allclose(mine, theirs, rtol=1e-3)
        mean = q * (shape / rate + 0.1)
        np.testing.assert_allclose(parameters["mean"], mean, rtol=1e-3)
        never = observation.parameters(tuple(each - 1e3 for each in read_outs), own, xp)
        np.testing.assert_allclose(never["event_probability"], FLOOR, rtol=1e-6)


def test_scales_of_events_are_drawn_to_where_they_start():
    own = {"shape_scale": np.array([SCALE, SCALE + 2]), "rate_scale": np.array([SCALE, SCALE])}
    np.testing.assert_allclose(ZeroInflatedGamma().penalty(own, np), [0, 0.5e-4 * 4])


def test_gains_of_events_and_envelopes_change_no_gain():
    """A recording in another unit has the same gain over the null model."""
    rng = np.random.default_rng(0)
    values = np.where(rng.random((30, 20, 2)) < 0.3, 1 + rng.gamma(2.0, size=(30, 20, 2)), 0.0)
    for observation, one in ((ZeroInflatedGamma(), values), (Gamma(), values + 0.5)):
        known = np.ones(one.shape, bool)
        nats = [observation.nll_of_constant(scale * one, known) for scale in (1.0, 1e3)]
        events = (one > 0).sum()
        assert nats[1] - nats[0] == pytest.approx(events * np.log(1e3), rel=1e-9)


@pytest.mark.parametrize(
    ("observation", "values", "message"),
    [
        (Gamma(), [0.0, 1.0], "1 of 2 are 0 or below.*`zero_inflated_gamma`"),
        (ZeroInflatedGamma(), [-0.1, 1.0], "1 of 2 are below 0.*deconvolved"),
        (Bernoulli(), [0, 2], "1 of 2 bins hold more than one spike.*1 ms"),
    ],
)
def test_values_that_do_not_suit(observation, values, message):
    assert re.search(message, observation.unsuitable(np.array(values)))


def test_poisson_probabilities_sum_to_one_in_float32():
    counts = jnp.arange(60.0)
    parameters = Poisson().parameters((jnp.full(60, jnp.log(7.0)),), {}, jnp)
    mine = Poisson().log_density(counts, parameters, jnp)
    np.testing.assert_allclose(np.exp(np.asarray(mine, np.float64)).sum(), 1, rtol=1e-5)


def test_a_large_shape_is_poisson():
    values, zero = np.arange(20.0), np.zeros(20)
    own = {"log_shape": np.full(20, 50.0)}
    found = NegativeBinomial().parameters((zero + 1,), own, np)
    mine = NegativeBinomial().log_density(values, found, np)
    np.testing.assert_allclose(mine[:8], stats.poisson.logpmf(values[:8], np.e), atol=0.1)


def test_channels_of_any_unit_are_seen_alike():
    moments = Moments(np.array([3e4, -2e-6]), np.array([1e4, 1e-12]))
    own = Gaussian().start(moments).own
    values = np.array([[3e4 + 200, -2e-6 + 2e-6]])
    np.testing.assert_allclose(Gaussian().seen(values, own, np), [[2.0, 2.0]])


def test_a_channel_that_never_changes_is_no_division_by_zero():
    found = Gaussian().constant(Moments(np.array([1.0]), np.array([0.0])))
    assert found["noise_std"][0] > 0


@pytest.mark.parametrize(("mean", "shape"), [(0.5, 0.03), (5.0, 2.0), (5.0, 500.0)])
def test_no_constant_negative_binomial_is_better_than_the_null(mean, shape):
    drawn = np.random.default_rng(0).negative_binomial(shape, shape / (shape + mean), (40, 50, 1))
    counts = drawn.astype(np.uint16)
    null = NegativeBinomial().nll_of_constant(counts, np.ones(counts.shape, bool))
    for other in np.geomspace(1e-2, 1e2, 60):
        parameters = {"mean": counts.mean(), "shape": other}
        assert null <= -NegativeBinomial().log_density(counts, parameters, np).sum() + 1e-3


def test_moments_of_a_large_offset_keep_the_variance():
    values = 1e6 + np.random.default_rng(0).normal(size=(50, 40, 1))
    found = moments_of_known(values.astype(np.float32), np.ones(values.shape, bool))
    np.testing.assert_allclose(
        found.variance, values.astype(np.float32).var(dtype=np.float64), rtol=1e-6
    )
    constant = moments_of_known(np.full((9, 9, 1), np.float32(0.1)), np.ones((9, 9, 1), bool))
    assert constant.variance[0] < 1e-15


def test_moments_tell_what_there_is_of_positive_values():
    values = np.array([[[0.0, 2.0], [3.0, 0.0]], [[1.0, 0.0], [9.0, 0.0]]])
    known = np.ones((2, 2, 2), bool)
    known[1, 1, 0] = False
    found = moments_of_known(values, known)
    np.testing.assert_allclose(found.mean, [4 / 3, 0.5])
    np.testing.assert_allclose(found.variance, [14 / 9, 0.75])
    assert found.share_positive is not None
    np.testing.assert_allclose(found.share_positive, [2 / 3, 1 / 4])
    np.testing.assert_array_equal(found.least_positive, [1.0, 2.0])


def test_a_negative_binomial_starts_at_the_moments():
    start = NegativeBinomial().start(Moments(np.array([2.0, 3.0]), np.array([6.0, 3.5])))
    np.testing.assert_allclose(np.exp(start.own["log_shape"]), [2.0**2 / 4, 3.0**2 / 0.5])
    np.testing.assert_allclose(np.exp(start.biases[0]), [2.0, 3.0])


def test_events_start_at_the_moments():
    """Of two channels: one whose events are alike, one with some that are very small."""
    rng = np.random.default_rng(0)
    sizes = np.stack([2 + 0.5 * rng.random((40, 50)), 0.02 + rng.gamma(1.5, size=(40, 50))], -1)
    values = np.where(rng.random(sizes.shape) < 0.3, sizes, 0.0)
    moments = moments_of_known(values, np.ones(values.shape, bool))
    event, positive = values.sum((0, 1)) / (values > 0).sum((0, 1)), moments.least_positive
    assert positive is not None
    own = ZeroInflatedGamma().start(moments).own
    np.testing.assert_allclose(own["event"], event)
    np.testing.assert_allclose(own["least"], [0.1 * event[0], 0.9 * positive[1]])
    constant = ZeroInflatedGamma().constant(moments)
    np.testing.assert_allclose(constant["mean"], moments.mean, rtol=1e-6)
    spread = ZeroInflatedGamma().variance(constant, np)[1]
    assert spread == pytest.approx(moments.variance[1], rel=1e-3)
    always = moments._replace(share_positive=np.ones(2))
    found = ZeroInflatedGamma().constant(always)["event_probability"]
    np.testing.assert_allclose(1 - found, 2 * FLOOR, rtol=1e-6)


def test_which_read_outs_are_logarithms():
    for observation in (Poisson(), NegativeBinomial(), Bernoulli(), Gamma(), ZeroInflatedGamma()):
        assert observation.log_links(3).tolist() == [True] * 3
    assert Gaussian().log_links(3).tolist() == [False] * 3
