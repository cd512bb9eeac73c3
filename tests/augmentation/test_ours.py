"""Our own augmentations: what each does, and what it leaves alone."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from tests.augmentation.test_contract import given

from lfads.augmentation.coordinated_dropout import CoordinatedDropout
from lfads.augmentation.neuron_dropout import NeuronDropout
from lfads.augmentation.selective_backpropagation import SelectiveBackpropagation
from lfads.augmentation.spike_jitter import SpikeJitter
from lfads.augmentation.temporal_shift import TemporalShift
from lfads.checks import UserError
from lfads.config import ObjectiveConfig
from lfads.hyperparameters import HyperParameterSettings
from lfads.parts import made

RNG = np.random.default_rng(0)
COUNTS = jnp.asarray(RNG.poisson(0.7, (30, 4, 5)), jnp.float32)


def applied(augmentation: Any, values=COUNTS, **changes: Any) -> np.ndarray:
    return np.asarray(augmentation(values, given(**changes)).values)


def test_neurons_are_hidden_for_a_whole_trial():
    many = jnp.ones((6, 200, 50))
    found = applied(NeuronDropout(0.3), many, trials=range(200))
    assert set(np.unique(found)) == {0.0, np.float32(1 / 0.7)}
    assert (found == found[:1]).all()
    assert abs((found == 0).mean() - 0.3) < 0.02


def test_jitter_loses_no_spike_and_moves_none_further():
    one = jnp.zeros((30, 4, 5)).at[10].set(1)
    found = applied(SpikeJitter(3), one)
    np.testing.assert_array_equal(found.sum(0), 1)
    assert found[7:14].sum() == 20
    assert len(np.unique(found.argmax(0))) > 3
    moved = applied(SpikeJitter(2))
    np.testing.assert_array_equal(moved.sum(0), COUNTS.sum(0))
    assert (moved != COUNTS).any()


def test_jitter_of_scaled_counts_moves_whole_spikes():
    found = applied(SpikeJitter(2), COUNTS / 0.7)
    whole = found * 0.7
    np.testing.assert_allclose(whole, whole.round(), atol=1e-5)


def test_jitter_puts_no_spike_into_a_missing_bin_nor_behind_the_end():
    observed = jnp.asarray(RNG.random(COUNTS.shape) > 0.4)
    valid = jnp.broadcast_to(jnp.arange(30)[:, None] < 20, (30, 4))
    values = jnp.where(observed & valid[:, :, None], COUNTS, 0)
    found = applied(SpikeJitter(4), values, observed=observed, valid=valid, num_exempt_bins=3)
    assert (found[~np.asarray(observed)] == 0).all()
    assert (found[20:] == 0).all()
    np.testing.assert_array_equal(found[:3], values[:3])
    np.testing.assert_array_equal(found.sum(0), values.sum(0))


def test_a_shift_repeats_the_edges_and_differs_between_channels():
    ramp = jnp.broadcast_to(jnp.arange(30.0)[:, None, None], (30, 40, 5))
    found = applied(TemporalShift(3.0, 6), ramp, trials=range(40))
    shift = 15 - found[15]
    assert np.abs(shift).max() == 6
    assert abs(shift.std() - 2.9) < 0.4
    for trial, neuron in ((0, 0), (3, 2)):
        expected = np.clip(np.arange(30) - shift[trial, neuron], 0, 29)
        np.testing.assert_array_equal(found[:, trial, neuron], expected)


def test_what_was_recorded_weighs_as_much_as_all():
    share = jnp.array([1.0, 0.5, 0.1, 0.0])
    found = SelectiveBackpropagation()(COUNTS, given(share_recorded=share))
    assert found.trial_weight is not None
    np.testing.assert_allclose(found.trial_weight, [1.0, 2.0, 10.0, 1.0], rtol=1e-6)
    np.testing.assert_array_equal(found.values, COUNTS)
    assert SelectiveBackpropagation()(COUNTS, given()).trial_weight is None


@pytest.mark.parametrize("rescale", [True, False])
def test_some_of_what_is_seen_is_scored_too(rescale):
    many = jnp.ones((50, 40, 50))
    config = ObjectiveConfig(rescale_coordinated_dropout=rescale)
    found = CoordinatedDropout(pass_rate=0.2)(many, given(range(40), config=config))
    seen, weight = np.asarray(found.values) > 0, np.asarray(found.weight)
    assert (weight[~seen] > 0).all()
    assert abs((weight[seen] > 0).mean() - 0.2) < 0.01
    share = 0.3 + 0.7 * 0.2
    assert abs(weight.mean() - (1 if rescale else share)) < 0.01
    none = HyperParameterSettings(coordinated_dropout_rate=0.0).traced()
    whole = CoordinatedDropout(pass_rate=0.2)(COUNTS, given(config=config, hyperparameters=none))
    np.testing.assert_array_equal(whole.values, COUNTS)
    np.testing.assert_array_equal(whole.weight, np.ones(COUNTS.shape))


@pytest.mark.parametrize(
    ("name", "choices", "message"),
    [
        ("neuron_dropout", {"rate": 1.0}, "`rate` must be from 0 to below 1; got 1"),
        ("spike_jitter", {"most_bins": 0}, "`most_bins` must be a whole number from 1 to 100"),
        ("temporal_shift", {"std_bins": -1}, "`std_bins` must be 0 or more"),
        ("temporal_shift", {"most_bins": 1.5}, "`most_bins` must be a whole number, 0 or more"),
        ("coordinated_dropout", {"pass_rate": 1}, "`pass_rate` must be from 0 to below 1"),
    ],
)
def test_choices_out_of_range(name, choices, message):
    with pytest.raises(UserError, match=message):
        made("augmentations", name, choices, "[objective] `augmentations`")
