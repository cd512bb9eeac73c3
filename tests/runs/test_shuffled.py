"""The control of inferred inputs: what shuffling keeps, and that it tells inputs from noise."""

import dataclasses
import json

import jax.numpy as jnp
import numpy as np
import pytest
from tests.small import tiny_config

from lfads.data.dataset import Dataset
from lfads.evaluation.inputs import InputNull
from lfads.inference.divergences import input_divergences
from lfads.model.distributions import DiagonalGaussian
from lfads.runs.kept_scores import keep_scores, kept_of_inputs
from lfads.runs.shuffled import shuffled_within_condition
from lfads.runs.train import train
from lfads.training.trials import trials_of

CONDITION = np.arange(60) % 2


def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5 + CONDITION[:, None, None], (60, 9, 4))
    return Dataset.from_arrays(counts, bin_width_s=0.02, condition=CONDITION)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = tiny_config(num_epochs=1)
    model = dataclasses.replace(
        config.model, num_inferred_inputs=2, inferred_input_prior="autoregressive"
    )
    config = dataclasses.replace(config, model=model)
    folder = tmp_path_factory.mktemp("shuffled") / "run"
    return train(dataset(), config, out=folder, progress=False)


def test_each_neuron_keeps_its_trials_of_a_condition_and_loses_its_company():
    session = dataset().session
    shuffled = shuffled_within_condition(session, np.random.default_rng(1))
    for each in range(2):
        mine, others = (s.spikes[each == CONDITION] for s in (session, shuffled))
        for neuron in range(4):
            one, other = (sorted(map(bytes, values[..., neuron])) for values in (mine, others))
            assert one == other
    alike = (session.spikes == shuffled.spikes).all((1, 2))
    assert alike.mean() < 0.3
    together = [
        np.flatnonzero((session.spikes[..., 0] == t).all(1)) for t in shuffled.spikes[..., 0]
    ]
    company = [
        any((session.spikes[trial, :, 1] == t).all() for trial in trials)
        for trials, t in zip(together, shuffled.spikes[..., 1], strict=True)
    ]
    assert np.mean(company) < 0.6


def test_trials_of_other_lengths_are_not_mixed():
    session = dataclasses.replace(dataset().session, trial_length=np.repeat([5, 9], 30))
    shuffled = shuffled_within_condition(session, np.random.default_rng(1))
    for length in (5, 9):
        chosen = session.trial_length == length
        assert session.spikes[chosen].sum() == shuffled.spikes[chosen].sum()


def test_divergences_of_inputs_add_up_to_that_of_the_objective(run):
    """Of an autoregressive prior; and each is that of the prior's own input."""
    rng = np.random.default_rng(0)
    mean, inputs = (jnp.asarray(rng.normal(size=(9, 3, 2)), jnp.float32) for _ in range(2))
    posterior, prior = DiagonalGaussian(mean, jnp.exp(0.1 * mean)), run.model.input_prior
    each = [
        prior.alone(k).divergence(
            DiagonalGaussian(posterior.mean[..., k : k + 1], posterior.variance[..., k : k + 1]),
            inputs[..., k : k + 1],
            None,
        )
        for k in range(2)
    ]
    np.testing.assert_allclose(sum(each), prior.divergence(posterior, inputs, None), rtol=1e-4)
    valid = dataset().session.take(np.arange(56, 60))
    found = input_divergences(run.model, trials_of(valid), num_samples=4)
    assert found.shape == (4, 2)
    assert np.isfinite(found).all()


def test_the_control_is_kept_with_scores_of_these_weights(run):
    control = run.shuffle_control(num_shuffles=3)
    (null,) = control.values()
    assert len(null.kl_nats) == len(null.shuffled_kl_nats) == 2
    scores = run.evaluate(progress=False)
    keep_scores(run.folder, dataclasses.replace(scores, shuffle_control=control))
    keep_scores(run.folder, scores)  # without the control: that of before stays
    assert InputNull.kept_in(kept_of_inputs(run.folder), "session") == null
    path = run.folder / "scores.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "best_epoch": 99}))
    assert kept_of_inputs(run.folder) == {}


def test_trials_with_nobody_to_shuffle_with_have_no_control(run):
    session = dataclasses.replace(dataset().session, condition=np.arange(60))
    lonely = dataclasses.replace(dataset(), sessions=(session,))
    with pytest.warns(UserWarning, match="nothing to shuffle them with"):
        assert run.shuffle_control(lonely) == {}
