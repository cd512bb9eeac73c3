"""A loop over time that is cut into stretches, against a whole one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from tests.gradient.plain import TRIALS, UNITS, assert_trees_close, quickly_compiled, randoms

from lfads.model.segments import in_time_segments


@pytest.mark.parametrize("reverse", [False, True])
def test_segments_change_no_value_and_no_gradient(reverse: bool):
    num_bins = 7

    def run(weights, initial, xs, num_segments: int):
        def cell(state, x):
            values, counts = x
            new = jnp.tanh(state @ weights + values)
            return new, {"state": new, "count": counts}

        def stretch(state, xs):
            return lax.scan(cell, state, xs, reverse=reverse)

        return in_time_segments(stretch, initial, xs, num_segments, reverse=reverse)

    @quickly_compiled
    def for_each_number(weights, initial, values, cotangents):
        def gradients(num_segments: int):
            def total(weights, initial, values):
                outputs = run(weights, initial, (values, jnp.arange(num_bins)), num_segments)
                return (outputs["state"] * cotangents).sum(), outputs

            return jax.grad(total, argnums=(0, 1, 2), has_aux=True)(weights, initial, values)

        return [gradients(number) for number in (1, 2, 3, 4, 6, 7, 9)]

    with jax.enable_x64(True):
        draw = randoms(5)
        whole, *others = for_each_number(
            draw(UNITS, UNITS), draw(TRIALS, UNITS), draw(num_bins, TRIALS, UNITS),
            draw(num_bins, TRIALS, UNITS),
        )  # fmt: skip
    for other in others:
        assert_trees_close(other, whole)
    np.testing.assert_array_equal(whole[1]["count"], np.arange(num_bins))
