"""The functions, as JAX calls them: arrays with time first, then trials.

Gates lie side by side in the last axis, update z, reset r, candidate n. Weights of a GRU are six arrays:
kernels of the inputs for z and r together and for n, recurrent kernels for both, biases for both, as one
row each. What is None is not given; what is not wanted comes back as None.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lfads_kernels.library import target

Array = jax.Array | np.ndarray


def gru_forward(
    weights: Sequence[Array],
    inputs: Array,
    initial: Array,
    valid: Array | None,
    *,
    limit: float,
    reverse: bool,
    keep_gates: bool,
) -> tuple[jax.Array, jax.Array | None]:
    """States of a GRU at every bin, and its gates, if they are kept for the gradient."""
    bins, trials, _ = inputs.shape
    units = initial.shape[1]
    shapes = [(bins, trials, units), (bins, trials, 3 * units) if keep_gates else (0,)]
    given = [*weights, inputs, initial, _or_nothing(valid, bool)]
    states, gates = _call("gru_forward", shapes, given, limit=np.float64(limit), reverse=reverse)
    return states, gates if keep_gates else None


def gru_backward(
    weights: Sequence[Array],
    inputs: Array,
    initial: Array,
    valid: Array | None,
    states: Array,
    gates: Array,
    d_states: Array,
    *,
    limit: float,
    reverse: bool,
    inputs_wanted: bool,
) -> tuple[list[jax.Array], jax.Array, jax.Array | None]:
    """Gradients to the weights, to the initial state, and to the inputs, if that is wanted."""
    shapes = [w.shape for w in weights]
    shapes += [initial.shape, inputs.shape if inputs_wanted else (0,)]
    given = [*weights, inputs, initial, _or_nothing(valid, bool), states, gates, d_states]
    *d_weights, d_initial, d_inputs = _call(
        "gru_backward", shapes, given, limit=np.float64(limit), reverse=reverse
    )
    return d_weights, d_initial, d_inputs if inputs_wanted else None


class Controlled(NamedTuple):
    """What controller and generator are given; the state has controller, generator and factors.

    The controller sees what is encoded, then the factors; the generator the inferred inputs, then the
    measured ones. `encoded` may be without columns, where products of what is encoded are given.
    """

    controller: Sequence[Array]
    generator: Sequence[Array]
    to_posterior: Array
    posterior_bias: Array
    to_factors: Array
    encoded: Array
    measured: Array | None
    noise: Array
    factors_kept: Array | None
    generator_kept: Array | None
    scale: Array
    before: Sequence[Array]

    def sizes(self) -> dict[str, Any]:
        """All that the compiled code must know of shapes."""
        bins, trials, encoded = self.encoded.shape
        generator, factors = self.to_factors.shape
        numbers = {
            "bins": bins,
            "trials": trials,
            "encoded": encoded,
            "factors": factors,
            "controller": self.before[0].shape[1],
            "inferred": self.noise.shape[2],
            "measured": 0 if self.measured is None else self.measured.shape[2],
            "generator": generator,
        }
        return {name: np.int32(value) for name, value in numbers.items()}

    def arrays(self) -> list[Array]:
        """In the order in which the compiled code takes them."""
        dtype = self.encoded.dtype
        return [
            *self.controller, *self.generator,
            self.to_posterior, self.posterior_bias, self.to_factors,
            self.encoded, _or_nothing(self.measured, dtype), self.noise,
            _or_nothing(self.factors_kept, bool), _or_nothing(self.generator_kept, bool),
            jnp.asarray(self.scale, dtype), *self.before,
        ]  # fmt: skip


class ControlledGradients(NamedTuple):
    """Gradients in the places of what was given."""

    controller: Sequence[jax.Array]
    generator: Sequence[jax.Array]
    to_posterior: jax.Array
    posterior_bias: jax.Array
    to_factors: jax.Array
    encoded: jax.Array
    measured: jax.Array | None
    before: Sequence[jax.Array]


def controlled_forward(
    call: Controlled, products: Array | None = None, *, limit: float, keep_gates: bool
) -> tuple[list[jax.Array], list[jax.Array]]:
    """Controller, generator, factors, mean, log-variance and sample of the inputs; gates of both units.

    `products` of what is encoded, if they are given, are added to the controller's gates.
    """
    sizes = call.sizes()
    lead = (int(sizes["bins"]), int(sizes["trials"]))
    units = [int(sizes[name]) for name in ("controller", "generator")]
    last = [*units, *(int(sizes[name]) for name in ("factors", "inferred", "inferred", "inferred"))]
    shapes = [(*lead, size) for size in last]
    shapes += [(*lead, 3 * size) if keep_gates else (0,) for size in units]
    given = [*call.arrays(), _or_nothing(products, call.encoded.dtype)]
    made = _call("controlled_forward", shapes, given, limit=np.float64(limit), **sizes)
    return made[:6], made[6:] if keep_gates else []


def controlled_backward(
    call: Controlled,
    made: Sequence[Array],
    gates: Sequence[Array],
    loss: Sequence[Array | None],
    *,
    limit: float,
) -> ControlledGradients:
    """Gradients to all but noise, masks and scale.

    Parameters
    ----------
    call
        What was given.
    made, gates
        What `controlled_forward` gave.
    loss
        Gradients of the loss to what it gave, None where it does not depend on it.
    limit
        States are clipped to ±limit.
    """
    controller, generator, factors, _, log_variance, inferred = made
    dtype = call.encoded.dtype
    given = [
        *call.arrays(), controller, generator, factors, log_variance, inferred, *gates,
        *(_or_nothing(d, dtype) for d in loss),
    ]  # fmt: skip
    like = [
        *call.controller, *call.generator, call.to_posterior, call.posterior_bias, call.to_factors,
        call.encoded, _or_nothing(call.measured, dtype), *call.before,
    ]  # fmt: skip
    shapes = [x.shape for x in like]
    d = _call("controlled_backward", shapes, given, limit=np.float64(limit), **call.sizes())
    measured = None if call.measured is None else d[16]
    return ControlledGradients(d[:6], d[6:12], d[12], d[13], d[14], d[15], measured, d[17:])


def _or_nothing(array: Array | None, dtype: Any) -> Array:
    """The array; one without elements if there is none."""
    return jnp.zeros((0,), dtype) if array is None else array


def _call(function: str, shapes: Sequence[Any], given: Sequence[Array], **attributes: Any) -> list:
    dtype = given[0].dtype
    results = [jax.ShapeDtypeStruct(shape, dtype) for shape in shapes]
    call = jax.ffi.ffi_call(target(function, dtype.name), results, vmap_method="sequential")
    return list(call(*given, **attributes))
