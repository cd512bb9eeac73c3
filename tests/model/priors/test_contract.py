"""What every prior keeps, those of other packages among them."""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from tests.oracle.networks import Case

from lfads.checks import UserError
from lfads.evaluation.inputs import prior_samples
from lfads.inference.labels import of_input_prior
from lfads.model.distributions import DiagonalGaussian
from lfads.model.priors.prior import InitialConditionPrior, InputPrior, prior_of
from lfads.parts import load, parts

CONFIG = Case("any").config
NAMES = list(parts("priors"))


def of(kind: str) -> list[str]:
    return [name for name in NAMES if getattr(load("priors", name), kind) is not None]


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture(params=of("inputs"))
def inputs(request) -> InputPrior:
    return prior_of(request.param, "inputs").initialise(2, CONFIG)


@pytest.fixture(params=[n for n in of("inputs") if prior_of(n, "inputs").is_proper])
def proper_inputs(request) -> InputPrior:
    return prior_of(request.param, "inputs").initialise(2, CONFIG)


@pytest.fixture(params=of("initial_condition"))
def code(request) -> InitialConditionPrior:
    return prior_of(request.param, "initial_condition").initialise(3, CONFIG)


def noise(*shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(0).standard_normal(shape))


def posterior(*shape: int) -> DiagonalGaussian:
    rng = np.random.default_rng(1)
    mean, variance = rng.standard_normal(shape), rng.uniform(0.05, 0.3, shape)
    return DiagonalGaussian(jnp.asarray(0.3 * mean), jnp.asarray(variance))


def test_a_name_is_a_prior_of_something():
    assert set(of("inputs")) | set(of("initial_condition")) == set(NAMES)


def test_what_is_no_prior_of_a_kind_is_refused():
    with pytest.raises(
        UserError, match="`autoregressive`, which is no prior of initial conditions"
    ):
        prior_of("autoregressive", "initial_condition")


def test_bins_behind_the_end_change_no_density(inputs):
    values = noise(6, 3, 2)
    valid = jnp.asarray(np.arange(6)[:, None] < np.array([6, 4, 1]))
    changed = jnp.where(valid[:, :, None], values, 1e3)
    found = inputs.log_density(values, valid)
    np.testing.assert_allclose(found, inputs.log_density(changed, valid), rtol=1e-12)
    np.testing.assert_allclose(found[0], inputs.log_density(values, None)[0], rtol=1e-12)
    short = inputs.log_density(values[:4, 1:2], None)
    np.testing.assert_allclose(found[1], short[0], rtol=1e-10)


def test_the_density_integrates_to_one(proper_inputs):
    """Importance sampling of one bin and of two, from a wide normal."""
    for num_bins in (1, 2):
        draws = 3.0 * np.random.default_rng(2).standard_normal((num_bins, 200_000, 2))
        proposed = -0.5 * (draws / 3) ** 2 - np.log(3 * np.sqrt(2 * np.pi))
        log_ratio = proper_inputs.log_density(jnp.asarray(draws), None) - proposed.sum((0, 2))
        ratio = np.exp(np.asarray(log_ratio))
        assert abs(ratio.mean() - 1) < 5 * ratio.std() / np.sqrt(200_000)


def test_samples_have_the_spread_said(inputs):
    if not inputs.is_proper:
        with pytest.raises(UserError, match="cannot be drawn: the network was trained without"):
            inputs.sample(noise(5, 3, 2))
        return
    found = np.asarray(inputs.sample(noise(5, 60_000, 2)))
    assert found.shape == (5, 60_000, 2)
    if "std" in inputs.parameters():
        said = np.tile(inputs.parameters()["std"] ** 2, (5, 1))
        apart = np.abs((found**2).mean(1) - said)
        assert (apart < 5 * (found**2).std(1) / np.sqrt(60_000)).all()  # wide where tails are heavy


def test_figures_draw_from_the_prior_itself(inputs):
    """By what the results say of it: the same quantiles over trials and bins."""
    said = of_input_prior(inputs, 0.01)
    variables = {name: (axis, np.asarray(values)) for name, (values, axis, _) in said.items()}
    empty = np.zeros((1, 5, 2))
    posterior = xr.Dataset(
        {"inferred_inputs": (("trial", "time", "input"), empty), **variables},
        coords={"time": np.arange(5) * 0.01},
        attrs={"bin_width_s": 0.01},
    )
    drawn = prior_samples(posterior, 40_000)
    if drawn is None:
        assert "std" not in inputs.parameters()
        return
    own = np.asarray(inputs.sample(noise(5, 40_000, 2))).transpose(1, 0, 2)
    for share, most in ((0.005, 0.2), (0.2, 0.03), (0.5, 0.03), (0.995, 0.2)):
        apart = np.quantile(drawn, share, axis=(0, 1)) - np.quantile(own, share, axis=(0, 1))
        assert (np.abs(apart) < most * own.std()).all()


def test_the_mean_divergence_is_not_negative(inputs):
    shape = (5, 20_000, 2)
    q = posterior(5, 1, 2)
    wide = DiagonalGaussian(*(jnp.broadcast_to(x, shape) for x in q))
    found = np.asarray(inputs.divergence(wide, wide.sample(noise(*shape)), None))
    assert found.mean() >= -5 * found.std() / np.sqrt(shape[1])


def test_the_divergence_of_a_code_is_not_negative_on_average(code):
    shape = (40_000, 3)
    wide = DiagonalGaussian(*(jnp.broadcast_to(x, shape) for x in posterior(1, 3)))
    found = np.asarray(code.divergence(wide, wide.sample(noise(*shape))))
    assert found.shape == (40_000,)
    assert found.mean() >= -5 * found.std() / np.sqrt(shape[0])


def test_samples_of_a_code_have_the_moments_said(code):
    if not code.is_proper:
        with pytest.raises(UserError, match="cannot be drawn: the network was trained without"):
            code.sample(noise(5, 3))
        return
    found, said = np.asarray(code.sample(noise(100_000, 3))), code.parameters()
    if "mean" in said:
        np.testing.assert_allclose(found.mean(0), said["mean"], atol=0.02)
    if "std" in said:
        np.testing.assert_allclose(found.std(0), said["std"], rtol=0.05)


def test_gradients_are_finite(inputs, code):
    def total(priors):
        over_time, first = priors
        one = over_time.divergence(posterior(4, 3, 2), noise(4, 3, 2), None).sum()
        return one + first.divergence(posterior(3, 3), noise(3, 3)).sum()

    gradients = jax.tree.leaves(eqx.filter_grad(total)((inputs, code)))
    assert all(np.isfinite(each).all() for each in gradients)


def test_the_mean_divergence_is_that_of_the_densities(proper_inputs):
    """Of a known form or not: E[log q - log p]."""
    shape = (4, 30_000, 2)
    q = DiagonalGaussian(*(jnp.broadcast_to(x, shape) for x in posterior(4, 1, 2)))
    u = q.sample(noise(*shape))
    sampled = np.asarray(q.log_density(u).sum((0, 2)) - proper_inputs.log_density(u, None))
    found = np.asarray(proper_inputs.divergence(q, u, None))
    assert abs(found.mean() - sampled.mean()) < 5 * sampled.std() / np.sqrt(shape[1])


def test_one_input_is_a_prior_of_its_own(inputs):
    """Where inputs are independent, divergences add up."""
    q, u = posterior(4, 3, 2), noise(4, 3, 2)
    each = [
        inputs.alone(k).divergence(
            jax.tree.map(lambda x, k=k: x[..., k : k + 1], q), u[..., k : k + 1], None
        )
        for k in range(2)
    ]
    np.testing.assert_allclose(sum(each), inputs.divergence(q, u, None), rtol=1e-10)
    for name, values in inputs.parameters().items():
        assert values.shape == (2,), name
