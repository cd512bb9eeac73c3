"""The two encoders: of the initial condition, and of the controller's input.

Both are bidirectional GRUs over the spikes of a trial (Pandarinath et al. 2018, Online Methods), with
weights and learned initial states of their own for each direction.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.model.first_values import constant
from lfads.model.gru import GRU, initialise_gru

Valid = Bool[Array, "time trial"] | None


class Encoder(eqx.Module):
    """GRUs that run forward and backward over the bins; a causal one only forward."""

    forward: GRU
    backward: GRU | None
    forward_initial_state: Float[Array, " unit"]
    backward_initial_state: Float[Array, " unit"] | None
    state_limit: float = eqx.field(static=True)

    def __call__(
        self, inputs: Float[Array, "time trial input"], valid: Valid, num_segments: int = 1
    ) -> tuple[Float[Array, "time trial unit"], Float[Array, "time trial unit"] | None]:
        """States of the forward and of the backward GRU at every bin."""
        num_trials = inputs.shape[1]

        def run(gru: GRU, initial: Array, reverse: bool) -> Array:
            state = jnp.broadcast_to(initial, (num_trials, *initial.shape))
            return gru(
                inputs, state, state_limit=self.state_limit, valid=valid, reverse=reverse,
                num_segments=num_segments,
            )  # fmt: skip

        forward = run(self.forward, self.forward_initial_state, False)
        if self.backward is None or self.backward_initial_state is None:
            return forward, None
        return forward, run(self.backward, self.backward_initial_state, True)


def initialise_encoder(
    rng: np.random.Generator,
    num_inputs: int,
    num_units: int,
    *,
    state_limit: float,
    causal: bool = False,
) -> Encoder:
    """An encoder with random weights and initial states of 0."""
    forward_rng, backward_rng = rng.spawn(2)

    def gru(rng: np.random.Generator) -> GRU:
        return initialise_gru(rng, num_inputs, num_units, joint_fan_in=True)

    return Encoder(
        forward=gru(forward_rng),
        backward=None if causal else gru(backward_rng),
        forward_initial_state=constant(0.0, num_units),
        backward_initial_state=None if causal else constant(0.0, num_units),
        state_limit=state_limit,
    )


def summary_code(
    forward: Float[Array, "time trial unit"], backward: Float[Array, "time trial unit"] | None
) -> Float[Array, "trial code"]:
    """[forward state at the last bin, backward state at the first]."""
    if backward is None:
        return forward[-1]
    return jnp.concatenate([forward[-1], backward[0]], axis=-1)


def lagged(
    forward: Float[Array, "time trial unit"],
    backward: Float[Array, "time trial unit"] | None,
    valid: Valid,
    lag: int,
) -> Float[Array, "time trial encoded"]:
    """At bin t: [forward state of bin t - lag, backward state of bin t + lag].

    Zeros stand for states beyond either end of the trial, and at bins that are not valid.
    """
    if valid is not None:
        keep = valid[:, :, None]
        forward = jnp.where(keep, forward, 0)
        backward = None if backward is None else jnp.where(keep, backward, 0)
    beyond = jnp.zeros_like(forward[:lag])
    parts = [delayed(beyond, forward)[0]]
    if backward is not None:
        parts.append(jnp.concatenate([backward[lag:], beyond]))
    together = jnp.concatenate(parts, axis=-1)
    return together if valid is None else jnp.where(valid[:, :, None], together, 0)


def delayed(
    waiting: Float[Array, "lag trial unit"], states: Float[Array, "time trial unit"]
) -> tuple[Float[Array, "time trial unit"], Float[Array, "lag trial unit"]]:
    """States that come after those that wait, as many as went in; and those that wait then."""
    num_bins, line = states.shape[0], jnp.concatenate([waiting, states])
    return line[:num_bins], line[num_bins:]


def encoded_size(encoder: Encoder) -> int:
    """Width of the controller's input from an encoder."""
    directions = 1 if encoder.backward is None else 2
    return directions * encoder.forward_initial_state.shape[0]
