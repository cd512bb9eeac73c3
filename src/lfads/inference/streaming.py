"""Inference bin by bin, while a trial goes on.

A causal network knows the initial condition from its first bins, and a later bin changes nothing before
it. So encoder, controller and generator are carried from bin to bin, and what comes out are the numbers
that inference on the whole trial gives.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float

from lfads.checks import Problems, UserError
from lfads.data.counts import MOST_SPIKES, no_counts
from lfads.model.decoder import DecoderInputs
from lfads.model.lfads import LFADS, EncoderInputs
from lfads.model.noise import EACH_BIN, ONCE, Noise
from lfads.randomness import TrialKeys, as_normal, draw_words, run_key, trial_keys


class StreamedBin(NamedTuple):
    """What is inferred of one bin, averaged over posterior samples."""

    rates_hz: Float[np.ndarray, " neuron"]
    factors: Float[np.ndarray, " factor"]
    inferred_inputs: Float[np.ndarray, " input"] | None


class Carried(NamedTuple):
    """What is carried from bin to bin.

    `decoder` is the generator's state, or that of controller and generator, with a row for each posterior
    sample. `recent` holds the encoder's last states, the latest first: the controller sees that of `lag`
    bins ago.
    """

    keys: TrialKeys
    recent: Float[Array, "lag_and_one 1 unit"] | None
    decoder: Any


class Compiled(NamedTuple):
    """The two compiled functions of a stream."""

    begin: Callable[[Any, Any, Any], Carried]
    advance: Callable[[Carried, Any, Any, Any], tuple[Carried, tuple[Array, Array, Array | None]]]


class Stream:
    """Infers a trial bin by bin; see `Run.stream`.

    The first `initial_condition_length` bins give nothing yet: the initial condition is inferred from
    them.
    """

    def __init__(
        self, model: LFADS, bin_width_s: float, *, num_samples: int = 1, seed: int = 0
    ) -> None:
        self.first_bin = model.config.initial_condition_length
        if not (model.config.causal or model.controller_encoder is None) or not self.first_bin:
            raise UserError(
                "bin by bin, a network can infer only what does not depend on later bins: train it with "
                "[model] causal = true and initial_condition_length above 0"
            )
        self.num_neurons = model.shapes.sessions[0].num_neurons
        self.num_external = model.shapes.num_external_inputs
        self._encoded = np.asarray(model.shapes.sessions[0].encoded_neurons)
        self._width = bin_width_s
        self._compiled = compile_stream(model, num_samples, seed)
        self.begin()

    def begin(self, trial_index: int = 0) -> None:
        """Begin a new trial; its number in the data chooses the posterior samples."""
        self._trial = np.int32(trial_index)
        self._bin = 0
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []
        self._carried: Carried | None = None

    def step(self, counts: Any, external_inputs: Any = None) -> StreamedBin | None:
        """Infer the next bin from its counts.

        Parameters
        ----------
        counts
            Spikes of every neuron in this bin, in the order of the training data; those of held-out
            neurons are not looked at.
        external_inputs
            Measured inputs of this bin, for a network that takes them.

        Returns
        -------
        StreamedBin
            None in the bins that the initial condition is inferred from.

        Raises
        ------
        UserError
            If the values are not of this network.
        """
        now = self._checked(counts, external_inputs)
        at, self._bin = self._bin, self._bin + 1
        if at < self.first_bin:
            self._seen.append(now)
            return None
        if self._carried is None:
            segment, external = (
                np.stack(values)[:, None] for values in zip(*self._seen, strict=True)
            )
            self._carried = self._compiled.begin(segment, external, self._trial)
            self._seen = []
        self._carried, made = self._compiled.advance(self._carried, *now, np.int32(at))
        rates, factors, inputs = jax.device_get(made)
        return StreamedBin(rates / self._width, factors, inputs)

    def _checked(self, counts: Any, external_inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        problems = Problems("this bin does not fit the network")
        spikes, shape = np.asarray(counts), (self.num_neurons,)
        whole = spikes.dtype.kind in "biuf" and not no_counts(spikes).any()
        problems.require(
            spikes.shape == shape and whole,
            f"`counts` must be {self.num_neurons} whole numbers of spikes, 0 to {MOST_SPIKES}; got shape "
            f"{spikes.shape} of {spikes.dtype}",
        )
        given = () if external_inputs is None else external_inputs
        external = np.asarray(given, np.float32)
        problems.require(
            external.shape == (self.num_external,) and bool(np.isfinite(external).all()),
            f"`external_inputs` must be {self.num_external} finite numbers; got shape {external.shape}",
        )
        problems.raise_if_any()
        return spikes[self._encoded].astype(np.float32), external


def compile_stream(model: LFADS, num_samples: int, seed: int) -> Compiled:
    """The functions of a stream, the network's weights built in."""
    lag, key = model.config.controller_lag, run_key(seed)
    to_encoders = model.config.external_inputs_to == "encoders"
    encoder, decoder = model.controller_encoder, model.decoder

    def samples_keys(trial: Array) -> TrialKeys:
        def one(number: Array) -> Array:
            return trial_keys(jr.fold_in(key, number), trial[None])[0]

        return jax.vmap(one)(jnp.arange(num_samples))

    def begin(segment: Array, external: Array, trial: Array) -> Carried:
        keys = samples_keys(trial)
        inputs = EncoderInputs(segment, None, external if external.shape[-1] else None)
        nothing = Noise(jnp.zeros((1, 0)), None, None)
        posterior = _of_segment(model).encode(inputs, nothing).initial_condition
        latent = posterior.mean.shape[-1]
        noise = as_normal(draw_words(keys, ONCE, 1, latent))[0]
        codes = jax.tree.map(lambda x: jnp.broadcast_to(x, (num_samples, latent)), posterior)
        state = model.code_to_generator(codes.sample(noise))
        recent = None
        if encoder is not None:
            # States beyond the start of the trial are zeros; the first row is the state to go on from.
            before = jnp.zeros((lag + 1, 1, encoder.forward_initial_state.shape[0]))
            recent = before.at[0].set(encoder.forward_initial_state)
            state = decoder.start(state)
        return Carried(keys, recent, state)

    def advance(
        carried: Carried, counts: Array, external: Array, at: Array
    ) -> tuple[Carried, tuple[Array, Array, Array | None]]:
        seen = counts[None, None, :]
        measured = external[None, None, :] if external.shape[-1] else None
        seen = seen if model.read_in is None else model.read_in(seen)
        if to_encoders and measured is not None:
            seen, measured = jnp.concatenate([seen, measured], axis=-1), None
        if measured is not None:
            measured = jnp.broadcast_to(measured, (1, num_samples, measured.shape[-1]))
        inferred = recent = None
        if encoder is None or carried.recent is None:
            nothing = jnp.zeros((1, num_samples, 0))
            states = decoder.generator(
                nothing if measured is None else measured,
                carried.decoder,
                state_limit=decoder.state_limit,
            )
            state, factors = states[-1], (states @ decoder.unit_factor_weights())[0]
        else:
            new = encoder.forward(seen, carried.recent[0], state_limit=encoder.state_limit)
            recent = jnp.concatenate([new, carried.recent[:-1]])
            encoded = _lagged(recent, at - model.config.initial_condition_length, lag)
            words = draw_words(carried.keys, EACH_BIN, 1, decoder.num_inferred_inputs, at)
            encoded = jnp.broadcast_to(encoded, (1, num_samples, encoded.shape[-1]))
            inputs = DecoderInputs(encoded, measured, as_normal(words))
            state, out = decoder.advance(carried.decoder, inputs)
            factors, inferred = out.factors[0], out.inferred_inputs[0].mean(0)
        rates = model.distributions(model.read_outs(factors))["mean"]
        return Carried(carried.keys, recent, state), (rates.mean(0), factors.mean(0), inferred)

    return Compiled(eqx.filter_jit(begin), eqx.filter_jit(advance))


def _of_segment(model: LFADS) -> LFADS:
    """The network without its controller's encoder: its initial condition alone is wanted."""
    return eqx.tree_at(lambda m: m.controller_encoder, model, None, is_leaf=lambda x: x is None)


def _lagged(recent: Array, num_done: Array, lag: int) -> Array:
    """The state of `lag` bins ago; zeros where the trial had not begun."""
    return jnp.where(num_done >= lag, recent[lag], 0)
