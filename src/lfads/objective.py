"""The objective: reconstruction, Kullback-Leibler and L2 terms, each by its name.

At KL weights of 1 and without L2 the negative of `total` is the evidence lower bound in nats per trial,

    ELBO = sum_tn log p(x_tn | rate_tn) - KL(q(z0) || p(z0)) - KL(q(u) || p(u)),

(Pandarinath et al. 2018, Online Methods), estimated with one sample of z0 and u. Terms of the network
itself are added to the loss of a step: the L2 penalty, `observation_penalty`, `SlowOffsets.penalty`.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Shaped

from lfads.augmentation.augmentation import FIRST_USE, Given, augmented, with_gradient_weight
from lfads.augmentation.sample_validation import draw_removed
from lfads.config import ObjectiveConfig
from lfads.data.places import Between
from lfads.hyperparameters import HyperParameters
from lfads.model.channel_terms import weight_of_channels
from lfads.model.distributions import DiagonalGaussian
from lfads.model.lfads import LFADS, EncoderInputs, Trajectories
from lfads.model.noise import draw_noise
from lfads.model.observations.modalities import weights_of_modalities
from lfads.model.readin import SessionOf
from lfads.randomness import TrialKeys


class Batch(NamedTuple):
    """Trials on the device, time first.

    Where sessions share a network, `session` says of which one a trial is, and neurons that its session
    does not have hold 0. `weight` is that of a trial in the objective (None: all count the same), `beside`
    the training trials on both sides of each, for slow offsets.
    """

    counts: Float[Array, "time trial neuron"]
    valid: Bool[Array, "time trial"] | None
    observed: Bool[Array, "time trial neuron"] | None
    external_inputs: Float[Array, "time trial external_input"] | None
    keys: TrialKeys
    trial_ids: Int[Array, " trial"]
    session: SessionOf = None
    weight: Float[Array, " trial"] | None = None
    beside: Between | None = None


class TrialTerms(NamedTuple):
    """Terms of each trial, in nats; `num_scored` counts the samples in `nll`.

    `nll_removed` and `num_removed` are of the samples that sample validation removed.
    """

    nll: Float[Array, " trial"]
    kl_initial_condition: Float[Array, " trial"]
    kl_inferred_inputs: Float[Array, " trial"]
    num_scored: Int[Array, " trial"]
    nll_removed: Float[Array, " trial"]
    num_removed: Int[Array, " trial"]


def trial_terms(
    model: LFADS,
    batch: Batch,
    hyperparameters: HyperParameters | None,
    config: ObjectiveConfig,
    *,
    num_segments: int = 1,
) -> TrialTerms:
    """Terms of the objective for each trial of a batch.

    With `hyperparameters` this is the training pass, with dropout and coordinated dropout; without,
    the evaluation pass.
    """
    removed, whole = removed_samples(model, batch, config.sample_validation_rate), batch
    if removed is not None:
        batch = batch._replace(
            observed=~removed if batch.observed is None else batch.observed & ~removed
        )
    counts = seen_counts(model, batch)
    if removed is not None:
        start = model.config.initial_condition_length
        scaled = counts[start:] / (1 - config.sample_validation_rate)
        counts = jnp.concatenate([counts[:start], scaled])
    rate = None if hyperparameters is None else hyperparameters.dropout_rate
    noise = draw_noise(batch.keys, model.noise_sizes(), rate)
    weight = trial_weight = None
    if hyperparameters is not None:
        num_exempt, valid = model.config.initial_condition_length, encoded_valid(model, batch)
        given = Given(
            batch.keys, FIRST_USE, hyperparameters, config, num_exempt, valid,
            observed_of_encoded(model, batch), encoded_neurons(model, batch),
            share_recorded(model, whole),
        )  # fmt: skip
        counts, weight, trial_weight = augmented(counts, given)
    inputs = EncoderInputs(counts, encoded_valid(model, batch), batch.external_inputs, batch.beside)
    session = batch.session
    encoded = model.encode(inputs, noise, session=session, num_segments=num_segments)
    trajectories = model.decode(encoded, noise, session=session, num_segments=num_segments)
    weights = weights_of_modalities(config.modality_weights, model.config.observation)
    of_channels = weight_of_channels(model, batch.session, weights) if weights else None
    if trial_weight is not None:
        of_trials = trial_weight[None, :, None]
        of_channels = of_trials if of_channels is None else of_trials * of_channels
    nll, num_scored = negative_log_likelihood(model, batch, trajectories, weight, of_channels)
    nll_removed, num_removed = jnp.zeros_like(nll), jnp.zeros_like(num_scored)
    if removed is not None:
        known = removed if whole.observed is None else removed & whole.observed
        nll_removed, num_removed = negative_log_likelihood(
            model, whole._replace(observed=known), lax.stop_gradient(trajectories), None
        )
    prior, code = model.initial_condition_prior, trajectories.initial_condition
    return TrialTerms(
        nll=nll,
        kl_initial_condition=prior.divergence(encoded.initial_condition, code),
        kl_inferred_inputs=input_divergence(model, batch, trajectories),
        num_scored=num_scored,
        nll_removed=nll_removed,
        num_removed=num_removed,
    )


def removed_samples(
    model: LFADS, batch: Batch, rate: float
) -> Bool[Array, "time trial neuron"] | None:
    """Samples that sample validation removes: encoded and modelled ones alone. None at rate 0."""
    if rate == 0:
        return None
    start, num_bins = model.config.initial_condition_length, model.shapes.num_encoded_bins
    num_neurons = seen_counts(model, batch).shape[2]
    drawn = draw_removed(batch.trial_ids, rate, num_bins, num_neurons)
    drawn = drawn.at[:start].set(False)
    encoded_bins = encoded_valid(model, batch)
    if encoded_bins is not None:  # of short trials the forward bins come sooner
        drawn = drawn & encoded_bins[:, :, None]
    if drawn.shape == batch.counts.shape and batch.session is None:
        return drawn
    return among_all(model, batch, drawn, jnp.zeros(batch.counts.shape, bool))


def among_all(
    model: LFADS, batch: Batch, encoded: Array, others: Array
) -> Shaped[Array, "time trial neuron"]:
    """Values of encoded samples in their places among those of all samples."""
    num_bins = encoded.shape[0]
    if batch.session is None:
        places = jnp.asarray(model.shapes.sessions[0].encoded_neurons)
        return others.at[:num_bins, :, places].set(encoded)
    is_encoded = jnp.asarray(model.shapes.neurons_of_sessions()[1])[batch.session]
    return others.at[:num_bins].set(jnp.where(is_encoded[None], encoded, others[:num_bins]))


def seen_counts(model: LFADS, batch: Batch) -> Float[Array, "time trial neuron"]:
    """Counts of the encoded bins and neurons, 0 where missing.

    Where sessions share the network all neurons are there, those that are not encoded with 0.
    """
    counts = model.seen(batch.counts, batch.session)
    if batch.observed is not None:
        counts = jnp.where(batch.observed, counts, 0)
    return _of_encoded(model, batch, counts)


def observed_of_encoded(model: LFADS, batch: Batch) -> Bool[Array, "time trial neuron"] | None:
    """Of the same samples those that are not missing; None if none is."""
    return None if batch.observed is None else _of_encoded(model, batch, batch.observed)


def encoded_neurons(model: LFADS, batch: Batch) -> Bool[Array, "trial neuron"] | None:
    """Neurons that each trial's session has and encodes; None where there is one session."""
    if batch.session is None:
        return None
    return jnp.asarray(model.shapes.neurons_of_sessions()[1])[batch.session]


def _of_encoded(model: LFADS, batch: Batch, values: Array) -> Array:
    """Values of encoded bins and neurons; 0 of others, where sessions share the network."""
    values = values[: model.shapes.num_encoded_bins]
    encoded = encoded_neurons(model, batch)
    if encoded is not None:
        return jnp.where(encoded[None], values, jnp.zeros_like(values))
    shape = model.shapes.sessions[0]
    if shape.num_encoded_neurons == shape.num_neurons:
        return values
    return values[:, :, jnp.asarray(shape.encoded_neurons)]


def encoded_samples(model: LFADS, batch: Batch) -> Bool[Array, "time trial neuron"]:
    """True for samples that the encoders see: recorded, of neurons that are not held out, not forward."""
    encoded, valid = jnp.ones(seen_counts(model, batch).shape, bool), encoded_valid(model, batch)
    if valid is not None:
        encoded = encoded & valid[:, :, None]
    encoded = among_all(model, batch, encoded, jnp.zeros(batch.counts.shape, bool))
    return encoded if batch.observed is None else encoded & batch.observed


def encoded_valid(model: LFADS, batch: Batch) -> Bool[Array, "time trial"] | None:
    """Bins of each trial that the encoders see: all but the last, forward ones."""
    if batch.valid is None:
        return None
    return batch.valid[model.shapes.num_forward_bins :]


def negative_log_likelihood(
    model: LFADS,
    batch: Batch,
    trajectories: Trajectories,
    gradient_weight: Float[Array, "time trial neuron"] | None,
    weight_over_time: Float[Array, "1 #trial #channel"] | None = None,
) -> tuple[Float[Array, " trial"], Int[Array, " trial"]]:
    """Sum over each trial's known samples, and their number.

    `gradient_weight` is given for encoded samples; held-out neurons and forward bins keep weight 1.
    `weight_over_time` multiplies the gradient of all bins of a trial's channel.
    """
    start = model.config.initial_condition_length
    parameters = model.distributions(trajectories.read_outs, batch.session)
    values = -model.observation.log_density(batch.counts[start:], parameters, jnp)
    if gradient_weight is not None:
        encoded_bins = encoded_valid(model, batch)
        if encoded_bins is not None:  # the forward bins of a short trial are not encoded either
            gradient_weight = jnp.where(encoded_bins[:, :, None], gradient_weight, 1)
        weight = gradient_weight[start:]
        if weight.shape != values.shape or batch.session is not None:
            weight = among_all(model, batch, weight, jnp.ones_like(values))
        values = with_gradient_weight(values, weight)
    if weight_over_time is not None:
        values = with_gradient_weight(values, jnp.broadcast_to(weight_over_time, values.shape))
    known = _known(model, batch)
    if known is None:
        return values.sum((0, 2)), jnp.full(values.shape[1], values.shape[0] * values.shape[2])
    return jnp.where(known, values, 0).sum((0, 2)), known.sum((0, 2))


def _known(model: LFADS, batch: Batch) -> Bool[Array, "time trial neuron"] | None:
    """Samples within their trial and session that were recorded; None if all are."""
    start, shape = model.config.initial_condition_length, batch.counts.shape
    masks = [] if batch.observed is None else [batch.observed]
    if batch.valid is not None:
        masks.append(jnp.broadcast_to(batch.valid[:, :, None], shape))
    if batch.session is not None:
        there = jnp.asarray(model.shapes.neurons_of_sessions()[0])[batch.session]
        masks.append(jnp.broadcast_to(there[None], shape))
    return functools.reduce(jnp.logical_and, masks)[start:] if masks else None


def share_recorded(model: LFADS, batch: Batch) -> Float[Array, " trial"] | None:
    """Of what is modelled of each trial; None if all was recorded."""
    if batch.observed is None:
        return None
    known, inside = (_known(model, b) for b in (batch, batch._replace(observed=None)))
    assert known is not None
    whole = known.shape[0] * known.shape[2] if inside is None else inside.sum((0, 2))
    return known.sum((0, 2)) / jnp.maximum(whole, 1)


def input_divergence(
    model: LFADS, batch: Batch, trajectories: Trajectories
) -> Float[Array, " trial"]:
    """Divergence of the inputs' posterior from their prior, given the sample that drove the generator."""
    found = _posterior_of_inputs(model, batch, trajectories)
    if model.input_prior is None or found is None:
        return jnp.zeros(trajectories.factors.shape[1])
    return model.input_prior.divergence(*found)


def divergence_of_each_input(
    model: LFADS, batch: Batch, trajectories: Trajectories
) -> Float[Array, "trial input"]:
    """`input_divergence`, input by input; their sum where the prior's inputs are independent.

    Of each what it adds, given the others' past, not the divergence of its own course alone.
    """
    found = _posterior_of_inputs(model, batch, trajectories)
    if model.input_prior is None or found is None:
        return jnp.zeros((trajectories.factors.shape[1], 0))
    posterior, inputs, valid = found
    each = []
    for number in range(inputs.shape[2]):
        posterior_alone, inputs_alone = jax.tree.map(
            lambda x, k=number: x[..., k : k + 1], (posterior, inputs)
        )
        prior = model.input_prior.alone(number)
        each.append(prior.divergence(posterior_alone, inputs_alone, valid))
    return jnp.stack(each, axis=1)


def _posterior_of_inputs(
    model: LFADS, batch: Batch, trajectories: Trajectories
) -> tuple[DiagonalGaussian, Array, Array | None] | None:
    """The posterior, its sample and the bins that count; None without inputs."""
    inputs, mean = trajectories.inferred_inputs, trajectories.input_mean
    log_variance = trajectories.input_log_variance
    if inputs is None or mean is None or log_variance is None:
        return None
    valid = batch.valid
    if valid is not None:
        valid = valid[model.config.initial_condition_length :]
    return DiagonalGaussian(mean, jnp.exp(log_variance)), inputs, valid


def l2_penalty(model: LFADS, hyperparameters: HyperParameters) -> Float[Array, ""]:
    """sum 0.5 s ||U||² over penalised recurrent kernels, divided by the number of their entries."""
    penalised = [(hyperparameters.generator_l2_weight, model.decoder.generator.penalised())]
    if model.decoder.controller is not None:
        controller = model.decoder.controller.gru.penalised()
        penalised.append((hyperparameters.controller_l2_weight, controller))
    total, num_entries = jnp.zeros(()), jnp.zeros(())
    for scale, kernels in penalised:
        squares = sum(((kernel**2).sum() for kernel in kernels), start=jnp.zeros(()))
        total = total + 0.5 * scale * squares
        size = sum(kernel.size for kernel in kernels)
        num_entries = num_entries + jnp.where(scale > 0, size, 0)
    return total / jnp.maximum(num_entries, 1)
