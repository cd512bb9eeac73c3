"""A plain GRU, random arrays of small sizes, and comparisons, for gradients."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lfads.model.recurrence.gates import GateInputs, Kernels

BINS, TRIALS, UNITS = 4, 3, 3
quickly_compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def randoms(seed: int):
    """A function that draws float64 arrays of a given shape."""
    rng = np.random.default_rng(seed)
    return lambda *shape: jnp.asarray(rng.standard_normal(shape))


def given_by(draw, units: int) -> GateInputs:
    return GateInputs(draw(BINS, TRIALS, 2 * units), draw(BINS, TRIALS, units))


def gru_step(weights: Kernels, given: GateInputs, state, limit):
    """Equation by equation, without a gradient of its own."""
    size = state.shape[-1]
    z = jax.nn.sigmoid(given.gates[:, :size] + state @ weights.gates[:, :size])
    r = jax.nn.sigmoid(given.gates[:, size:] + state @ weights.gates[:, size:])
    n = jnp.tanh(given.candidate + (r * state) @ weights.candidate)
    return jnp.clip(z * state + (1 - z) * n, -limit, limit)


def assert_trees_close(one, other):
    one, other = jax.tree.leaves(one), jax.tree.leaves(other)
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def values_and_gradients(function, arguments, cotangents):
    values, pull_back = jax.vjp(function, *arguments)
    return values, pull_back(cotangents)
