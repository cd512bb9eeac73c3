"""The only loops over time, and their gradients written by hand.

Two recurrences make LFADS: a GRU driven by given inputs (`gru_sequence`: both encoders, and the
generator where there is no controller), and the controller and generator that drive each other
(`controlled_generator`). Both take the input products ready made and keep every product for a weight
gradient outside the loop, as one large product over all bins and trials. Autodiff would put those
products, one small one per bin, inside the loop. What is kept from the forward pass is the states and
gates alone.

Nothing here draws random numbers: noise and dropout masks come in as arrays. A faster kernel may
replace either function without any other module noticing.

Notation of one GRU step (Pandarinath et al. 2018, Online Methods), state h, inputs a = W x + b::

    z, r = sigmoid(a_zr + h U_zr),  n = tanh(a_n + (r*h) U_n),  h' = clip(z*h + (1-z)*n)
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float


class RecurrentWeights(NamedTuple):
    """Recurrent kernels of a GRU: update and reset gates side by side, and the candidate's."""

    gates: Float[Array, "unit two_units"]
    candidate: Float[Array, "unit unit"]


# --- one step and its gradient ------------------------------------------------------------------


def _gru_step(weights: RecurrentWeights, projection, state, limit):
    """(next state, gates) with gates = [z, r, n]."""
    size = state.shape[-1]
    update_reset = jax.nn.sigmoid(projection[:, : 2 * size] + state @ weights.gates)
    update, reset = update_reset[:, :size], update_reset[:, size:]
    candidate = jnp.tanh(projection[:, 2 * size :] + (reset * state) @ weights.candidate)
    new_state = jnp.clip(update * state + (1 - update) * candidate, -limit, limit)
    return new_state, jnp.concatenate([update_reset, candidate], axis=-1)


def _gru_step_gradient(transposed: RecurrentWeights, d_new, new_state, state, gates, limit):
    """(gradient to the projection, gradient to the state before), given that to the state after.

    Kernels come transposed: done once before the loop, that halves the time of a backward step.
    """
    size = state.shape[-1]
    update, reset, candidate = jnp.split(gates, 3, axis=-1)
    d_new = jnp.where(jnp.abs(new_state) < limit, d_new, 0)
    d_update = d_new * (state - candidate) * update * (1 - update)
    d_candidate = d_new * (1 - update) * (1 - candidate**2)
    d_gated = d_candidate @ transposed.candidate
    d_reset = d_gated * state * reset * (1 - reset)
    d_projection = jnp.concatenate([d_update, d_reset, d_candidate], axis=-1)
    d_state = d_new * update + d_gated * reset + d_projection[:, : 2 * size] @ transposed.gates
    return d_projection, d_state


def _transposed(weights: Any) -> Any:
    """Every matrix of a tree transposed."""
    return jax.tree.map(lambda w: w.T, weights)


def _recurrent_weight_gradient(states_before, gates, d_projections) -> RecurrentWeights:
    """Weight gradients over all bins and trials at once: one large product for each kernel."""
    size = states_before.shape[-1]
    reset = gates[..., size : 2 * size]
    return RecurrentWeights(
        gates=_sum_of_products(states_before, d_projections[..., : 2 * size]),
        candidate=_sum_of_products(reset * states_before, d_projections[..., 2 * size :]),
    )


def _sum_of_products(left, right):
    return jnp.einsum("tbi,tbj->ij", left, right)


def _previous(states, initial_state, reverse: bool = False):
    """The state before each bin, in the direction of the run."""
    if reverse:
        return jnp.concatenate([states[1:], initial_state[None]])
    return jnp.concatenate([initial_state[None], states[:-1]])


# --- a GRU over given inputs --------------------------------------------------------------------


def gru_sequence(
    weights: RecurrentWeights,
    projections: Float[Array, "time trial gates"],
    initial_state: Float[Array, "trial unit"],
    valid: Bool[Array, "time trial"] | None,
    limit: float,
    reverse: bool,
) -> Float[Array, "time trial unit"]:
    """States of a GRU at every bin.

    Parameters
    ----------
    weights
        Recurrent kernels.
    projections
        Input products and bias of the three gates.
    initial_state
        State before the first bin (after the last one if `reverse`).
    valid
        Bins that count; at others the state is carried on unchanged. None: all count.
    limit
        States are clipped to ±limit.
    reverse
        Run from the last bin to the first.
    """
    return _gru_rule(weights, projections, initial_state, valid, limit, reverse)


def _gru_states(weights, projections, initial_state, valid, limit, reverse) -> Array:
    return _gru_forward(weights, projections, initial_state, valid, limit, reverse)[0]


def _gru_forward(weights, projections, initial_state, valid, limit, reverse):
    def step(state, xs):
        projection, valid_now = xs
        new_state, gates = _gru_step(weights, projection, state, limit)
        if valid_now is not None:
            new_state = jnp.where(valid_now[:, None], new_state, state)
        return new_state, (new_state, gates)

    _, (states, gates) = lax.scan(step, initial_state, (projections, valid), reverse=reverse)
    return states, (weights, initial_state, valid, states, gates)


def _gru_backward(limit, reverse, residuals, d_states):
    weights, initial_state, valid, states, gates = residuals
    states_before = _previous(states, initial_state, reverse)
    transposed = _transposed(weights)

    def step(d_carried, xs):
        d_state_out, new_state, state, gate, valid_now = xs
        d_new = d_carried + d_state_out
        d_projection, d_state = _gru_step_gradient(transposed, d_new, new_state, state, gate, limit)
        if valid_now is not None:
            d_projection = jnp.where(valid_now[:, None], d_projection, 0)
            d_state = jnp.where(valid_now[:, None], d_state, d_new)
        return d_state, d_projection

    xs = (d_states, states, states_before, gates, valid)
    d_initial, d_projections = lax.scan(
        step, jnp.zeros_like(initial_state), xs, reverse=not reverse
    )
    d_weights = _recurrent_weight_gradient(states_before, gates, d_projections)
    return d_weights, d_projections, d_initial, None


_gru_rule = jax.custom_vjp(_gru_states, nondiff_argnums=(4, 5))
_gru_rule.defvjp(_gru_forward, _gru_backward)


# --- controller and generator, driving each other -------------------------------------------------


class ControlledGeneratorWeights(NamedTuple):
    """What the joint recurrence multiplies by at each bin."""

    controller: RecurrentWeights
    factor_to_controller: Float[Array, "factor controller_gates"]
    controller_to_posterior: Float[Array, "controller mean_and_log_variance"]
    posterior_bias: Float[Array, " mean_and_log_variance"]
    input_to_generator: Float[Array, "input generator_gates"]
    generator: RecurrentWeights
    generator_bias: Float[Array, " generator_gates"]
    generator_to_factor: Float[Array, "generator factor"]


class ControlledGeneratorInputs(NamedTuple):
    """What the joint recurrence is given at each bin. Masks mark what dropout keeps."""

    controller_projections: Float[Array, "time trial controller_gates"] | None
    generator_projections: Float[Array, "time trial generator_gates"] | None
    noise: Float[Array, "time trial input"] | None
    factors_kept: Bool[Array, "time trial factor"] | None
    generator_kept: Bool[Array, "time trial generator"] | None
    keep_scale: Float[Array, ""] | None


class ControlledGeneratorState(NamedTuple):
    """State between bins: controller, generator, and the factors fed back to the controller."""

    controller: Float[Array, "trial controller"]
    generator: Float[Array, "trial generator"]
    factors: Float[Array, "trial factor"]


class ControlledGeneratorOutputs(NamedTuple):
    """Everything that the joint recurrence computes, at each bin."""

    controller: Float[Array, "time trial controller"]
    generator: Float[Array, "time trial generator"]
    factors: Float[Array, "time trial factor"]
    input_mean: Float[Array, "time trial input"]
    input_log_variance: Float[Array, "time trial input"]
    inferred_inputs: Float[Array, "time trial input"]


def _drop(values, kept, scale):
    """Dropout by a given mask, kept entries scaled; its own gradient too."""
    return values if kept is None else jnp.where(kept, values * scale, 0)


def controlled_generator(
    weights: ControlledGeneratorWeights,
    inputs: ControlledGeneratorInputs,
    initial: ControlledGeneratorState,
    limit: float,
) -> ControlledGeneratorOutputs:
    """Run controller and generator through all bins (Pandarinath et al. 2018, Online Methods).

    At each bin: controller GRU of [encoded input, dropout(f)] -> posterior of the inferred input ->
    its sample u = mean + exp(log-variance / 2) * noise -> generator GRU -> f = dropout(g) W_f. The
    encoded and external inputs enter as ready-made projections. No gradient flows to noise, masks
    or `keep_scale`.
    """
    return _controlled_rule(weights, inputs, initial, limit)


def _controlled_outputs(weights, inputs, initial, limit) -> ControlledGeneratorOutputs:
    return _controlled_forward(weights, inputs, initial, limit)[0]


def _controlled_forward(weights, inputs, initial, limit):
    def step(state, now):
        fed_back = _drop(state.factors, now.factors_kept, inputs.keep_scale)
        projection = now.controller_projections + fed_back @ weights.factor_to_controller
        controller, controller_gates = _gru_step(
            weights.controller, projection, state.controller, limit
        )
        posterior = controller @ weights.controller_to_posterior + weights.posterior_bias[None, :]
        mean, log_variance = jnp.split(posterior, 2, axis=-1)
        sample = mean + jnp.exp(0.5 * log_variance) * now.noise
        projection = sample @ weights.input_to_generator + weights.generator_bias[None, :]
        if now.generator_projections is not None:
            projection = projection + now.generator_projections
        generator, generator_gates = _gru_step(
            weights.generator, projection, state.generator, limit
        )
        dropped = _drop(generator, now.generator_kept, inputs.keep_scale)
        factors = dropped @ weights.generator_to_factor
        outputs = ControlledGeneratorOutputs(
            controller, generator, factors, mean, log_variance, sample
        )
        state = ControlledGeneratorState(controller, generator, factors)
        return state, (outputs, controller_gates, generator_gates)

    xs = inputs._replace(keep_scale=None)
    _, (outputs, controller_gates, generator_gates) = lax.scan(step, initial, xs)
    masks = inputs._replace(controller_projections=None)
    return outputs, (weights, masks, initial, outputs, controller_gates, generator_gates)


def _controlled_backward(limit, residuals, d_outputs: ControlledGeneratorOutputs):
    weights, inputs, initial, outputs, controller_gates, generator_gates = residuals
    scale = inputs.keep_scale
    has_projections = inputs.generator_projections is not None
    before = ControlledGeneratorState(
        _previous(outputs.controller, initial.controller),
        _previous(outputs.generator, initial.generator),
        _previous(outputs.factors, initial.factors),
    )
    transposed = _transposed(weights)
    deviation_noise = 0.5 * jnp.exp(0.5 * outputs.input_log_variance) * inputs.noise

    def step(d_after: ControlledGeneratorState, xs):
        d_out, out, prior, masks, spread, controller_gate, generator_gate = xs
        d_factors = d_after.factors + d_out.factors
        d_dropped = d_factors @ transposed.generator_to_factor
        d_generator = d_after.generator + d_out.generator + _drop(d_dropped, masks[1], scale)
        d_generator_projection, d_generator = _gru_step_gradient(
            transposed.generator, d_generator, out.generator, prior.generator, generator_gate, limit
        )
        d_sample = d_out.inferred_inputs + d_generator_projection @ transposed.input_to_generator
        d_mean = d_out.input_mean + d_sample
        d_log_variance = d_out.input_log_variance + d_sample * spread
        d_posterior = jnp.concatenate([d_mean, d_log_variance], axis=-1)
        d_controller = d_after.controller + d_out.controller
        d_controller = d_controller + d_posterior @ transposed.controller_to_posterior
        d_controller_projection, d_controller = _gru_step_gradient(
            transposed.controller,
            d_controller,
            out.controller,
            prior.controller,
            controller_gate,
            limit,
        )
        d_fed_back = d_controller_projection @ transposed.factor_to_controller
        d_before = ControlledGeneratorState(
            d_controller, d_generator, _drop(d_fed_back, masks[0], scale)
        )
        return d_before, (d_controller_projection, d_generator_projection, d_posterior, d_factors)

    masks = (inputs.factors_kept, inputs.generator_kept)
    xs = (d_outputs, outputs, before, masks, deviation_noise, controller_gates, generator_gates)
    d_initial, (d_controller_projections, d_generator_projections, d_posteriors, d_factors) = (
        lax.scan(step, jax.tree.map(jnp.zeros_like, initial), xs, reverse=True)
    )
    fed_back = _drop(before.factors, inputs.factors_kept, scale)
    dropped = _drop(outputs.generator, inputs.generator_kept, scale)
    d_weights = ControlledGeneratorWeights(
        controller=_recurrent_weight_gradient(
            before.controller, controller_gates, d_controller_projections
        ),
        factor_to_controller=_sum_of_products(fed_back, d_controller_projections),
        controller_to_posterior=_sum_of_products(outputs.controller, d_posteriors),
        posterior_bias=d_posteriors.sum((0, 1)),
        input_to_generator=_sum_of_products(outputs.inferred_inputs, d_generator_projections),
        generator=_recurrent_weight_gradient(
            before.generator, generator_gates, d_generator_projections
        ),
        generator_bias=d_generator_projections.sum((0, 1)),
        generator_to_factor=_sum_of_products(dropped, d_factors),
    )
    d_inputs = ControlledGeneratorInputs(
        controller_projections=d_controller_projections,
        generator_projections=d_generator_projections if has_projections else None,
        noise=None,
        factors_kept=None,
        generator_kept=None,
        keep_scale=None,
    )
    return d_weights, d_inputs, d_initial


_controlled_rule = jax.custom_vjp(_controlled_outputs, nondiff_argnums=(3,))
_controlled_rule.defvjp(_controlled_forward, _controlled_backward)


# --- first-order filter ---------------------------------------------------------------------------


def first_order_filter(
    coefficients: Float[Array, " feature"], values: Float[Array, "time trial feature"]
) -> Float[Array, "time trial feature"]:
    """y_t = coefficient * y_{t-1} + value_t, from y = 0."""

    def step(previous, value):
        current = coefficients[None, :] * previous + value
        return current, current

    return lax.scan(step, jnp.zeros_like(values[0]), values)[1]
