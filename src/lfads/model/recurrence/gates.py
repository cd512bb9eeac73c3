"""One step of a GRU and its gradient, and products over all bins.

Notation (Pandarinath et al. 2018, Online Methods), state h, inputs a = W x + b::

    z, r = sigmoid(a_zr + h U_zr),  n = tanh(a_n + (r*h) U_n),  h' = clip(z*h + (1-z)*n)
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Kernels(NamedTuple):
    """Matrices of a GRU's gates: update and reset side by side, and the candidate's.

    The rows belong to the units (recurrent kernels) or to inputs.
    """

    gates: Float[Array, "row two_units"]
    candidate: Float[Array, "row unit"]


class GateInputs(NamedTuple):
    """What is added to the gates before their nonlinearity: products of inputs, or biases, as one row."""

    gates: Float[Array, "*time row two_units"]
    candidate: Float[Array, "*time row unit"]


class GRUWeights(NamedTuple):
    """What a GRU multiplies its inputs and its state by, and its biases."""

    inputs: Kernels
    recurrent: Kernels
    bias: GateInputs


class Gates(NamedTuple):
    """Values of the gates, an array each: slices of a joint one are slow to read in a loop."""

    update: Float[Array, "*time trial unit"]
    reset: Float[Array, "*time trial unit"]
    candidate: Float[Array, "*time trial unit"]


def joined_kernels(recurrent: Kernels, others: Kernels) -> Kernels:
    """Recurrent kernels, below them those of what is seen in the loop alone."""
    return jax.tree.map(lambda *kernels: jnp.concatenate(kernels), recurrent, others)


def split_kernels(kernels: Kernels, first: int) -> tuple[Kernels, Kernels]:
    """Kernels of the first rows, and of those after them."""
    return Kernels(*(w[:first] for w in kernels)), Kernels(*(w[first:] for w in kernels))


def input_products(values: Float[Array, "time trial input"], kernels: Kernels) -> GateInputs | None:
    """What inputs add to the gates, one product for all bins and trials; None if there are none."""
    if values.shape[-1] == 0:
        return None
    rows, lead = _rows(values), values.shape[:-1]
    return GateInputs(*((rows @ w).reshape(*lead, w.shape[-1]) for w in kernels))


def given_now(products: GateInputs | None, bias: GateInputs) -> GateInputs:
    """What inputs and biases add in one bin: in the loop, where it costs no pass of its own."""
    return bias if products is None else jax.tree.map(jnp.add, products, bias)


def input_gradient(d_given: GateInputs, kernels: Kernels) -> Float[Array, "time trial input"]:
    """Gradient to inputs in every bin, from that to their products."""
    lead = d_given.gates.shape[:-1]
    rows = [_rows(d) @ w.T for d, w in zip(d_given, kernels, strict=True)]
    return sum(rows[1:], start=rows[0]).reshape(*lead, rows[0].shape[-1])


def sum_of_products(
    left: Float[Array, "time trial row"], right: Float[Array, "time trial column"]
) -> Float[Array, "row column"]:
    """Outer products of the last axes, summed over bins and trials."""
    return _rows(left).T @ _rows(right)


def sum_of_rows(values: Float[Array, "time trial column"]) -> Float[Array, "1 column"]:
    """The sum over bins and trials, as one row."""
    return _rows(values).sum(0, keepdims=True)


def _rows(values):
    """Bins and trials as one axis: XLA transposes two summed axes slowly, one at once."""
    num_bins, num_trials, size = values.shape
    return values.reshape(num_bins * num_trials, size)


def gradient_of_weights(
    inputs: Sequence[Array],
    states_before: Float[Array, "time trial unit"],
    reset: Float[Array, "time trial unit"],
    d_given: GateInputs,
) -> GRUWeights:
    """Gradients to kernels and biases: a large product for each, and for each part of the inputs."""
    of_inputs = ([sum_of_products(part, d) for part in inputs] for d in d_given)
    return GRUWeights(
        inputs=Kernels(
            *(parts[0] if len(parts) == 1 else jnp.concatenate(parts) for parts in of_inputs)
        ),
        recurrent=kernel_gradient(states_before, reset, d_given),
        bias=GateInputs(*(sum_of_rows(d) for d in d_given)),
    )


def kernel_gradient(
    states_before: Float[Array, "time trial unit"],
    reset: Float[Array, "time trial unit"],
    d_given: GateInputs,
) -> Kernels:
    """Gradients to recurrent kernels: one large product for each."""
    return Kernels(
        gates=sum_of_products(states_before, d_given.gates),
        candidate=sum_of_products(reset * states_before, d_given.candidate),
    )


def states_before_each(
    states: Float[Array, "time trial feature"],
    initial_state: Float[Array, "trial feature"],
    reverse: bool = False,
) -> Float[Array, "time trial feature"]:
    """The state before each bin, in the direction of the run."""
    if reverse:
        return jnp.concatenate([states[1:], initial_state[None]])
    return jnp.concatenate([initial_state[None], states[:-1]])


def gru_step(
    kernels: Kernels,
    given: GateInputs,
    state: Float[Array, "trial unit"],
    seen: Float[Array, "trial seen"] | None,
    limit: float,
) -> tuple[Float[Array, "trial unit"], Gates]:
    """Next state, and gates; the rows of the kernels are units, then what is `seen` in the loop alone."""
    size = state.shape[-1]
    update_reset = jax.nn.sigmoid(given.gates + _beside(state, seen) @ kernels.gates)
    update, reset = update_reset[:, :size], update_reset[:, size:]
    candidate = jnp.tanh(given.candidate + _beside(reset * state, seen) @ kernels.candidate)
    new_state = jnp.clip(update * state + (1 - update) * candidate, -limit, limit)
    return new_state, Gates(update, reset, candidate)


def gru_step_gradient(
    transposed: Kernels,
    d_new: Float[Array, "trial unit"],
    new_state: Float[Array, "trial unit"],
    state: Float[Array, "trial unit"],
    gates: Gates,
    num_seen: int,
    limit: float,
) -> tuple[GateInputs, Float[Array, "trial unit"], Float[Array, "trial seen"]]:
    """Gradients to what was given, to the state before, and to what was seen (empty if nothing was).

    Kernels come from `transposed_kernels`: done once before the loop, that halves the time of a backward
    step.
    """
    size = state.shape[-1]
    seen = slice(size, size + num_seen)
    update, reset, candidate = gates
    d_new = jnp.where(jnp.abs(new_state) < limit, d_new, 0)
    d_update = d_new * (state - candidate) * update * (1 - update)
    d_candidate = d_new * (1 - update) * (1 - candidate**2)
    d_gated = d_candidate @ transposed.candidate
    d_reset = d_gated[:, :size] * state * reset * (1 - reset)
    d_gates = jnp.concatenate([d_update, d_reset], axis=-1)
    d_beside = d_gates @ transposed.gates
    d_state = d_new * update + d_gated[:, :size] * reset + d_beside[:, :size]
    return GateInputs(d_gates, d_candidate), d_state, d_gated[:, seen] + d_beside[:, seen]


def _beside(state, seen):
    return state if seen is None else jnp.concatenate([state, seen], axis=-1)


def drop(values: Array, kept: Array | None, scale: Any) -> Array:
    """Dropout by a given mask, kept entries scaled; its own gradient too."""
    return values if kept is None else jnp.where(kept, values * scale, 0)


def transposed_kernels(kernels: Kernels) -> Kernels:
    """Kernels transposed, with columns of zeros up to a multiple of the vectors of a processor."""
    return Kernels(*(jnp.pad(w.T, ((0, 0), (0, -w.shape[0] % 16))) for w in kernels))
