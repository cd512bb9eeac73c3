"""The recurrences by compiled kernels, which make the products of inputs and of weight gradients, too.

The numbers are those of `gru` and `controlled` up to rounding.
"""

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float

from lfads.model.recurrence.gates import GRUWeights
from lfads.model.recurrence.paths import kernels


def gru_by_kernels(
    weights: GRUWeights,
    inputs: Float[Array, "time trial input"],
    initial_state: Float[Array, "trial unit"],
    valid: Bool[Array, "time trial"] | None,
    limit: float,
    reverse: bool,
) -> Float[Array, "time trial unit"]:
    """States of a GRU at every bin, as `lfads.model.recurrence.gru.gru_sequence` says."""
    return _gru_rule(weights, inputs, initial_state, valid, limit, reverse)


def _gru_states(weights, inputs, initial_state, valid, limit, reverse):
    return _run_gru(weights, inputs, initial_state, valid, limit, reverse, keep_gates=False)[0]


def _run_gru(weights, inputs, initial_state, valid, limit, reverse, *, keep_gates: bool):
    return kernels().gru_forward(
        jax.tree.leaves(weights), inputs, initial_state, valid,
        limit=limit, reverse=reverse, keep_gates=keep_gates,
    )  # fmt: skip


def _gru_forward(weights, inputs, initial_state, valid, limit, reverse):
    wanted = jnp.zeros(()) if inputs.perturbed else None
    given = jax.tree.map(lambda x: x.value, (weights, inputs, initial_state, valid))
    weights, inputs, initial_state, valid = given
    states, gates = _run_gru(weights, inputs, initial_state, valid, limit, reverse, keep_gates=True)
    return states, (given, states, gates, wanted)


def _gru_backward(limit, reverse, residuals, d_states):
    (weights, inputs, initial_state, valid), states, gates, wanted = residuals
    d_weights, d_initial, d_inputs = kernels().gru_backward(
        jax.tree.leaves(weights), inputs, initial_state, valid, states, gates,
        jnp.zeros_like(states) if isinstance(d_states, SymbolicZero) else d_states,
        limit=limit, reverse=reverse, inputs_wanted=wanted is not None,
    )  # fmt: skip
    structure = jax.tree.structure(weights)
    return jax.tree.unflatten(structure, d_weights), d_inputs, d_initial, None


_gru_rule = jax.custom_vjp(_gru_states, nondiff_argnums=(4, 5))
_gru_rule.defvjp(_gru_forward, _gru_backward, symbolic_zeros=True)
