"""Samples that are predicted by a network that does not see them."""

import equinox as eqx
import numpy as np
import pytest
from tests.small import tiny_config

from lfads.data.dataset import Dataset
from lfads.inference.held_out import folds_of, held_out_rates
from lfads.runs.train import train
from lfads.training.trials import trials_of

LENGTHS = np.array([14, 9, 14, 11, 14, 14, 12, 14])


def dataset(trial_length=None) -> Dataset:
    counts = np.random.default_rng(0).poisson(0.7, (8, 14, 5))
    if trial_length is not None:
        counts[np.arange(14)[None, :] >= trial_length[:, None]] = 0
    return Dataset.from_arrays(
        counts, bin_width_s=0.02, held_out_neurons=[4], trial_length=trial_length
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(dataset(), tiny_config(num_epochs=1), out=tmp_path_factory.mktemp("h") / "run")


def test_every_encoded_sample_is_hidden_once(run):
    trials = trials_of(dataset(trial_length=LENGTHS).session)
    found = held_out_rates(run.model, trials, num_folds=3, block_bins=4, num_samples=2)
    within = np.arange(14)[None, :] < LENGTHS[:, None]
    np.testing.assert_array_equal((found.fold[..., :4] >= 0).all(2), within)
    assert (found.fold[..., 4] == -1).all()
    assert (found.rates[found.fold >= 0] > 0).all()
    shares = np.bincount(found.fold[found.fold >= 0]) / (found.fold >= 0).sum()
    assert len(shares) == 3
    assert shares.max() < 0.5


def test_a_prediction_does_not_see_its_fold(run):
    given = dataset()
    trials = trials_of(given.session)
    before = held_out_rates(run.model, trials, num_folds=3, num_samples=2)
    changed = np.where(before.fold == 1, given.session.spikes + 9, given.session.spikes)
    after = held_out_rates(run.model, trials._replace(counts=changed), num_folds=3, num_samples=2)
    of_fold = before.fold == 1
    np.testing.assert_array_equal(after.rates[of_fold], before.rates[of_fold])
    others = before.fold == 0
    assert (after.rates[others] != before.rates[others]).any()


def test_blocks_are_hidden_together_and_begin_at_different_bins(run):
    fold = folds_of(run.model, np.arange(8), 4, 5, seed=0)
    changes = fold[:, 1:] != fold[:, :-1]
    assert changes.sum(1).max() <= 3  # of 14 bins in blocks of 5
    assert (changes.any(0).sum(0) > 1).all()
    np.testing.assert_array_equal(fold[3:4], folds_of(run.model, np.array([3]), 4, 5, seed=0))


def test_few_neurons_are_spread_over_all_folds(run):
    fold = folds_of(run.model, np.arange(50), 10, 5, seed=0)
    shares = np.bincount(fold.ravel(), minlength=10) / fold.size
    assert shares.min() > 0.06


def test_a_silenced_input_drives_nothing(run):
    trials = trials_of(dataset().session)
    driven = held_out_rates(run.model, trials, num_samples=2)
    silent = held_out_rates(run.model, trials, num_samples=2, silenced=(0,))
    assert (driven.rates != silent.rates).any()
    cut = eqx.tree_at(
        lambda model: model.decoder.generator.input_weights, run.model, replace_fn=lambda x: 0 * x
    )
    one = held_out_rates(cut, trials, num_samples=2)
    other = held_out_rates(cut, trials, num_samples=2, silenced=(0,))
    np.testing.assert_allclose(one.rates, other.rates, rtol=1e-6)
