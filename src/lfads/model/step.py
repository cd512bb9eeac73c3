"""The network bin by bin: what a causal network carries from one bin to the next, and its step.

A causal network knows the initial condition from its first bins, and a later bin changes nothing before
it. So the controller's encoder, controller and generator are carried, and the numbers are those of
`LFADS.encode` and `LFADS.decode` on the whole trial.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.model.decoder import DecoderState
from lfads.model.encoder import EncoderCarried, delayed
from lfads.model.lfads import LFADS, EncoderInputs, Trajectories
from lfads.model.noise import Noise


class EncoderState(NamedTuple):
    """The controller's encoder between bins; the controller sees each state a lag later."""

    carried: EncoderCarried
    waiting: Float[Array, "lag trial unit"]


class Carried(NamedTuple):
    """What is carried from bin to bin; a sample is one of a trial's posterior."""

    encoder: EncoderState | None
    decoder: DecoderState
    initial_condition: Float[Array, "sample latent"]
    generator_initial_state: Float[Array, "sample unit"]


def can_step(model: LFADS) -> bool:
    """Whether no bin's numbers depend on later bins."""
    encoder = model.controller_encoder
    looks_back = encoder is None or encoder.backward is None
    return looks_back and model.config.initial_condition_length > 0


def begin(model: LFADS, segment: EncoderInputs, noise: Noise) -> Carried:
    """What is carried into the first decoded bin.

    Parameters
    ----------
    model
        Causal, of one session.
    segment
        The bins that the initial condition is inferred from, without those after them.
    noise
        Its `initial_condition` has a row for each posterior sample, the samples of a trial side by side.
    """
    seen, _ = model.shown(segment)
    posterior = model.initial_condition(seen)
    num_samples = noise.initial_condition.shape[0]
    repeated = jax.tree.map(lambda x: _for_samples(x, num_samples, 0), posterior)
    code = repeated.sample(noise.initial_condition)
    initial_state = model.code_to_generator(code)
    encoder, at_first = model.controller_encoder, None
    if encoder is not None:
        shape = (model.config.controller_lag, seen.shape[1], encoder.forward.size)
        at_first = EncoderState(encoder.start(seen.shape[1]), jnp.zeros(shape, seen.dtype))
    return Carried(at_first, model.decoder.start(initial_state), code, initial_state)


def advance(
    model: LFADS, carried: Carried, now: EncoderInputs, noise: Noise
) -> tuple[Carried, Trajectories]:
    """One bin: what is carried into the next, and what this one gives, a row for each sample.

    Parameters
    ----------
    model
        Causal, of one session.
    carried
        From the bin before, or from `begin`.
    now
        Counts and measured inputs of the bin; its time has one bin.
    noise
        Its `inferred_inputs` are of the bin, with a row for each sample.
    """
    seen, external = model.shown(now)
    num_samples = carried.generator_initial_state.shape[0]
    encoder_state, encoded = _encode(model, carried.encoder, seen)
    encoded, external = (
        None if each is None else _for_samples(each, num_samples) for each in (encoded, external)
    )
    decoder_state, decoded = model.decoder.step(
        carried.decoder, encoded, external, noise.inferred_inputs
    )
    trajectories = model.trajectories(
        carried.initial_condition, carried.generator_initial_state, decoded
    )
    return carried._replace(encoder=encoder_state, decoder=decoder_state), trajectories


def _encode(
    model: LFADS, state: EncoderState | None, seen: Float[Array, "1 trial input"]
) -> tuple[EncoderState | None, Float[Array, "1 trial encoded"] | None]:
    """The controller's encoder after a bin, and what the controller is given in it."""
    encoder = model.controller_encoder
    if encoder is None or state is None:
        return None, None
    states, carried = encoder.onwards(seen, state.carried)
    encoded, waiting = delayed(state.waiting, states)
    return EncoderState(carried, waiting), encoded


def _for_samples(values: Any, num_samples: int, axis: int = 1) -> Array:
    """Values of trials, each repeated for its samples."""
    return jnp.repeat(values, num_samples // values.shape[axis], axis=axis)
