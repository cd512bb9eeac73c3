"""The whole network: spikes in, posterior of the initial condition and inputs, and read-outs out.

`encode` and `decode` are apart, so that many posterior samples share the encoders' work. Sizes come
from `Shapes`, which describes the data, and from the `ModelSettings`.

Pandarinath et al. 2018, Nature Methods 15:805, Online Methods. Not here: the objective, augmentation,
and anything about files or devices.
"""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from lfads.config import ModelSettings
from lfads.model.decoder import Decoded, Decoder
from lfads.model.distributions import DiagonalGaussian
from lfads.model.encoder import Encoder, encoded_size, lagged, summary_code
from lfads.model.linear import Linear
from lfads.model.noise import DropoutMasks, Noise, NoiseSizes
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.observation import Observation, Parameters
from lfads.model.passes import Encoded, EncoderInputs, Trajectories
from lfads.model.priors.prior import InitialConditionPrior, InputPrior
from lfads.model.readin import ReadIn, SessionOf, SessionReadIns
from lfads.model.readout import ReadOut, SessionReadOuts
from lfads.model.recurrence.gates import drop
from lfads.model.shapes import Shapes
from lfads.model.slow_offsets import SlowOffsets


class LFADS(eqx.Module):
    """Parameters of the network, and the passes through it.

    `more_read_outs` are those that an observation has beyond the first, `observation_values` its own
    values, in the order of its `own_names`. `slow_offsets` are of networks that have them.

    Examples
    --------
    >>> run.model.shapes.sessions[0].num_neurons, run.model.config.num_factors
    (5, 2)
    """

    read_in: ReadIn | SessionReadIns | None
    initial_condition_encoder: Encoder
    code_to_posterior: Linear
    code_to_generator: Linear
    initial_condition_prior: InitialConditionPrior
    controller_encoder: Encoder | None
    decoder: Decoder
    input_prior: InputPrior | None
    read_out: ReadOut | SessionReadOuts
    more_read_outs: tuple[ReadOut | SessionReadOuts, ...]
    observation_values: tuple[Float[Array, "*session neuron"], ...]
    config: ModelSettings = eqx.field(static=True)
    shapes: Shapes = eqx.field(static=True)
    slow_offsets: SlowOffsets | None = None

    @property
    def observation(self) -> Observation:
        """How what was recorded is distributed, given the read-outs."""
        return observation_of(self.config.observation)

    @property
    def num_decoded_bins(self) -> int:
        """Bins that are reconstructed."""
        return self.shapes.num_bins - self.config.initial_condition_length

    def with_bins(self, num_bins: int) -> "LFADS":
        """The network for trials of another length."""
        return replace(self, shapes=self.shapes._replace(num_bins=num_bins))

    def of_session(self, session: int) -> "LFADS":
        """The network of one session alone."""
        chosen = self.shapes.sessions[session]
        read_in, read_out = self.read_in, self.read_out
        if isinstance(read_in, SessionReadIns):
            read_in = read_in.of_session(session, chosen.encoded_neurons)
        more, own = self.more_read_outs, self.observation_values
        if isinstance(read_out, SessionReadOuts):
            read_out, *more = (
                each.of_session(session, chosen.num_neurons)
                for each in (read_out, *more)
                if isinstance(each, SessionReadOuts)
            )
            own = tuple(values[session, : chosen.num_neurons] for values in own)
        slow = self.slow_offsets
        if slow is not None and len(slow.places) > 1:
            slow = slow.of_session(session)
        return replace(
            self,
            read_in=read_in,
            read_out=read_out,
            more_read_outs=tuple(more),
            observation_values=own,
            shapes=self.shapes._replace(
                sessions=(chosen,), slow_places=() if slow is None else slow.places
            ),
            slow_offsets=slow,
        )

    def holding_last_offset(self) -> "LFADS":
        """The network of one session after its last training trial: that one's offset is in the bias."""
        if self.slow_offsets is None:
            return self
        return replace(
            self,
            read_out=replace(self.read_out, bias=self.read_out.bias + self.slow_offsets.last()),
            config=replace(self.config, slow_offsets=0),
            shapes=self.shapes._replace(slow_places=()),
            slow_offsets=None,
        )

    def noise_sizes(self) -> NoiseSizes:
        """Sizes of the noise of one pass."""
        num_inputs = self.config.read_in_size or self.shapes.sessions[0].num_encoded_neurons
        config, num_external = self.config, self.shapes.num_external_inputs
        encoder = self.controller_encoder
        return NoiseSizes(
            num_bins=self.shapes.num_bins,
            num_encoded_bins=self.shapes.num_encoded_bins,
            first_decoded_bin=self.config.initial_condition_length,
            encoder_inputs=num_inputs + num_external * config.encodes_external_inputs,
            code=self.code_to_posterior.weights.shape[0],
            encoded=0 if encoder is None else encoded_size(encoder),
            factors=self.decoder.factor_weights.shape[1],
            generator=self.decoder.factor_weights.shape[0],
            external_inputs=num_external * config.drives_by_external_inputs,
            latent=self.code_to_generator.weights.shape[0],
            inferred_inputs=self.config.num_inferred_inputs,
        )

    def encode(
        self,
        inputs: EncoderInputs,
        noise: Noise,
        *,
        session: SessionOf = None,
        num_segments: int = 1,
    ) -> Encoded:
        """Posterior of the initial condition, and the controller's input at each decoded bin."""
        masks = noise.dropout
        seen, external = self.shown(inputs, session)
        if masks is not None:
            seen = drop(seen, masks.encoder_inputs, masks.scale)
        segment_end = self.config.initial_condition_length
        external = None if external is None else external[segment_end:]
        posterior = self.initial_condition(seen, inputs.valid, masks, num_segments)
        offsets = None
        if self.slow_offsets is not None:
            offsets = self.slow_offsets(inputs.beside, session)
        if self.controller_encoder is None:
            return Encoded(posterior, None, external, offsets=offsets)
        valid = None if inputs.valid is None else inputs.valid[segment_end:]
        forward, backward = self.controller_encoder(seen[segment_end:], valid, num_segments)
        encoded = lagged(forward, backward, valid, self.config.controller_lag)
        ahead = ((0, self.shapes.num_forward_bins), (0, 0), (0, 0))
        return Encoded(posterior, jnp.pad(encoded, ahead), external, offsets=offsets)

    def shown(
        self, inputs: EncoderInputs, session: SessionOf = None
    ) -> tuple[
        Float[Array, "time trial input"], Float[Array, "all_time trial external_input"] | None
    ]:
        """What the encoders are shown at each bin, and what is left for the generator."""
        seen = inputs.counts if self.read_in is None else self.read_in(inputs.counts, session)
        external = inputs.external_inputs
        if external is None:
            return seen, None
        if self.config.encodes_external_inputs:
            seen = jnp.concatenate([seen, external[: seen.shape[0]]], axis=-1)
        return seen, external if self.config.drives_by_external_inputs else None

    def initial_condition(
        self,
        seen: Float[Array, "time trial input"],
        valid: Bool[Array, "time trial"] | None = None,
        masks: DropoutMasks | None = None,
        num_segments: int = 1,
    ) -> DiagonalGaussian:
        """Posterior of the initial condition, from what its encoder is shown."""
        segment_end = self.config.initial_condition_length or None
        valid = None if valid is None else valid[:segment_end]
        forward, backward = self.initial_condition_encoder(seen[:segment_end], valid, num_segments)
        code = summary_code(forward, backward)
        if masks is not None:
            code = drop(code, masks.code, masks.scale)
        mean, log_variance = jnp.split(self.code_to_posterior(code), 2, axis=-1)
        return DiagonalGaussian(mean, jnp.exp(log_variance) + self.config.posterior_variance_floor)

    def decode(
        self, encoded: Encoded, noise: Noise, *, session: SessionOf = None, num_segments: int = 1
    ) -> Trajectories:
        """Sample the initial condition and inputs, and run the generator."""
        code = encoded.initial_condition.sample(noise.initial_condition)
        initial_state = self.code_to_generator(code)
        decoded = self.decoder(
            initial_state,
            encoded.controller_inputs,
            encoded.external_inputs,
            noise.inferred_inputs,
            noise.dropout,
            num_bins=self.num_decoded_bins,
            num_segments=num_segments,
            products=encoded.controller_products,
        )
        return self.trajectories(code, initial_state, decoded, session, encoded.offsets)

    def for_samples(self, encoded: Encoded) -> Encoded:
        """With what all posterior samples share, to be decoded many times without a gradient."""
        return encoded._replace(
            controller_products=self.decoder.products_of(encoded.controller_inputs)
        )

    def generate(
        self,
        noise: Noise,
        external_inputs: Float[Array, "time trial external_input"] | None = None,
    ) -> Trajectories:
        """Draw initial conditions and inputs from the prior of a network of one session, and run it.

        Without slow offsets: see `holding_last_offset`.
        """
        code = self.initial_condition_prior.sample(noise.initial_condition)
        initial_state = self.code_to_generator(code)
        inputs = None
        if self.input_prior is not None and noise.inferred_inputs is not None:
            inputs = self.input_prior.sample(noise.inferred_inputs)
        if not self.config.drives_by_external_inputs:
            external_inputs = None
        decoded = self.decoder.drive(initial_state, inputs, external_inputs, self.num_decoded_bins)
        return self.trajectories(code, initial_state, decoded)

    def trajectories(
        self,
        code: Float[Array, "trial latent"],
        initial_state: Float[Array, "trial unit"],
        decoded: Decoded,
        session: SessionOf = None,
        offsets: Float[Array, "trial neuron"] | None = None,
    ) -> Trajectories:
        """What was decoded, with its read-out."""
        return Trajectories(
            self.read_outs(decoded.factors, session, offsets),
            decoded.factors,
            decoded.generator_states,
            code,
            initial_state,
            *decoded[2:],
        )

    def read_outs(
        self,
        factors: Float[Array, "*time trial factor"],
        session: SessionOf = None,
        offsets: Float[Array, "trial neuron"] | None = None,
    ) -> tuple[Float[Array, "*time trial neuron"], ...]:
        """The values that are read out for each neuron, as many as the observation takes.

        `offsets` are added to the first of them.
        """
        first, *more = (each(factors, session) for each in (self.read_out, *self.more_read_outs))
        if offsets is not None:
            first = first + jnp.broadcast_to(offsets, first.shape)
        return first, *more

    def distributions(
        self, read_outs: tuple[Float[Array, "*time trial neuron"], ...], session: SessionOf = None
    ) -> Parameters:
        """Parameters of the distributions of what is recorded, `mean` among them, in its unit."""
        own = self._own_values(read_outs[0].shape, session)
        return self.observation.parameters(read_outs, own, jnp)

    def seen(
        self, values: Float[Array, "time trial neuron"], session: SessionOf = None
    ) -> Float[Array, "time trial neuron"]:
        """What the encoders see of recorded values of all neurons; 0 stands for a missing one."""
        return self.observation.seen(values, self._own_values(values.shape, session), jnp)

    def _own_values(self, shape: tuple[int, ...], session: SessionOf) -> dict[str, Array]:
        """The observation's own values for each neuron of values of a shape `… trial neuron`."""
        lead, found = len(shape), {}
        for name, own in zip(self.observation.own_names, self.observation_values, strict=True):
            values = own if session is None else own[session]
            values = values.reshape((1,) * (lead - values.ndim) + values.shape)
            found[name] = jnp.broadcast_to(values, shape)
        return found
