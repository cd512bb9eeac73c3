"""Controller and generator by compiled kernels, with their gradient."""

import jax
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

from lfads.model.controller import DecoderInputs
from lfads.model.recurrence.controlled import (
    ControlledGeneratorOutputs,
    ControlledGeneratorState,
    ControlledWeights,
    Held,
)
from lfads.model.recurrence.gates import split_kernels
from lfads.model.recurrence.paths import kernels


def controlled_by_kernels(
    weights: ControlledWeights,
    inputs: DecoderInputs,
    scale: Float[Array, ""],
    initial: ControlledGeneratorState,
    limit: float,
) -> ControlledGeneratorOutputs:
    """What `lfads.model.recurrence.controlled.controlled_generator` says."""
    held = Held(inputs.noise, inputs.factors_kept, inputs.generator_kept, scale)
    return _rule(weights, inputs.encoded, inputs.external_inputs, held, initial, limit)


def controlled_of_products(
    weights: ControlledWeights,
    inputs: DecoderInputs,
    scale: Float[Array, ""],
    initial: ControlledGeneratorState,
    limit: float,
) -> ControlledGeneratorOutputs:
    """The same without a gradient, where what is encoded was multiplied before (`inputs.products`)."""
    num_encoded = inputs.encoded.shape[-1]
    _, of_factors = split_kernels(weights.controller.inputs, num_encoded)
    weights = weights._replace(controller=weights.controller._replace(inputs=of_factors))
    held = Held(inputs.noise, inputs.factors_kept, inputs.generator_kept, scale)
    nothing = inputs.encoded[..., :0]
    call = _call(weights, nothing, inputs.external_inputs, held, initial)
    made, _ = kernels().controlled_forward(call, inputs.products, limit=limit, keep_gates=False)
    return ControlledGeneratorOutputs(*made)


def _call(weights: ControlledWeights, encoded, measured, held: Held, initial):
    """All that is given, as the kernels take it."""
    return kernels().Controlled(
        jax.tree.leaves(weights.controller), jax.tree.leaves(weights.generator),
        weights.to_posterior, weights.posterior_bias, weights.to_factors,
        encoded, measured, *held, tuple(initial),
    )  # fmt: skip


def _outputs(weights, encoded, measured, held, initial, limit):
    call = _call(weights, encoded, measured, held, initial)
    made, _ = kernels().controlled_forward(call, limit=limit, keep_gates=False)
    return ControlledGeneratorOutputs(*made)


def _forward(weights, encoded, measured, held, initial, limit):
    given = jax.tree.map(lambda x: x.value, (weights, encoded, measured, held, initial))
    made, gates = kernels().controlled_forward(_call(*given), limit=limit, keep_gates=True)
    outputs = ControlledGeneratorOutputs(*made)
    return outputs, (given, outputs, gates)


def _backward(limit, residuals, d_outputs: ControlledGeneratorOutputs):
    given, outputs, gates = residuals
    weights = given[0]
    loss = [None if isinstance(d, SymbolicZero) else d for d in d_outputs]
    d = kernels().controlled_backward(_call(*given), outputs, gates, loss, limit=limit)
    d_weights = ControlledWeights(
        controller=jax.tree.unflatten(jax.tree.structure(weights.controller), d.controller),
        to_posterior=d.to_posterior,
        posterior_bias=d.posterior_bias,
        generator=jax.tree.unflatten(jax.tree.structure(weights.generator), d.generator),
        to_factors=d.to_factors,
    )
    return d_weights, d.encoded, d.measured, None, ControlledGeneratorState(*d.before)


_rule = jax.custom_vjp(_outputs, nondiff_argnums=(5,))
_rule.defvjp(_forward, _backward, symbolic_zeros=True)
