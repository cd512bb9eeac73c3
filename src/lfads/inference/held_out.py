"""Every encoded sample predicted by a network that sees neither it nor its neuron's block of bins.

Samples are put into folds, block by block of bins of one neuron, and each fold is hidden from the encoders
in turn, the others scaled up as coordinated dropout does (Keshtkaran & Pandarinath 2019). Blocks beside a
hidden one are seen, and other neurons in the same bins. The network is trained so, and no other is needed.
Errors of rates last longer than a bin: hidden blocks show them beside Poisson noise, which does not.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lfads.inference.batches import in_parts, trials_per_batch
from lfads.inference.encoding import encode_trials, noise_of_sample
from lfads.model.lfads import LFADS, Encoded, Trajectories
from lfads.objective import among_all, encoded_samples
from lfads.randomness import run_key
from lfads.training.batching import TrialArrays

NUM_FOLDS = 10
BLOCK_BINS = 10


class HeldOut(NamedTuple):
    """Predictions of samples that the encoders did not see; bins are those that are decoded.

    Parameters
    ----------
    rates
        Predicted means in the unit of the data.
    fold
        In which each sample was hidden; -1 where it was not: of held-out neurons, in forward bins, behind a
        trial's end, or not recorded.
    """

    rates: Float[np.ndarray, "trial time neuron"]
    fold: Int[np.ndarray, "trial time neuron"]


def held_out_rates(
    model: LFADS,
    trials: TrialArrays,
    *,
    silenced: tuple[int, ...] = (),
    num_folds: int = NUM_FOLDS,
    block_bins: int = BLOCK_BINS,
    num_samples: int = 16,
    seed: int = 0,
) -> HeldOut:
    """Mean rates of each sample, inferred from the samples of the other folds.

    Parameters
    ----------
    model
        A trained network of one session (`LFADS.of_session`).
    trials
        Trials, encoded without dropout.
    silenced
        Numbers of inferred inputs that are 0 instead of what was inferred.
    num_folds
        Each hides one in so many samples.
    block_bins
        Bins of a neuron that are hidden together.
    num_samples
        Posterior samples that are averaged.
    seed
        Of folds and samples; the same seed, the same folds and noise, whatever is silenced.
    """
    (found,) = held_out_rates_of_each(
        model, trials, (silenced,), num_folds=num_folds, block_bins=block_bins,
        num_samples=num_samples, seed=seed,
    )  # fmt: skip
    return found


def held_out_rates_of_each(
    model: LFADS,
    trials: TrialArrays,
    silenced: tuple[tuple[int, ...], ...],
    *,
    num_folds: int = NUM_FOLDS,
    block_bins: int = BLOCK_BINS,
    num_samples: int = 16,
    seed: int = 0,
) -> list[HeldOut]:
    """`held_out_rates` for several choices of inputs that are silenced, from the same posterior samples.

    Where any is silenced, the generator is driven anew for each choice, so that an input without effect
    changes nothing at all.

    Parameters
    ----------
    silenced
        The inputs of each choice.
    model, trials, num_folds, block_bins, num_samples, seed
        As in `held_out_rates`.
    """
    num_trials = trials.counts.shape[0]
    fold = folds_of(model, trials.trial_id, num_folds, block_bins, seed)
    shape = (num_trials, model.num_decoded_bins, trials.counts.shape[2])
    rates = np.zeros((len(silenced), *shape), np.float32)
    hidden_in = np.full(shape, -1, np.int8)
    for part in in_parts(trials, trials_per_batch(model, trials)):
        folds = np.full((len(part.filled), *fold.shape[1:]), -1, np.int8)
        folds[part.filled] = fold[part.numbers]
        for number in range(num_folds):
            found, scored = _of_fold(
                model, part.trials, jnp.asarray(folds == number), run_key(seed), silenced,
                num_samples, 1 / num_folds,
            )  # fmt: skip
            chosen = np.asarray(scored)[part.filled]
            predicted = np.asarray(found)[:, part.filled]
            rates[:, part.numbers] = np.where(chosen, predicted, rates[:, part.numbers])
            hidden_in[part.numbers] = np.where(chosen, number, hidden_in[part.numbers])
    return [HeldOut(each, hidden_in) for each in rates]


def folds_of(
    model: LFADS, trial_ids: Int[np.ndarray, " trial"], num_folds: int, block_bins: int, seed: int
) -> Int[np.ndarray, "trial encoded_time encoded_neuron"]:
    """The fold of each encoded sample: blocks of bins of a neuron, as many neurons of each fold in a block.

    Blocks of different neurons begin in different bins. The initial condition's own segment is in none.
    """
    shape = model.shapes.sessions[0]
    start, num_bins = model.config.initial_condition_length, model.shapes.num_encoded_bins
    num_neurons = shape.num_encoded_neurons
    num_blocks = -(-num_bins // block_bins) + 1
    folds = np.full((len(trial_ids), num_bins, num_neurons), -1, np.int8)
    for place, trial in enumerate(trial_ids):
        rng = np.random.default_rng([seed, int(trial)])
        order = rng.permuted(np.tile(np.arange(num_neurons), (num_blocks, 1)), axis=1)
        # A first fold for each block, for where there are fewer neurons than folds.
        first = rng.integers(0, num_folds, (num_blocks, 1))
        of_block = (first + order * num_folds // num_neurons) % num_folds
        late = rng.integers(0, block_bins, num_neurons)
        block = (np.arange(num_bins)[:, None] + late) // block_bins
        folds[place] = np.take_along_axis(of_block, block, axis=0)
        folds[place, :start] = -1
    return folds


@eqx.filter_jit
def _of_fold(
    model: LFADS,
    trials: TrialArrays,
    hidden: Bool[Array, "trial encoded_time encoded_neuron"],
    key: PRNGKeyArray,
    silenced: tuple[tuple[int, ...], ...],
    num_samples: int,
    share: float,
) -> tuple[Float[Array, "choice trial time neuron"], Bool[Array, "trial time neuron"]]:
    """Mean rates where a fold is hidden, and the samples of the fold that were recorded."""
    hidden = jnp.swapaxes(hidden, 0, 1)
    batch, encoded = encode_trials(model, trials, key, hidden, share)

    def of_sample(number: Int[Array, ""] | int) -> Float[Array, "choice time trial neuron"]:
        noise = noise_of_sample(model, batch.trial_ids, key, jnp.asarray(number))
        trajectories = model.decode(encoded, noise)
        if trajectories.inferred_inputs is None or not any(silenced):
            rates = model.distributions(trajectories.read_outs)["mean"]
            return jnp.broadcast_to(rates, (len(silenced), *rates.shape))
        choices = (factors_without(model, trajectories, encoded, each) for each in silenced)
        read_outs = (model.read_outs(factors, offsets=encoded.offsets) for factors in choices)
        return jnp.stack([model.distributions(each)["mean"] for each in read_outs])

    num_trials, _, num_neurons = trials.counts.shape
    nothing = jnp.zeros((len(silenced), model.num_decoded_bins, num_trials, num_neurons))
    # a sum, since samples of all choices side by side would not fit where neurons are many
    total = jax.lax.fori_loop(0, num_samples, lambda n, so_far: so_far + of_sample(n), nothing)
    rates = total / num_samples
    everywhere = among_all(model, batch, hidden, jnp.zeros(batch.counts.shape, bool))
    scored = (everywhere & encoded_samples(model, batch))[model.config.initial_condition_length :]
    return jnp.swapaxes(rates, 1, 2), jnp.swapaxes(scored, 0, 1)


def factors_without(
    model: LFADS, trajectories: Trajectories, encoded: Encoded, silenced: tuple[int, ...]
) -> Float[Array, "time trial factor"]:
    """Factors of the generator from the same initial state, with some of the same inputs at 0."""
    inputs = trajectories.inferred_inputs
    if inputs is not None and silenced:
        inputs = inputs.at[..., jnp.asarray(silenced)].set(0)
    return model.decoder.drive(
        trajectories.generator_initial_state, inputs, encoded.external_inputs,
        model.num_decoded_bins,
    ).factors  # fmt: skip
