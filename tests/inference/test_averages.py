"""Averages over samples, and batches that change nothing."""

import jax
import jax.numpy as jnp
import numpy as np
from tests.small import tiny_config, tiny_dataset

from lfads.inference.averages import infer, mean_and_std
from lfads.runs.train import train
from lfads.training.batching import cut_into_steps, epoch_order
from lfads.training.sharding import make_mesh
from lfads.training.trials import trials_of


def test_mean_and_standard_deviation_are_those_of_the_samples():
    samples = np.random.default_rng(0).normal(1e3, 1, (20, 3)).astype(np.float32)
    mean, std = jax.jit(lambda x: mean_and_std(lambda i: {"x": x[i]}, 20))(jnp.asarray(samples))
    np.testing.assert_allclose(mean["x"], samples.mean(0), rtol=1e-6)
    np.testing.assert_allclose(std["x"], samples.astype(float).std(0, ddof=1), rtol=1e-3)


def test_small_batches_and_more_devices_change_nothing(tmp_path):
    dataset = tiny_dataset()
    run = train(dataset, tiny_config(num_epochs=1), out=tmp_path / "run")
    trials = trials_of(dataset.session)
    told = []
    whole = infer(run.model, trials, make_mesh(1), num_samples=3)
    parts = infer(
        run.model,
        trials,
        make_mesh(2),
        num_samples=3,
        batch_bytes=1,
        progress=lambda *d: told.append(d),
    )
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(parts), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-6)
    assert told[-1] == (12, 12)


def test_every_trial_comes_once_an_epoch():
    for num_trials, batch, shards in [(10, 4, 1), (10, 4, 3), (1, 5, 2), (7, 7, 4), (1000, 128, 4)]:
        order = epoch_order(num_trials, batch, shards, seed=1, epoch=2)
        assert order.shape[1] % shards == 0
        assert sorted(order[order >= 0].tolist()) == list(range(num_trials))
        filled = (order >= 0).sum(1)
        assert filled.max() <= batch
        assert filled.max() - filled.min() <= 1


def test_order_depends_on_seed_and_epoch_alone():
    first = epoch_order(50, 8, 2, 0, 1)
    np.testing.assert_array_equal(first, epoch_order(50, 8, 2, 0, 1))
    assert (first != epoch_order(50, 8, 2, 0, 2)).any()
    assert (first != epoch_order(50, 8, 2, 1, 1)).any()


def test_steps_keep_the_given_order():
    np.testing.assert_array_equal(cut_into_steps(np.arange(5), 2, 2), [[0, 1], [2, 3], [4, -1]])
