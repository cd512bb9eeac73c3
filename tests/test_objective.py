"""The objective's terms: padding, missing samples, order, coordinated dropout, and the penalty."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle.networks import (
    Case,
    assert_close,
    compiled,
    make_batch,
    make_hyper,
    make_model,
    oracle_parameters,
)
from tests.oracle.numpy_lfads import l2_penalty as l2_of_the_oracle

from lfads.augmentation.coordinated_dropout import draw_coordinated_dropout, scored_weight
from lfads.config import ObjectiveConfig
from lfads.model.generators.vanilla import VanillaRNN
from lfads.model.lfads import LFADS, Trajectories
from lfads.objective import (
    Batch,
    TrialTerms,
    divergence_of_each_input,
    encoded_samples,
    input_divergence,
    l2_penalty,
    negative_log_likelihood,
    removed_samples,
    trial_terms,
)

TRAINING = {"dropout_rate": 0.3, "coordinated_dropout_rate": 0.4}
CASE = Case(
    "ragged", {"num_inferred_inputs": 2}, num_bins=5, num_neurons=4, held_out=(0,),
    num_forward_bins=1, num_external_inputs=1, num_trials=3, trial_lengths=(5, 3, 4),
    some_missing=True, hyper=TRAINING,
)  # fmt: skip
PADDED = Case(**{**vars(CASE), "num_bins": 12})


@compiled
def gradient_and_terms(model: LFADS, batch: Batch, hyper) -> tuple[LFADS, TrialTerms]:
    def loss(model):
        terms = trial_terms(model, batch, hyper, ObjectiveConfig())
        return sum(x.sum() for x in terms[:3]), terms

    return eqx.filter_grad(loss, has_aux=True)(model)


@compiled
def evaluated(model: LFADS, batch: Batch) -> TrialTerms:
    return trial_terms(model, batch, None, ObjectiveConfig())


def ragged_batch() -> Batch:
    return make_batch(CASE)


def padded(batch: Batch, num_more: int) -> Batch:
    """The same trials in more bins, with counts where there are no trials."""
    more = ((0, num_more), (0, 0), (0, 0))
    assert batch.valid is not None
    assert batch.observed is not None
    assert batch.external_inputs is not None
    return Batch(
        counts=jnp.pad(batch.counts, more, constant_values=3),
        valid=jnp.pad(batch.valid, more[:2]),
        observed=jnp.pad(batch.observed, more, constant_values=True),
        external_inputs=jnp.pad(batch.external_inputs, more, constant_values=1.5),
        keys=batch.keys,
        trial_ids=batch.trial_ids,
    )


def with_trials(batch: Batch, order: list[int]) -> Batch:
    at = jnp.asarray(order)
    arrays = [None if x is None else x[:, at] for x in batch[:4]]
    return Batch(*arrays, keys=batch.keys[at], trial_ids=batch.trial_ids[at])  # pyright: ignore[reportArgumentType]


# --- what must change nothing -----------------------------------------------------------------------


@pytest.mark.parametrize("encoder", ["gru", "lru"])
def test_padding_changes_no_term_and_no_gradient(encoder: str):
    """With dropout and coordinated dropout on, which are drawn for the padded bins, too."""
    case, longer = (
        dataclasses.replace(each, model={**each.model, "encoder": encoder})
        for each in (CASE, PADDED)
    )
    with jax.enable_x64(True):
        batch, hyper = ragged_batch(), make_hyper(CASE)
        gradient, terms = gradient_and_terms(make_model(case), batch, hyper)
        further = gradient_and_terms(make_model(longer), padded(batch, 7), hyper)
    assert_close(further[1], terms)
    assert_close(further[0], gradient)


@pytest.mark.parametrize("order", [[2, 0, 1], [1, 1, 0]])
def test_a_trial_has_the_same_terms_in_any_batch(order: list[int]):
    with jax.enable_x64(True):
        model, batch, hyper = make_model(CASE), ragged_batch(), make_hyper(CASE)
        _, terms = gradient_and_terms(model, batch, hyper)
        _, other = gradient_and_terms(model, with_trials(batch, order), hyper)
    assert_close(other, jax.tree.map(lambda x: np.asarray(x)[order], terms))


@given(order=st.permutations(range(3)))
def test_permuting_trials_permutes_their_terms(order: list[int]):
    with jax.enable_x64(True):
        model, batch = make_model(CASE), ragged_batch()
        terms = evaluated(model, batch)
        other = evaluated(model, with_trials(batch, order))
    assert_close(other, jax.tree.map(lambda x: np.asarray(x)[order], terms))


@given(order=st.permutations([1, 2, 3]))
def test_renumbering_neurons_and_their_weights_changes_nothing(order: list[int]):
    """Neuron 0 is held out: the others are the encoders' inputs 0, 1 and 2."""
    with jax.enable_x64(True):
        model, batch = make_model(CASE), ragged_batch()
        inputs, neurons = jnp.asarray(order) - 1, jnp.asarray([0, *order])
        assert model.controller_encoder is not None
        encoders = (model.initial_condition_encoder, model.controller_encoder)

        def neuron_weights(model):
            kernels = [
                gru.input_weights
                for encoder in (model.initial_condition_encoder, model.controller_encoder)
                for gru in (encoder.forward, encoder.backward)
            ]
            return [*kernels, model.read_out.weights, model.read_out.bias]

        *kernels, weights, bias = neuron_weights(model)
        assert len(kernels) == 2 * len(encoders)
        renumbered = [kernel[inputs] for kernel in kernels]
        other = eqx.tree_at(
            neuron_weights, model, [*renumbered, weights[:, neurons], bias[neurons]]
        )
        assert batch.observed is not None
        counts, observed = batch.counts[:, :, neurons], batch.observed[:, :, neurons]
        expected = evaluated(model, batch)
        mine = evaluated(other, batch._replace(counts=counts, observed=observed))
    assert_close(mine, expected)


def test_missing_counts_do_not_matter():
    with jax.enable_x64(True):
        model, batch = make_model(CASE), ragged_batch()
        assert batch.observed is not None
        other = batch._replace(counts=jnp.where(batch.observed, batch.counts, 40))
        assert_close(evaluated(model, other), evaluated(model, batch))


# --- coordinated dropout ----------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [None, (6, 4)], ids=["equal lengths", "unequal lengths"])
@pytest.mark.parametrize("rescale", [False, True])
def test_no_gradient_where_a_count_was_seen(lengths: tuple[int, ...] | None, rescale: bool):
    """Held-out neurons and forward bins are never seen, so they always count."""
    case = Case("scored", num_bins=6, num_neurons=4, held_out=(2,), num_forward_bins=2,
                trial_lengths=lengths)  # fmt: skip
    model, batch, rate = make_model(case), make_batch(case), jnp.float32(0.4)
    encoded, num_encoded = list(case.encoded_neurons), case.num_bins - case.num_forward_bins
    mask = draw_coordinated_dropout(batch.keys, rate, num_encoded, len(encoded))
    weight = scored_weight(mask, rate, rescale=rescale)
    nothing = jnp.zeros((6, 2, 0))

    def total(log_rates):
        trajectories = Trajectories(
            (log_rates,), nothing, nothing, nothing[0], nothing[0], None, None, None
        )
        return negative_log_likelihood(model, batch, trajectories, weight)[0].sum()

    log_rates = jnp.asarray(np.random.default_rng(0).standard_normal((6, 2, 4)), jnp.float32)
    gradient = jax.grad(total)(log_rates)

    factor = np.ones((6, 2, 4))
    for trial, length in enumerate(lengths or (6, 6)):
        for t in range(6):
            for n in range(4):
                if t >= length:
                    factor[t, trial, n] = 0
                elif t < length - 2 and n in encoded:
                    seen = bool(mask.seen[t, trial, encoded.index(n)])
                    factor[t, trial, n] = 0 if seen else 1 / 0.4 if rescale else 1
    expected = factor * (np.exp(log_rates) - np.asarray(batch.counts))
    np.testing.assert_allclose(gradient, expected, rtol=2e-5, atol=1e-5)


# --- penalty ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scales", [(2.0, 3.0), (2.0, 0.0), (0.0, 3.0), (0.0, 0.0)])
@pytest.mark.parametrize("num_inputs", [0, 1])
def test_penalty_by_its_formula(scales: tuple[float, float], num_inputs: int):
    hyper = {"generator_l2_weight": scales[0], "controller_l2_weight": scales[1]}
    case = Case("penalty", {"num_inferred_inputs": num_inputs}, hyper=hyper)
    model, traced = make_model(case), make_hyper(case)
    assert traced is not None
    parameters = oracle_parameters(model)
    kernels = []
    for gru, scale in zip((parameters.generator, parameters.controller), scales, strict=True):
        if gru is not None:
            kernels += [(U, scale) for U in (gru.U_r, gru.U_z, gru.U_n)]
    expected = l2_of_the_oracle(kernels)
    np.testing.assert_allclose(l2_penalty(model, traced), expected, rtol=1e-5)


def test_penalty_of_a_generator_without_gates_counts_its_matrix():
    hyper = {"generator_l2_weight": 2.0, "controller_l2_weight": 0.0}
    case = Case("penalty", {"num_inferred_inputs": 0, "generator": "vanilla_rnn"}, hyper=hyper)
    model, traced = make_model(case), make_hyper(case)
    assert traced is not None
    generator = model.decoder.generator
    assert isinstance(generator, VanillaRNN)
    expected = (np.asarray(generator.recurrent) ** 2).mean()
    np.testing.assert_allclose(l2_penalty(model, traced), expected, rtol=1e-6)


# --- sample validation ----------------------------------------------------------------------------

SAMPLED = Case(
    "sampled", num_bins=40, num_neurons=6, held_out=(1,), num_forward_bins=4, num_trials=5,
    model={"initial_condition_length": 3}, hyper=TRAINING,
)  # fmt: skip
REMOVING = ObjectiveConfig(sample_validation_rate=0.3)


@compiled
def removing(model: LFADS, batch: Batch, hyper) -> tuple[LFADS, TrialTerms]:
    def loss(model):
        terms = trial_terms(model, batch, hyper, REMOVING)
        return terms.nll.sum(), terms

    return eqx.filter_grad(loss, has_aux=True)(model)


@compiled
def gradient_of_removed(model: LFADS, batch: Batch) -> LFADS:
    return eqx.filter_grad(lambda m: trial_terms(m, batch, None, REMOVING).nll_removed.sum())(model)


def mask_of(model: LFADS, batch: Batch) -> np.ndarray:
    removed = removed_samples(model, batch, 0.3)
    assert removed is not None
    return np.asarray(removed)


def test_removed_samples_are_the_same_for_every_key_and_only_encoded_ones():
    model, batch = make_model(SAMPLED), make_batch(SAMPLED)
    removed = mask_of(model, batch)
    other = batch._replace(keys=batch.keys + 1)
    np.testing.assert_array_equal(removed, mask_of(model, other))
    assert not removed[:3].any()  # the segment of the initial condition
    assert not removed[-4:].any()  # forward bins
    assert not removed[:, :, 1].any()  # the held-out neuron
    encoded = removed[3:-4][:, :, [0, 2, 3, 4, 5]]
    assert encoded.mean() == pytest.approx(0.3, abs=0.04)
    assert not (removed[:, 0] == removed[:, 1]).all()
    last = batch._replace(trial_ids=batch.trial_ids[::-1])
    np.testing.assert_array_equal(mask_of(model, last), removed[:, ::-1])


def test_forward_bins_of_short_trials_are_not_removed():
    case = dataclasses.replace(SAMPLED, trial_lengths=(40, 20, 12, 30, 40))
    removed = mask_of(make_model(case), make_batch(case))
    for trial, length in enumerate(case.trial_lengths or ()):
        assert not removed[length - 4 :, trial].any()
        assert removed[3 : length - 4, trial].any()


def test_removed_counts_reach_nothing_but_their_own_score():
    model, batch, hyper = make_model(SAMPLED), make_batch(SAMPLED), make_hyper(SAMPLED)
    removed = mask_of(model, batch)
    changed = batch._replace(counts=jnp.where(removed, 7.0, batch.counts))
    (gradient, terms), (other_gradient, other) = (
        removing(model, each, hyper) for each in (batch, changed)
    )
    assert_close(other_gradient, gradient, rtol=0, atol=0)
    for name in ("nll", "kl_initial_condition", "kl_inferred_inputs", "num_scored", "num_removed"):
        np.testing.assert_array_equal(getattr(other, name), getattr(terms, name))
    assert (other.nll_removed != terms.nll_removed).all()
    np.testing.assert_array_equal(terms.num_removed, removed.sum((0, 2)))
    known = (SAMPLED.num_bins - 3) * SAMPLED.num_neurons
    np.testing.assert_array_equal(terms.num_scored + terms.num_removed, known)


def test_no_gradient_comes_from_removed_samples():
    model, batch = make_model(SAMPLED), make_batch(SAMPLED)
    gradient = gradient_of_removed(model, batch)
    assert all((np.asarray(x) == 0).all() for x in jax.tree.leaves(gradient))


def test_what_is_kept_is_scaled_and_scored_as_missing_samples_are():
    """Removing is marking as missing, with the encoded counts divided by 0.7."""
    model, batch = make_model(SAMPLED), make_batch(SAMPLED)
    removed = mask_of(model, batch)
    _, terms = removing(model, batch, None)
    start = jnp.concatenate([jnp.ones(3), jnp.full(37, 1 / 0.7)])[:, None, None]
    missing = batch._replace(observed=jnp.asarray(~removed), counts=batch.counts * start)
    plain = evaluated(model, missing)
    np.testing.assert_allclose(terms.kl_initial_condition, plain.kl_initial_condition, rtol=1e-5)
    np.testing.assert_allclose(terms.kl_inferred_inputs, plain.kl_inferred_inputs, rtol=1e-4)
    np.testing.assert_array_equal(plain.num_removed, 0)
    np.testing.assert_array_equal(plain.nll_removed, 0)


@pytest.mark.parametrize("sample_validation_rate", [0.0, 0.3])
def test_what_was_recorded_of_a_trial_weighs_as_much_as_all_of_it(sample_validation_rate):
    """In held-out neurons and forward bins too; what sample validation removes was recorded."""
    model, batch = make_model(CASE), ragged_batch()
    hyper = make_hyper(CASE)
    assert batch.observed is not None
    assert batch.valid is not None

    def by_trial(augmentations: str):
        config = ObjectiveConfig(
            augmentations=augmentations, sample_validation_rate=sample_validation_rate
        )

        def nll(bias):
            changed = eqx.tree_at(lambda m: m.read_out.bias, model, bias)
            return trial_terms(changed, batch, hyper, config).nll

        return np.asarray(jax.jacobian(nll)(model.read_out.bias))

    plain, weighted = (
        by_trial("coordinated_dropout"),
        by_trial("coordinated_dropout + selective_backpropagation"),
    )
    inside = np.broadcast_to(np.asarray(batch.valid)[:, :, None], batch.counts.shape)
    share = (inside & np.asarray(batch.observed)).sum((0, 2)) / inside.sum((0, 2))
    assert (share < 1).all()
    np.testing.assert_allclose(weighted * share[:, None], plain, rtol=1e-4, atol=1e-5)
    assert np.abs(plain[:, 0]).max() > 0  # the held-out neuron's


# --- what inference takes of the objective ----------------------------------------------------------


def test_encoded_samples_are_recorded_neither_held_out_nor_forward():
    model, batch = make_model(CASE), ragged_batch()
    assert batch.observed is not None
    for given_batch in (batch, batch._replace(observed=None)):
        found = encoded_samples(model, given_batch)
        assert found.shape == batch.counts.shape
        for trial, length in enumerate((5, 3, 4)):
            expected = np.zeros((5, 4), bool)
            expected[: length - 1, 1:] = True
            if given_batch.observed is not None:
                expected &= np.asarray(batch.observed)[:, trial]
            np.testing.assert_array_equal(found[:, trial], expected)


def test_divergences_of_independent_inputs_add_up():
    case = dataclasses.replace(
        CASE, model={"num_inferred_inputs": 2, "inferred_input_prior": "gaussian"}
    )
    model, rng, bins = make_model(case), np.random.default_rng(0), (5, 3)
    mean, log_variance, inputs = (
        jnp.asarray(rng.standard_normal((*bins, 2)), jnp.float32) for _ in range(3)
    )
    nothing = jnp.zeros((*bins, 3))
    trajectories = Trajectories(
        (jnp.zeros((*bins, 4)),), nothing, jnp.zeros((*bins, 4)), jnp.zeros((3, 2)),
        jnp.zeros((3, 4)), inputs, mean, log_variance,
    )  # fmt: skip
    each = divergence_of_each_input(model, ragged_batch(), trajectories)
    assert each.shape == (3, 2)
    total = input_divergence(model, ragged_batch(), trajectories)
    np.testing.assert_allclose(each.sum(1), total, rtol=1e-5)
    without = trajectories._replace(inferred_inputs=None)
    assert divergence_of_each_input(model, ragged_batch(), without).shape == (3, 0)
    np.testing.assert_array_equal(input_divergence(model, ragged_batch(), without), [0, 0, 0])
