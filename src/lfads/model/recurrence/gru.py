"""A GRU over given inputs, with its gradient: both encoders, and the generator without a controller."""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from lfads.model.recurrence.gates import (
    GateInputs,
    Kernels,
    gru_step,
    gru_step_gradient,
    kernel_gradient,
    states_before_each,
    transposed_kernels,
)


def gru_sequence(
    recurrent: Kernels,
    given: GateInputs,
    initial_state: Float[Array, "trial unit"],
    valid: Bool[Array, "time trial"] | None,
    limit: float,
    reverse: bool,
) -> Float[Array, "time trial unit"]:
    """States of a GRU at every bin.

    Parameters
    ----------
    recurrent
        Recurrent kernels.
    given
        Input products and biases at every bin.
    initial_state
        State before the first bin (after the last one if `reverse`).
    valid
        Bins that count; at others the state is carried on unchanged. None: all count.
    limit
        States are clipped to ±limit.
    reverse
        Run from the last bin to the first.
    """
    return _gru_rule(recurrent, given, initial_state, valid, limit, reverse)


def _gru_states(recurrent, given, initial_state, valid, limit, reverse) -> Array:
    return _gru_forward(recurrent, given, initial_state, valid, limit, reverse)[0]


def _gru_forward(recurrent, given, initial_state, valid, limit, reverse):
    def step(state, xs):
        given_now, valid_now = xs
        new_state, gates = gru_step(recurrent, given_now, state, None, limit)
        if valid_now is not None:
            new_state = jnp.where(valid_now[:, None], new_state, state)
        return new_state, (new_state, gates)

    _, (states, gates) = lax.scan(step, initial_state, (given, valid), reverse=reverse)
    return states, (recurrent, initial_state, valid, states, gates)


def _gru_backward(limit, reverse, residuals, d_states):
    recurrent, initial_state, valid, states, gates = residuals
    states_before = states_before_each(states, initial_state, reverse)
    transposed = transposed_kernels(recurrent)

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
    return kernel_gradient(states_before, gates.reset, d_given), d_given, d_initial, None


_gru_rule = jax.custom_vjp(_gru_states, nondiff_argnums=(4, 5))
_gru_rule.defvjp(_gru_forward, _gru_backward)
