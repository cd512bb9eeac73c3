"""The two encoders: of the initial condition, and of the controller's input.

Both are bidirectional GRUs over the spikes of a trial (Pandarinath et al. 2018, Online Methods), with
weights and learned initial states of their own for each direction; or linear recurrent units (`lru`).
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.config import ModelSettings
from lfads.model.first_values import constant
from lfads.model.gru import GRU, initialise_gru, num_weights_of_gru
from lfads.model.lru import LRU, initialise_lru, num_weights_of_lru
from lfads.model.lru import Carried as LRUCarried

Valid = Bool[Array, "time trial"] | None
EncoderCarried = Float[Array, "trial unit"] | LRUCarried
"""What goes from bin to bin: the state of a GRU, or of the filters of linear recurrent units."""


class Encoder(eqx.Module):
    """Two sequences of states, forward and backward over the bins; a causal encoder has only the first.

    Initial states are learned for GRUs; linear recurrent units start at 0.
    """

    forward: GRU | LRU
    backward: GRU | LRU | None
    forward_initial_state: Float[Array, " unit"] | None
    backward_initial_state: Float[Array, " unit"] | None
    state_limit: float = eqx.field(static=True)

    def __call__(
        self, inputs: Float[Array, "time trial input"], valid: Valid, num_segments: int = 1
    ) -> tuple[Float[Array, "time trial unit"], Float[Array, "time trial unit"] | None]:
        """States of the forward and of the backward part at every bin."""

        def run(part: GRU | LRU, initial: Array | None, reverse: bool) -> Array:
            if isinstance(part, LRU):
                carried = part.start(inputs.shape[1])
                return part.outputs(inputs, carried, valid=valid, reverse=reverse)[0]
            return part(
                inputs, _for_trials(initial, inputs.shape[1]), state_limit=self.state_limit,
                valid=valid, reverse=reverse, num_segments=num_segments,
            )  # fmt: skip

        forward = run(self.forward, self.forward_initial_state, False)
        if self.backward is None:
            return forward, None
        return forward, run(self.backward, self.backward_initial_state, True)

    def start(self, num_trials: int) -> EncoderCarried:
        """What the forward part carries into the first bin."""
        if isinstance(self.forward, LRU):
            return self.forward.start(num_trials)
        return _for_trials(self.forward_initial_state, num_trials)

    def onwards(
        self, inputs: Float[Array, "time trial input"], carried: Any
    ) -> tuple[Float[Array, "time trial unit"], EncoderCarried]:
        """States of the forward part at bins that follow, and what it carries on."""
        if isinstance(self.forward, LRU):
            return self.forward.outputs(inputs, carried)
        states = self.forward(inputs, carried, state_limit=self.state_limit)
        return states, states[-1]


def _for_trials(initial: Array | None, num_trials: int) -> Float[Array, "trial unit"]:
    assert initial is not None
    return jnp.broadcast_to(initial, (num_trials, *initial.shape))


def initialise_encoder(
    rng: np.random.Generator, num_inputs: int, config: ModelSettings, *, causal: bool = False
) -> Encoder:
    """An encoder with random weights and initial states of 0."""
    forward_rng, backward_rng = rng.spawn(2)
    num_units, gated = config.encoder_size, config.encoder == "gru"

    def part(rng: np.random.Generator) -> GRU | LRU:
        if gated:
            return initialise_gru(rng, num_inputs, num_units, joint_fan_in=True)
        return initialise_lru(rng, num_inputs, num_units)

    return Encoder(
        forward=part(forward_rng),
        backward=None if causal else part(backward_rng),
        forward_initial_state=constant(0.0, num_units) if gated else None,
        backward_initial_state=constant(0.0, num_units) if gated and not causal else None,
        state_limit=config.state_limit,
    )


def num_weights_of_encoder(num_inputs: int, config: ModelSettings, *, causal: bool = False) -> int:
    """Weights of both directions, and initial states where they are learned."""
    num_units = config.encoder_size
    if config.encoder == "gru":
        each = num_weights_of_gru(num_inputs, num_units) + num_units
    else:
        each = num_weights_of_lru(num_inputs, num_units)
    return each if causal else 2 * each


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
    return (1 if encoder.backward is None else 2) * encoder.forward.size
