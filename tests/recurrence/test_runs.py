"""Runs by compiled kernels: as those by scans, up to rounding, and bit for bit their own."""

import importlib.util
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from tests.recurrence.paths import assert_close, compiled
from tests.small import tiny_config, tiny_dataset

from lfads.checks import UserError
from lfads.config import merge
from lfads.model.lfads import EncoderInputs
from lfads.model.noise import draw_noise
from lfads.model.path import on_path
from lfads.model.recurrence import paths
from lfads.randomness import trial_keys
from lfads.runs.places import open_run
from lfads.runs.train import train
from lfads.training.defaults import resolve_defaults
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.start import untrained_model
from lfads.training.tracking import read_metrics

pytestmark = pytest.mark.skipif(bool(why := paths.why_not_native("cpu")), reason=why or "it can be")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Four epochs on two shards: scanned, by kernels, and by kernels with a stop after two."""
    folder = tmp_path_factory.mktemp("ways")
    for way in ("scan", "native"):
        config = tiny_config(recurrence=way, num_epochs=4, num_shards=2)
        train(tiny_dataset(), config, out=folder / way, progress=False)
    for epochs, resume in ((2, False), (4, True)):
        config = tiny_config(recurrence="native", num_epochs=epochs, num_shards=2)
        train(tiny_dataset(), config, out=folder / "cut", progress=False, resume=resume)
    return folder


def losses(folder):
    return [(each["train_loss"], each["valid_nll"]) for each in read_metrics(folder)]


def test_training_takes_the_same_course(runs):
    scanned, native = (losses(runs / way / "metrics.jsonl") for way in ("scan", "native"))
    np.testing.assert_allclose(native, scanned, rtol=1e-5)
    assert 'recurrence = "native"' in (runs / "native" / "config.toml").read_text()


def test_a_resumed_run_equals_the_uninterrupted_one(runs):
    assert losses(runs / "cut" / "metrics.jsonl") == losses(runs / "native" / "metrics.jsonl")
    one, other = (np.load(runs / name / "checkpoints" / "last.npz") for name in ("cut", "native"))
    for key in one:
        if key != "header.json":
            np.testing.assert_array_equal(one[key], other[key])


def test_without_kernels_a_run_opens_and_does_not_go_on(runs, monkeypatch):
    expected = open_run(runs / "native").infer(tiny_dataset(), num_samples=3)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    posterior = open_run(runs / "native").infer(tiny_dataset(), num_samples=3)
    np.testing.assert_allclose(
        posterior.dataset["rates"], expected.dataset["rates"], rtol=1e-4, atol=1e-5
    )
    config = tiny_config(recurrence="native", num_epochs=5, num_shards=2)
    with pytest.raises(UserError, match=r"not installed \(pip install 'lfads\[fast\]'\)"):
        train(tiny_dataset(), config, out=runs / "native", progress=False, resume=True)


def network(**model):
    """A small network, and what it is shown."""
    dataset = tiny_dataset()
    config = tiny_config()
    config = merge(config.to_dict(), {"model": model})
    config = type(tiny_config()).from_dict(config)
    settings, _ = resolve_defaults(config, sizes_of(dataset), this_machine())
    counts = jnp.asarray(dataset.session.values, jnp.float32).swapaxes(0, 1)
    return untrained_model(settings, dataset), counts


@pytest.mark.parametrize(
    ("model", "segments"),
    [({}, 1), ({"controller_lag": 2}, 3), ({"num_inferred_inputs": 0}, 2)],
)
def test_a_network_gives_the_same_by_both(model, segments):
    """Lags, stretches of time, dropout, bins that do not count, and many samples."""
    scanned, counts = network(**model)
    keys = trial_keys(jr.key(0), np.arange(counts.shape[1]))
    noise = draw_noise(keys, scanned.noise_sizes(), jnp.float32(0.2))
    lengths = np.resize([9, 7, 5], counts.shape[1])
    valid = jnp.asarray(np.arange(len(counts))[:, None] < lengths)

    @partial(compiled, static_argnums=1)
    def gradient(parameters, static):
        def loss(parameters):
            network = eqx.combine(parameters, static)
            encoded = network.encode(
                EncoderInputs(counts, valid, None), noise, num_segments=segments
            )
            made = network.decode(encoded, noise, num_segments=segments)
            return sum((x**2).mean() for x in jax.tree.leaves(made)), made

        return jax.grad(loss, has_aux=True)(parameters)

    found = []
    for way in ("scan", "native"):
        parameters, static = eqx.partition(on_path(scanned, way), eqx.is_inexact_array)
        found.append(gradient(parameters, static))
    assert_close(found[1], found[0])


def test_products_shared_by_samples_change_nothing():
    network_, counts = network()
    native = on_path(network_, "native")
    keys = trial_keys(jr.key(0), np.arange(counts.shape[1]))
    noise = draw_noise(keys, native.noise_sizes(), None)
    encoded = native.encode(EncoderInputs(counts, None, None), noise)
    shared = native.for_samples(encoded)
    assert shared.controller_products is not None
    assert_close(native.decode(shared, noise), native.decode(encoded, noise), 1e-6)
    assert on_path(network_, "scan").for_samples(encoded).controller_products is None
