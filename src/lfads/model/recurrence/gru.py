"""A GRU over given inputs, with its gradient: both encoders, and the generator without a controller."""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from lfads.model.recurrence.gates import (
    GRUWeights,
    given_now,
    gradient_of_weights,
    gru_step,
    gru_step_gradient,
    input_gradient,
    input_products,
    states_before_each,
    transposed_kernels,
)


def gru_sequence(
    weights: GRUWeights,
    inputs: Float[Array, "time trial input"],
    initial_state: Float[Array, "trial unit"],
    valid: Bool[Array, "time trial"] | None,
    limit: float,
    reverse: bool,
) -> Float[Array, "time trial unit"]:
    """States of a GRU at every bin.

    Parameters
    ----------
    weights
        Kernels and biases.
    inputs
        Of every bin; their width may be 0.
    initial_state
        State before the first bin (after the last one if `reverse`).
    valid
        Bins that count; at others the state is carried on unchanged. None: all count.
    limit
        States are clipped to ±limit.
    reverse
        Run from the last bin to the first.
    """
    return _gru_rule(weights, inputs, initial_state, valid, limit, reverse)


def _gru_states(weights, inputs, initial_state, valid, limit, reverse) -> Array:
    return _run_gru(weights, inputs, initial_state, valid, limit, reverse)[0]


def _run_gru(weights, inputs, initial_state, valid, limit, reverse):
    """States and gates at every bin."""

    def step(state, xs):
        products, valid_now = xs
        given = given_now(products, weights.bias)
        new_state, gates = gru_step(weights.recurrent, given, state, None, limit)
        if valid_now is not None:
            new_state = jnp.where(valid_now[:, None], new_state, state)
        return new_state, (new_state, gates)

    xs = (input_products(inputs, weights.inputs), valid)
    return lax.scan(step, initial_state, xs, length=len(inputs), reverse=reverse)[1]


def _gru_forward(weights, inputs, initial_state, valid, limit, reverse):
    # Counts are data: nothing is to be said of how they should change.
    wanted = jnp.zeros(()) if inputs.perturbed else None
    given = jax.tree.map(lambda x: x.value, (weights, inputs, initial_state, valid))
    weights, inputs, initial_state, valid = given
    states, gates = _run_gru(weights, inputs, initial_state, valid, limit, reverse)
    return states, (given, states, gates, wanted)


def _gru_backward(limit, reverse, residuals, d_states):
    (weights, inputs, initial_state, valid), states, gates, wanted = residuals
    states_before = states_before_each(states, initial_state, reverse)
    transposed = transposed_kernels(weights.recurrent)

    def step(d_carried, xs):
        d_state_out, new_state, state, gates_now, valid_now = xs
        d_new = d_carried + d_state_out
        d_given, d_state, _ = gru_step_gradient(
            transposed, d_new, new_state, state, gates_now, 0, limit
        )
        if valid_now is not None:
            counts = valid_now[:, None]
            d_given = jax.tree.map(lambda d: jnp.where(counts, d, 0), d_given)
            d_state = jnp.where(counts, d_state, d_new)
        return d_state, d_given

    xs = (d_states, states, states_before, gates, valid)
    d_initial, d_given = lax.scan(step, jnp.zeros_like(initial_state), xs, reverse=not reverse)
    d_weights = gradient_of_weights([inputs], states_before, gates.reset, d_given)
    d_inputs = None if wanted is None else input_gradient(d_given, weights.inputs)
    return d_weights, d_inputs, d_initial, None


_gru_rule = jax.custom_vjp(_gru_states, nondiff_argnums=(4, 5))
_gru_rule.defvjp(_gru_forward, _gru_backward, symbolic_zeros=True)
