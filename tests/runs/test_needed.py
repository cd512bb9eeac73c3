"""Whether inputs are needed, of networks that are made by hand, and of runs."""

import dataclasses
import json

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from tests.small import AUTONOMOUS, tiny_config, tiny_sessions

from lfads.checks import UserError
from lfads.config import read_config
from lfads.data.dataset import Dataset
from lfads.runs.kept_scores import keep_scores, kept_of_inputs
from lfads.runs.needed import decided_by, inputs_needed
from lfads.runs.train import train

NUM_TRIALS, NUM_BINS, NUM_NEURONS = 60, 40, 6


def dataset() -> Dataset:
    """Each trial steps up or down at its own bin, in all neurons alike: no initial state tells when."""
    rng = np.random.default_rng(0)
    at, sign = rng.integers(5, 35, NUM_TRIALS), rng.choice([-1, 1], NUM_TRIALS)
    log_rates = np.where(np.arange(NUM_BINS) >= at[:, None], 1.5 * sign[:, None], 0)
    counts = rng.poisson(0.7 * np.exp(log_rates)[:, :, None], (NUM_TRIALS, NUM_BINS, NUM_NEURONS))
    return Dataset.from_arrays(counts, bin_width_s=0.02)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = tiny_config(num_epochs=80, ramp_epochs=5, learning_rate_schedule="constant")
    model = dataclasses.replace(config.model, num_inferred_inputs=2)
    given = dataclasses.replace(config.hyperparameters, learning_rate=0.02)
    config = dataclasses.replace(config, model=model, hyperparameters=given)
    folder = tmp_path_factory.mktemp("needed") / "run"
    return train(dataset(), config, out=folder, progress=False)


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    given = {**AUTONOMOUS, "training": {**AUTONOMOUS["training"], "num_epochs": 1}}
    folder = tmp_path_factory.mktemp("without") / "alone"
    return train(dataset(), read_config(flags=given), out=folder, progress=False)


def with_input_weights(trained, scale):
    """The network whose inferred inputs reach the generator through weights that are multiplied."""
    model = eqx.tree_at(
        lambda m: m.decoder.generator.input_weights, trained.model, replace_fn=scale
    )
    return dataclasses.replace(trained, model=model)


def test_inputs_that_drive_rates_have_a_gain_and_a_disconnected_one_exactly_none(run):
    found = run.inputs_needed(dataset(), seed=1)["session"]
    assert found.gain_of_all.low > 0
    assert found.share_of_all > 0
    assert found.num_trials == 12
    cut = inputs_needed(dataset(), with_input_weights(run.trained, jnp.zeros_like), seed=1)
    assert {*cut["session"].gains, cut["session"].gain_of_all} == {(0, 0, 0)}
    assert cut["session"].shares == (0, 0)


def test_one_input_that_is_disconnected_has_no_gain_beside_one_that_is_not(run):
    cut = with_input_weights(run.trained, lambda w: w.at[1].set(0))
    found = inputs_needed(dataset(), cut)["session"]
    assert found.gains[1] == (0, 0, 0)
    assert found.gains[0] == found.gain_of_all
    assert found.shares[0] == found.share_of_all > found.shares[1] == 0


def test_a_network_without_inputs_says_nothing_and_is_compared_with(run, without):
    assert without.inputs_needed(dataset()) == {}
    found = run.gain_over_without(without)["session"]
    assert found.run == "alone"
    assert found.gain.low > 0
    with pytest.raises(
        UserError,
        match=r"it infers 2 inputs; train one on the same data with `model.num_inferred_inputs=0`",
    ):
        run.gain_over_without(run)
    other = dataclasses.replace(without.trained, data={**without.data, "fingerprint": "x"})
    without.__dict__["trained"], kept = other, without.trained
    with pytest.raises(UserError, match="it was trained on other data"):
        run.gain_over_without(without)
    without.__dict__["trained"] = kept


def test_scores_keep_what_was_found_of_these_weights(run):
    scores = run.evaluate(progress=False, baselines=False)
    keep_scores(run.folder, dataclasses.replace(scores, inputs_needed=run.inputs_needed()))
    keep_scores(run.folder, scores)
    assert set(kept_of_inputs(run.folder)) == {"inputs_needed"}
    path = run.folder / "scores.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "best_epoch": 99}))
    assert kept_of_inputs(run.folder) == {}


def test_each_session_and_signals(tmp_path):
    run = train(tiny_sessions(), tiny_config(num_epochs=1), out=tmp_path / "two", progress=False)
    found = run.inputs_needed()
    assert list(found) == ["monday", "tuesday"]
    assert found["monday"].split == "valid"
    assert np.isnan(found["monday"].gains[0].low)
    signals = np.random.default_rng(0).normal(size=(60, 9, 3))
    one = Dataset.from_arrays(signals=signals, bin_width_s=0.02)
    run = train(one, tiny_config(num_epochs=1), out=tmp_path / "signals", progress=False)
    (need,) = run.inputs_needed().values()
    assert need.unit == "nats per sample"
    assert np.isfinite(need.gains[0]).all()


def test_trials_are_few_and_evenly_chosen():
    session = Dataset.from_arrays(np.ones((1200, 50, 1), int), bin_width_s=0.02).session
    split, part = decided_by(session, 1)
    assert (split, part.num_trials) == ("valid", 200)
    assert decided_by(session, 3)[1].num_trials == 66
    assert np.ptp(part.trial_index) > 1100
