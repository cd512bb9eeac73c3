"""Networks with slow offsets, from settings to results, streams and exports; nothing changes without."""

import dataclasses
import json
from pathlib import Path

import jax
import numpy as np
import pytest
from tests.small import AUTONOMOUS

from lfads.checks import UserError
from lfads.closed_loop.engines import CEngine, compiler
from lfads.closed_loop.exported import step_network
from lfads.config import RunConfig, RunSettings, read_config
from lfads.data.dataset import Dataset
from lfads.evaluation.slow_offsets import offsets_of_trials
from lfads.inference.averages import generate
from lfads.results import open_posterior
from lfads.runs.settings_beside import differences
from lfads.runs.train import train
from lfads.runs.trained_run import Run
from lfads.training.checkpoint import checkpoint_in, read_header
from lfads.training.defaults import resolve_defaults
from lfads.training.headers import check_data
from lfads.training.resuming import refuse_other_places
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.slow_start import _warn_of_splits_apart, deviations
from lfads.training.trials import training_data

SEGMENT = 2
MODEL = {**AUTONOMOUS["model"], "initial_condition_length": SEGMENT}


def config(num_epochs: int = 2, slow_offsets: int | None = 2) -> RunConfig:
    more = {} if slow_offsets is None else {"slow_offsets": slow_offsets}
    training = {**AUTONOMOUS["training"], "num_epochs": num_epochs}
    return read_config(flags={"model": {**MODEL, **more}, "training": training})


def drifting(num_trials: int = 12) -> Dataset:
    """Rates that rise tenfold over the session."""
    rates = 0.3 * 10 ** (np.arange(num_trials) / num_trials)
    counts = np.random.default_rng(0).poisson(np.tile(rates[:, None, None], (1, 9, 4)))
    return Dataset.from_arrays(counts, bin_width_s=0.02)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(drifting(), config(), out=tmp_path_factory.mktemp("slow") / "run", progress=False)


def test_nothing_is_written_of_it_where_there_is_none():
    resolved = [
        resolve_defaults(config(slow_offsets=n), sizes_of(drifting()), this_machine())[0]
        for n in (None, 0, 1)
    ]
    without, none, one = (each.to_dict() for each in resolved)
    assert "slow_offsets" not in without["model"]
    assert without == none
    assert one["model"].pop("slow_offsets") == 1
    assert one == none
    assert RunSettings.from_dict(none).model.slow_offsets == 0
    assert "slow_offsets" not in repr(resolved[0].model)
    assert training_data(drifting(), resolved[0]).train.beside is None


def test_a_resumed_run_is_that_which_was_never_stopped(run: Run, tmp_path: Path):
    folder = tmp_path / "run"
    train(drifting(), config(1), out=folder, progress=False)
    resumed = train(drifting(), config(2), out=folder, resume=True, progress=False)
    for own, other in zip(jax.tree.leaves(resumed.model), jax.tree.leaves(run.model), strict=True):
        np.testing.assert_array_equal(own, other)


def test_other_places_are_refused(run: Run):
    session = dataclasses.replace(
        drifting().session, trial_index=3 * drifting().session.trial_index
    )
    other = dataclasses.replace(drifting(), sessions=(session,))
    refuse_other_places(drifting(), checkpoint_in(run.folder))
    with pytest.raises(UserError, match=r"slow offsets follow .* `trial_index`, which is another"):
        refuse_other_places(other, checkpoint_in(run.folder))


def test_places_are_checked_where_they_are_read(run: Run):
    header = read_header(run.folder / "checkpoints" / "best.npz")
    data = json.loads(json.dumps(header["data"]))
    check_data(data, run.folder)
    for damaged in ([[3.0, 1.0]], [[]], [[0.0, float("nan")]], [[0.0], [1.0]]):
        data["shapes"]["slow_places"] = damaged
        with pytest.raises(UserError, match="places of training trials"):
            check_data(data, run.folder)


@pytest.fixture(scope="module")
def posterior(run: Run):
    return run.infer(num_samples=2, progress=False)


def test_results_say_what_of_the_rates_is_drift(run: Run, posterior, tmp_path: Path):
    found = open_posterior(posterior.save(tmp_path / "posterior.nc")).dataset
    assert found["slow_offsets"].dims == ("trial", "slow_offset")
    assert found["slow_offset_weights"].dims == ("neuron", "slow_offset")
    slow, courses = run.model.slow_offsets, found["slow_offsets"].to_numpy()
    assert slow is not None
    training = found["split"].to_numpy() == "train"
    np.testing.assert_allclose(courses[training], slow.courses(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(courses[4], (courses[3] + courses[5]) / 2, rtol=1e-4, atol=1e-6)
    offsets = offsets_of_trials(found)
    assert offsets[-1].mean() - offsets[0].mean() > 0.5
    log_rates = np.log(found["rates"].to_numpy().mean(1))
    assert np.corrcoef(log_rates.mean(1), offsets.mean(1))[0, 1] > 0.8


def test_scores_and_the_run_say_it_in_a_line(run: Run, posterior):
    scores = run.evaluate(posterior=posterior, baselines=False, progress=False)
    assert any(note.startswith("slow offsets: standard deviation") for note in scores.notes)
    assert ("slow offsets", "2") in run.rows()


def test_later_trials_hold_the_last_offset_and_a_stream_infers_them(run: Run):
    session = drifting().session
    later = dataclasses.replace(
        session.take(np.array([0, 1])), trial_index=np.array([30, 40]), split=np.array(["test"] * 2)
    )
    dataset = dataclasses.replace(drifting(), sessions=(later,))
    found = run.infer(dataset, num_samples=2, seed=3, progress=False).dataset
    slow = run.model.slow_offsets
    assert slow is not None
    last = np.broadcast_to(slow.courses()[-1], (2, 2))
    np.testing.assert_allclose(found["slow_offsets"], last, rtol=1e-5)
    stream = run.stream(num_samples=2, seed=3)
    for trial in range(2):
        stream.begin(trial)
        bins = [stream.step(values) for values in later.values[trial]]
        rates = np.stack([each.rates for each in bins[SEGMENT:] if each is not None])
        np.testing.assert_allclose(rates, found["rates"][trial], rtol=1e-4)


@pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")
def test_the_exported_step_is_that_of_the_stream(run: Run):
    engine, stream = CEngine(step_network(run)[0]), run.stream(num_samples=0)
    for values in drifting().session.values[-1].astype(np.float32):
        own, other = engine.step(values, np.zeros(0, np.float32)), stream.step(values)
        assert (own is None) == (other is None)
        if own is not None and other is not None:
            np.testing.assert_allclose(own.rates, other.rates, rtol=1e-4)


def test_draws_hold_the_last_offset(run: Run):
    drawn = run.sample(3, seed=1).session.true_rates_hz
    slow = run.model.slow_offsets
    assert drawn is not None
    assert slow is not None
    without = generate(dataclasses.replace(run.model, slow_offsets=None), 3, seed=1).drawn.rates
    expected = np.broadcast_to(np.exp(slow.last()), drawn.shape)
    np.testing.assert_allclose(drawn * 0.02 / without, expected, rtol=1e-4)


def test_data_that_were_not_trained_on_are_said_to_have_places(run: Run):
    other = dataclasses.replace(drifting(), sessions=(drifting().session.take(np.arange(4)),))
    with pytest.warns(UserWarning, match="by their `trial_index`"):
        run.infer(other, num_samples=2, progress=False)


def test_runs_with_and_without_differ_in_the_setting(run: Run, tmp_path: Path):
    other = train(drifting(), config(slow_offsets=0), out=tmp_path / "none", progress=False)
    found = differences({"slow": run, "none": other})
    assert found["model.slow_offsets"] == {"slow": 2, "none": 0}


def test_validation_trials_behind_all_others_are_said():
    split = np.array(["train"] * 9 + ["valid"] * 3)
    session = dataclasses.replace(drifting().session, split=split)
    apart = dataclasses.replace(drifting(), sessions=(session,))
    with pytest.warns(UserWarning, match="3 of 3 validation trials lie before or behind"):
        _warn_of_splits_apart(apart)


def test_conditions_of_single_trials_take_no_drift_away():
    session = drifting().session
    single = dataclasses.replace(session, condition=np.arange(12))
    logs = np.ones(4, bool)
    np.testing.assert_array_equal(deviations(single, logs), deviations(session, logs))
    two = dataclasses.replace(session, condition=np.arange(12) % 2)
    assert not np.array_equal(deviations(two, logs), deviations(session, logs))
