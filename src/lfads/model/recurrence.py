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
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float


class Kernels(NamedTuple):
    """Matrices of a GRU's gates: update and reset side by side, and the candidate's.

    The rows belong to the units (recurrent kernels) or to inputs.
    """

    gates: Float[Array, "row two_units"]
    candidate: Float[Array, "row unit"]


class GateInputs(NamedTuple):
    """What inputs and biases add to the gates before their nonlinearity."""

    gates: Float[Array, "*time trial two_units"]
    candidate: Float[Array, "*time trial unit"]


class Gates(NamedTuple):
    """Values of the gates, an array each: slices of a joint one are slow to read in a loop."""

    update: Float[Array, "*time trial unit"]
    reset: Float[Array, "*time trial unit"]
    candidate: Float[Array, "*time trial unit"]


# --- products over all bins ---------------------------------------------------------------------


def over_bins(
    values: Float[Array, "time trial input"],
    weights: Float[Array, "input output"],
    bias: Float[Array, "#output output"],
) -> Float[Array, "time trial output"]:
    """The affine map in every bin, as one product over all bins and trials."""
    return (_rows(values) @ weights + bias).reshape(*values.shape[:-1], weights.shape[-1])


def _sum_of_products(left, right):
    """Outer products of the last axes, summed over bins and trials."""
    return _rows(left).T @ _rows(right)


def _sum_of_rows(values):
    """The sum over bins and trials, as one row."""
    return _rows(values).sum(0, keepdims=True)


def _rows(values):
    """Bins and trials as one axis: XLA transposes two summed axes slowly, one at once."""
    num_bins, num_trials, size = values.shape
    return values.reshape(num_bins * num_trials, size)


def _kernel_gradient(states_before, reset, d_given: GateInputs) -> Kernels:
    """Gradients to recurrent kernels: one large product for each."""
    return Kernels(
        gates=_sum_of_products(states_before, d_given.gates),
        candidate=_sum_of_products(reset * states_before, d_given.candidate),
    )


def _previous(states, initial_state, reverse: bool = False):
    """The state before each bin, in the direction of the run."""
    if reverse:
        return jnp.concatenate([states[1:], initial_state[None]])
    return jnp.concatenate([initial_state[None], states[:-1]])


# --- one step and its gradient ------------------------------------------------------------------


def _gru_step(kernels: Kernels, given: GateInputs, state, seen, limit):
    """(next state, gates); the rows of the kernels are units, then what is `seen` in the loop alone."""
    size = state.shape[-1]
    update_reset = jax.nn.sigmoid(given.gates + _beside(state, seen) @ kernels.gates)
    update, reset = update_reset[:, :size], update_reset[:, size:]
    candidate = jnp.tanh(given.candidate + _beside(reset * state, seen) @ kernels.candidate)
    new_state = jnp.clip(update * state + (1 - update) * candidate, -limit, limit)
    return new_state, Gates(update, reset, candidate)


def _gru_step_gradient(transposed: Kernels, d_new, new_state, state, gates: Gates, num_seen, limit):
    """Gradients to what was given, to the state before, and to what was seen (empty if nothing was).

    Kernels come from `_transposed`: done once before the loop, that halves the time of a backward step.
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


def _transposed(kernels: Kernels) -> Kernels:
    """Kernels transposed, with columns of zeros up to a multiple of the vectors of a processor."""
    return Kernels(*(jnp.pad(w.T, ((0, 0), (0, -w.shape[0] % 16))) for w in kernels))


# --- a GRU over given inputs --------------------------------------------------------------------


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
        new_state, gates = _gru_step(recurrent, given_now, state, None, limit)
        if valid_now is not None:
            new_state = jnp.where(valid_now[:, None], new_state, state)
        return new_state, (new_state, gates)

    _, (states, gates) = lax.scan(step, initial_state, (given, valid), reverse=reverse)
    return states, (recurrent, initial_state, valid, states, gates)


def _gru_backward(limit, reverse, residuals, d_states):
    recurrent, initial_state, valid, states, gates = residuals
    states_before = _previous(states, initial_state, reverse)
    transposed = _transposed(recurrent)

    def step(d_carried, xs):
        d_state_out, new_state, state, gates_now, valid_now = xs
        d_new = d_carried + d_state_out
        d_given, d_state, _ = _gru_step_gradient(
            transposed, d_new, new_state, state, gates_now, 0, limit
        )
        if valid_now is not None:
            counts = valid_now[:, None]
            d_given = jax.tree.map(lambda d: jnp.where(counts, d, 0), d_given)
            d_state = jnp.where(counts, d_state, d_new)
        return d_state, d_given

    xs = (d_states, states, states_before, gates, valid)
    d_initial, d_given = lax.scan(step, jnp.zeros_like(initial_state), xs, reverse=not reverse)
    return _kernel_gradient(states_before, gates.reset, d_given), d_given, d_initial, None


_gru_rule = jax.custom_vjp(_gru_states, nondiff_argnums=(4, 5))
_gru_rule.defvjp(_gru_forward, _gru_backward)


# --- controller and generator, driving each other -----------------------------------------------


class ControlledGeneratorWeights(NamedTuple):
    """What the joint recurrence multiplies by at each bin."""

    controller: Kernels
    factors_to_controller: Kernels
    controller_to_posterior: Float[Array, "controller mean_and_log_variance"]
    posterior_bias: Float[Array, " mean_and_log_variance"]
    generator: Kernels
    inputs_to_generator: Kernels
    generator_bias: GateInputs | None
    generator_to_factors: Float[Array, "generator factor"]


class ControlledGeneratorInputs(NamedTuple):
    """What the joint recurrence is given at each bin. Masks mark what dropout keeps.

    Without measured inputs nothing is given to the generator; its bias is among the weights then.
    """

    controller: GateInputs
    generator: GateInputs | None
    noise: Float[Array, "time trial input"]
    factors_kept: Bool[Array, "time trial factor"] | None
    generator_kept: Bool[Array, "time trial generator"] | None
    keep_scale: Float[Array, ""]


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


def controlled_generator(
    weights: ControlledGeneratorWeights,
    inputs: ControlledGeneratorInputs,
    initial: ControlledGeneratorState,
    limit: float,
) -> ControlledGeneratorOutputs:
    """Run controller and generator through all bins (Pandarinath et al. 2018, Online Methods).

    At each bin: controller GRU of [encoded input, dropout(f)] -> posterior of the inferred input ->
    its sample u = mean + exp(log-variance / 2) * noise -> generator GRU -> f = dropout(g) W_f. The
    products of the encoded and external inputs come ready made. No gradient flows to noise, masks
    or `keep_scale`.
    """
    return _controlled_rule(weights, inputs, initial, limit)


def _controlled_outputs(weights, inputs, initial, limit) -> ControlledGeneratorOutputs:
    return _run_controlled(weights, inputs, initial, limit)[0]


def _run_controlled(weights, inputs, initial, limit):
    """(outputs, gates of the controller, gates of the generator) at every bin."""
    scale = inputs.keep_scale
    controller_kernels, generator_kernels = _joint_kernels(weights)

    def step(state, now):
        fed_back = _drop(state.factors, now.factors_kept, scale)
        controller, controller_gates = _gru_step(
            controller_kernels, now.controller, state.controller, fed_back, limit
        )
        posterior = controller @ weights.controller_to_posterior + weights.posterior_bias[None, :]
        mean, log_variance = jnp.split(posterior, 2, axis=-1)
        sample = mean + jnp.exp(0.5 * log_variance) * now.noise
        given = weights.generator_bias if now.generator is None else now.generator
        generator, generator_gates = _gru_step(
            generator_kernels, given, state.generator, sample, limit
        )
        dropped = _drop(generator, now.generator_kept, scale)
        factors = dropped @ weights.generator_to_factors
        outputs = ControlledGeneratorOutputs(
            controller, generator, factors, mean, log_variance, sample
        )
        state = ControlledGeneratorState(controller, generator, factors)
        return state, (outputs, controller_gates, generator_gates)

    return lax.scan(step, initial, inputs._replace(keep_scale=None))[1]


def _controlled_forward(weights, inputs, initial, limit):
    weights, inputs, initial = jax.tree.map(lambda x: x.value, (weights, inputs, initial))
    outputs, *gates = _run_controlled(weights, inputs, initial, limit)
    kept = inputs._replace(controller=None)
    return outputs, (weights, kept, initial, outputs, *gates)


def _controlled_backward(limit, residuals, d_outputs: ControlledGeneratorOutputs):
    weights, inputs, initial, outputs, controller_gates, generator_gates = residuals
    scale, has_inputs = inputs.keep_scale, inputs.generator is not None
    before = ControlledGeneratorState(
        _previous(outputs.controller, initial.controller),
        _previous(outputs.generator, initial.generator),
        _previous(outputs.factors, initial.factors),
    )
    controller_kernels, generator_kernels = (_transposed(k) for k in _joint_kernels(weights))
    factors_to_generator = weights.generator_to_factors.T
    posterior_to_controller = weights.controller_to_posterior.T
    num_factors, num_inputs = outputs.factors.shape[-1], outputs.inferred_inputs.shape[-1]
    deviation_noise = 0.5 * jnp.exp(0.5 * outputs.input_log_variance) * inputs.noise
    # What the loss does not depend on has no array of zeros to be added at every bin.
    d_outputs = d_outputs._make(None if isinstance(d, SymbolicZero) else d for d in d_outputs)

    def step(d_after: ControlledGeneratorState, xs):
        d_out, out, prior, masks, spread, controller_gates_now, generator_gates_now = xs
        d_factors = _plus(d_after.factors, d_out.factors)
        d_dropped = _drop(d_factors @ factors_to_generator, masks[1], scale)
        d_given_generator, d_generator, d_sample = _gru_step_gradient(
            generator_kernels,
            _plus(d_after.generator + d_dropped, d_out.generator),
            out.generator, prior.generator, generator_gates_now, num_inputs, limit,
        )  # fmt: skip
        d_sample = _plus(d_sample, d_out.inferred_inputs)
        d_mean = _plus(d_sample, d_out.input_mean)
        d_log_variance = _plus(d_sample * spread, d_out.input_log_variance)
        d_posterior = jnp.concatenate([d_mean, d_log_variance], axis=-1)
        d_controller = d_after.controller + d_posterior @ posterior_to_controller
        d_given_controller, d_controller, d_fed_back = _gru_step_gradient(
            controller_kernels,
            _plus(d_controller, d_out.controller),
            out.controller, prior.controller, controller_gates_now, num_factors, limit,
        )  # fmt: skip
        d_before = ControlledGeneratorState(
            d_controller, d_generator, _drop(d_fed_back, masks[0], scale)
        )
        return d_before, (d_given_controller, d_given_generator, d_posterior, d_factors)

    masks = (inputs.factors_kept, inputs.generator_kept)
    xs = (d_outputs, outputs, before, masks, deviation_noise, controller_gates, generator_gates)
    d_initial, (d_given_controller, d_given_generator, d_posteriors, d_factors) = lax.scan(
        step, jax.tree.map(jnp.zeros_like, initial), xs, reverse=True
    )
    fed_back = _drop(before.factors, inputs.factors_kept, scale)
    dropped = _drop(outputs.generator, inputs.generator_kept, scale)
    d_weights = ControlledGeneratorWeights(
        controller=_kernel_gradient(before.controller, controller_gates.reset, d_given_controller),
        factors_to_controller=_input_gradient(fed_back, d_given_controller),
        controller_to_posterior=_sum_of_products(outputs.controller, d_posteriors),
        posterior_bias=_sum_of_rows(d_posteriors)[0],
        generator=_kernel_gradient(before.generator, generator_gates.reset, d_given_generator),
        inputs_to_generator=_input_gradient(outputs.inferred_inputs, d_given_generator),
        generator_bias=None if has_inputs else jax.tree.map(_sum_of_rows, d_given_generator),
        generator_to_factors=_sum_of_products(dropped, d_factors),
    )
    nothing: Any = None
    d_inputs = ControlledGeneratorInputs(
        controller=d_given_controller,
        generator=d_given_generator if has_inputs else None,
        noise=nothing,
        factors_kept=nothing,
        generator_kept=nothing,
        keep_scale=nothing,
    )
    return d_weights, d_inputs, d_initial


_controlled_rule = jax.custom_vjp(_controlled_outputs, nondiff_argnums=(3,))
_controlled_rule.defvjp(_controlled_forward, _controlled_backward, symbolic_zeros=True)


def _joint_kernels(weights: ControlledGeneratorWeights) -> tuple[Kernels, Kernels]:
    """Kernels of controller and generator, below them those of what they see in the loop alone."""
    controller = (weights.controller, weights.factors_to_controller)
    generator = (weights.generator, weights.inputs_to_generator)
    joined = (
        jax.tree.map(lambda *k: jnp.concatenate(k), *both) for both in (controller, generator)
    )
    return next(joined), next(joined)


def _input_gradient(seen, d_given: GateInputs) -> Kernels:
    """Gradients to input kernels."""
    return Kernels(*(_sum_of_products(seen, d) for d in d_given))


def _drop(values, kept, scale):
    """Dropout by a given mask, kept entries scaled; its own gradient too."""
    return values if kept is None else jnp.where(kept, values * scale, 0)


def _plus(gradient, other):
    return gradient if other is None else gradient + other


# --- first-order filter ---------------------------------------------------------------------------


def first_order_filter(
    coefficients: Float[Array, " feature"], values: Float[Array, "time trial feature"]
) -> Float[Array, "time trial feature"]:
    """y_t = coefficient * y_{t-1} + value_t, from y = 0."""

    def step(previous, value):
        current = coefficients[None, :] * previous + value
        return current, current

    return lax.scan(step, jnp.zeros_like(values[0]), values)[1]
