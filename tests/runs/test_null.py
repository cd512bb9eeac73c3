"""Structure: the test keeps its level, finds what neurons share, and training on surrogates goes on."""

import dataclasses
import json
import os
import signal
from typing import Any

import numpy as np
import pytest
from tests.small import AUTONOMOUS, tiny_sessions

from lfads.checks import UserError
from lfads.config import read_config
from lfads.data.dataset import Dataset
from lfads.evaluation.structure import NullResult, StructureTest
from lfads.runs.fit_baseline import fit_baseline
from lfads.runs.kept_null import kept_null
from lfads.runs.network_structure import network_structure, rotations_of, single_trial_share
from lfads.runs.null import null
from lfads.runs.structure_test import (
    Exchangeable,
    check_not_trained_on,
    exchangeable_trials,
    shuffle_test,
)
from lfads.runs.train import train
from lfads.runs.trained_run import Run
from lfads.training.folder import read_summary
from lfads.training.tracking import Tracker

ask: Any = null

NUM_TRIALS = 60
CONDITION = np.arange(NUM_TRIALS) % 2


def recorded(gain: bool, seed: int = 0, **given) -> Dataset:
    """Neurons whose rate depends on condition and time, and on a gain of each trial that all share."""
    rng = np.random.default_rng(seed)
    gains = rng.gamma(1.0, 1.0, (NUM_TRIALS, 1, 1)) if gain else np.ones((NUM_TRIALS, 1, 1))
    rates = gains * (0.5 + CONDITION[:, None, None] * np.linspace(0, 2, 12)[None, :, None])
    counts = rng.poisson(np.repeat(rates, 6, axis=2))
    split = np.where(np.arange(NUM_TRIALS) % 5 < 2, "valid", "train")
    return Dataset.from_arrays(counts, bin_width_s=0.02, condition=CONDITION, split=split, **given)


def trained(dataset: Dataset, folder, num_epochs: int) -> Run:
    settings = {
        **AUTONOMOUS,
        "training": {**AUTONOMOUS["training"], "num_epochs": num_epochs},
        "hyperparameters": {"learning_rate": 0.02, "initial_condition_kl_weight": 0.1},
    }
    return train(dataset, read_config(flags=settings), out=folder, progress=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(recorded(gain=True), tmp_path_factory.mktemp("null") / "run", 40)


def test_p_is_uniform_where_there_is_nothing():
    """Of a statistic that sees what neurons share, on independent neurons that know their condition."""
    rng, p_values = np.random.default_rng(0), []

    def together(session) -> float:
        return float(session.values.sum((1, 2)).astype(float).var())

    session = recorded(gain=False).session.take(np.arange(20)).along("time", slice(3))
    session = dataclasses.replace(session, trial_length=np.full(20, 3))
    for _ in range(100):
        values = rng.poisson(1.0 + 2 * CONDITION[:20, None, None], (20, 3, 6)).astype(np.uint8)
        drawn = dataclasses.replace(session, values=values)
        nats, shuffled = shuffle_test([Exchangeable(drawn, together)], rng, num_shuffles=19)
        found = StructureTest(
            nats=nats, shuffled_nats=shuffled, num_trials=20, splits=("valid",), num_samples=1
        )
        p_values.append(found.p_value)
    # Of 100, the number at most a share q is binomial; ties make p larger, never smaller.
    for share in (0.05, 0.25, 0.5, 0.75):
        spread = (100 * share * (1 - share)) ** 0.5
        assert abs(np.sum(np.array(p_values) <= share + 1e-9) - 100 * share) < 3.5 * spread


def test_p_counts_the_real_trials_and_those_that_reach_them():
    found = StructureTest(
        nats=1.0, shuffled_nats=(0.0, 1.0, 2.0), num_trials=4, splits=("test",), num_samples=2
    )
    assert found.p_value == 3 / 4
    assert not found.claims_structure
    assert found.gain == 0
    assert StructureTest.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_what_neurons_share_is_found_beside_the_surrogate(run):
    found = ask(run, num_shuffles=99, progress=False)
    assert found.test.claims_structure
    assert found.test.num_trials == 24
    assert found.test.splits == ("valid",)
    assert found.test.gain > 0.02
    assert found.real.bits_beyond_psth > found.destroyed.bits_beyond_psth
    assert found.real.single_trial_share > found.destroyed.single_trial_share
    assert found.real.best_epoch == run.summary["best_epoch"]
    other = run.folder / "null-trials"
    assert found.destroyed.best_epoch == read_summary(other)["best_epoch"]
    assert "There is structure" in str(found)
    assert "trials of each neuron permuted" in found._repr_html_()
    kept = json.loads((run.folder / "null.json").read_text())
    assert kept["best_epoch"] == run.summary["best_epoch"]
    assert kept["surrogates"]["trials"] == json.loads(json.dumps(found.to_dict()))
    again = ask(run, num_shuffles=99, resume=True, progress=False)  # trained already, and tested
    assert again.to_dict() == found.to_dict()
    with pytest.raises(UserError, match="already holds a run: choose a new one, or continue"):
        ask(run, num_shuffles=99, progress=False)
    page = run.report(baselines=False, progress=False).read_text(encoding="utf-8")
    assert "Is there structure at all?" in page
    assert "There is structure" in page


def test_independent_neurons_have_none(run):
    """Whatever a network has learned; of this draw: one in a hundred has a p of .01."""
    found = ask(run, recorded(gain=False, seed=1), num_shuffles=99, training=False, progress=False)
    assert not found.test.claims_structure
    assert found.real is None
    assert "No structure is shown" in str(found)
    assert "more than 0.01" in str(found)


def test_what_is_kept_is_of_these_weights_and_data(run, tmp_path):
    ask(run, num_shuffles=99, training=False, progress=False)
    assert set(kept_null(run.folder, recorded(gain=True))) >= {"trials"}
    session = dataclasses.replace(recorded(gain=True).session, condition=None)
    without = dataclasses.replace(recorded(gain=True), sessions=(session,))
    assert without.fingerprint() == recorded(gain=True).fingerprint()
    assert kept_null(run.folder, without) == {}
    path = run.folder / "null.json"
    whole = path.read_text()
    path.write_text(json.dumps({**json.loads(whole), "best_epoch": 99}))
    assert kept_null(run.folder, recorded(gain=True)) == {}
    path.write_text("[")
    assert kept_null(run.folder, recorded(gain=True)) == {}
    path.write_text(whole)


def test_an_interrupted_training_goes_on(run, tmp_path):
    class Stop(Tracker):
        def start(self, config, derived, first_epoch):
            pass

        def epoch(self, record):
            if record.epoch == 2:
                os.kill(os.getpid(), signal.SIGINT)

        def end(self, stopped_by):
            pass

    out = tmp_path / "other"
    given = {"num_shuffles": 99, "out": out, "surrogate": "shifts", "progress": False}
    found = ask(run, trackers=[Stop()], **given)
    assert found.interrupted
    assert found.destroyed is None
    assert kept_null(run.folder, recorded(gain=True))["shifts"]["test"] is not None
    found = ask(run, resume=True, **given)
    assert not found.interrupted
    assert found.test is not None
    assert found.destroyed is not None
    assert found.destroyed.best_epoch > 2
    assert not found.test.by_condition
    assert "beyond the average of trials" in str(found)


def test_other_data_are_tested_alone(run):
    other = recorded(gain=True, seed=5)
    with pytest.raises(UserError, match=r"is not what .* was trained on.*`training=False`"):
        ask(run, other, num_shuffles=99, progress=False)
    found = ask(run, other, num_shuffles=99, training=False, progress=False)
    assert found.test.splits == ("test",)
    assert found.test.num_trials == NUM_TRIALS


@pytest.mark.filterwarnings("ignore:.*half of the trials have fewer")
def test_sessions_are_tested_together(tmp_path):
    """Those that have two validation trials at least; Tuesday's are left out."""
    sessions = tiny_sessions()
    run = train(sessions, read_config(flags=AUTONOMOUS), out=tmp_path / "run", progress=False)
    with pytest.warns(UserWarning, match=r"tuesday: most trials .* the test goes without them"):
        found = ask(run, surrogate="shifts", num_shuffles=99, training=False, progress=False)
    assert found.test is not None
    assert found.test.num_trials == sessions.sessions[0].of_split("valid").sum()
    shown = network_structure(sessions, run.trained, 1)
    assert shown.bits_beyond_psth is not None


def test_signals_are_tested_by_squared_errors(tmp_path):
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(NUM_TRIALS, 1, 1))
    signals = (shared + rng.normal(size=(NUM_TRIALS, 9, 4))).astype(np.float32)
    dataset = Dataset.from_arrays(signals=signals, bin_width_s=0.02)
    found = ask(trained(dataset, tmp_path / "run", 2), num_shuffles=99, progress=False)
    assert found.test is not None
    assert found.real is not None
    assert found.test.unit == "bits/sample"
    assert found.real.bits_beyond_psth is None
    assert "beyond the PSTH" not in str(found)
    assert "beyond the average of trials" in str(found)


def test_mistakes_say_what_to_do(run, tmp_path):
    for given, words in (
        ({"surrogate": "neurons"}, "`surrogate=` must be one of trials, shifts; got 'neurons'"),
        ({"num_shuffles": 98}, "`num_shuffles=` must be a whole number from 99 to"),
        ({"seed": -1}, "`seed=` must be a whole number from 0"),
    ):
        with pytest.raises(UserError, match=words):
            ask(run, **given)
    baseline = fit_baseline("psth", recorded(gain=True), out=tmp_path / "psth")
    with pytest.raises(UserError, match="a run of the baseline `psth`, which has no network"):
        ask(baseline)


def test_trials_that_cannot_be_permuted_are_refused(run):
    plain = recorded(gain=True)
    session = dataclasses.replace(plain.session, condition=np.arange(NUM_TRIALS))
    lonely = dataclasses.replace(plain, sessions=(session,))
    with (
        pytest.warns(UserWarning, match="nothing to shuffle them with"),
        pytest.raises(UserError, match=r"no trials .* can be permuted, so there is no test"),
    ):
        ask(run, lonely, training=False, progress=False)
    session = dataclasses.replace(plain.session, split=np.full(NUM_TRIALS, "train"))
    with pytest.raises(UserError, match="all are training trials: mark some as 'valid' or 'test'"):
        check_not_trained_on(dataclasses.replace(plain, sessions=(session,)))


def test_few_trials_alike_are_pointed_out(run):
    plain = recorded(gain=True)
    session = dataclasses.replace(plain.session, condition=np.arange(NUM_TRIALS) // 3)
    few = dataclasses.replace(plain, sessions=(session,))
    with pytest.warns(UserWarning, match="the test may not find structure that is there"):
        ask(run, few, num_shuffles=99, training=False, progress=False)


def test_windows_of_one_recording_are_pointed_out(run):
    names = ("chop_piece", "chop_piece_start_s", "chop_piece_bins", "chop_start_bin")
    columns = {name: np.zeros(NUM_TRIALS, int) for name in names}
    windows = recorded(gain=False, trial_table=columns)
    found = ask(run, windows, num_shuffles=99, training=False, progress=False)
    assert "windows of one recording" in str(found)
    assert isinstance(found, NullResult)


def test_test_trials_come_before_validation_trials_and_conditions_are_taken_whole():
    session = recorded(gain=True).session
    split = np.where(np.arange(NUM_TRIALS) < 20, "test", session.split)
    session = dataclasses.replace(session, split=split, condition=np.arange(NUM_TRIALS) // 4)
    chosen = exchangeable_trials(session, True, 8, np.random.default_rng(0))
    assert chosen is not None
    assert chosen.condition is not None
    assert set(chosen.split) == {"test"}
    assert np.unique(chosen.condition, return_counts=True)[1].tolist() == [4, 4]


def test_a_share_of_variance_on_single_trials_is_not_biased_by_few_trials():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(200), 3)
    mean = rng.normal(size=(200, 5, 2))
    factors = mean[group] + rng.normal(size=(600, 5, 2))
    factors[0, 3:] = np.nan
    assert abs(single_trial_share([factors], [group]) - 0.5) < 0.02
    assert np.isnan(single_trial_share([factors], [np.arange(600)]))


def test_rotations_are_those_of_averages_where_there_are_conditions():
    rng = np.random.default_rng(0)
    phase, time = np.arange(8) * np.pi / 4, np.arange(30) * 0.2
    turning = np.stack([np.cos(time + phase[:, None]), np.sin(time + phase[:, None])], axis=2)
    group = np.repeat(np.arange(8), 25)
    single = turning[group] + 0.3 * rng.normal(size=(200, 30, 2))
    averaged, alone = (rotations_of([single], [g]) for g in (group, np.zeros(200, int)))
    assert averaged.skew_r2 > 0.6
    assert averaged.skew_r2 > 2 * alone.skew_r2
    longer = rotations_of([single, turning[:, :20]], [group, np.arange(8)])
    assert longer.skew_r2 > averaged.skew_r2


def test_other_data_leave_out_trials_that_were_trained_on(run):
    session = run.training_data().session
    as_if_new = dataclasses.replace(session, split=np.full(NUM_TRIALS, "train"))
    given = dataclasses.replace(recorded(gain=True), sessions=(as_if_new,), source="copied")
    found = ask(run, given, num_shuffles=99, training=False, progress=False)
    silent = ~session.values.any((1, 2))  # which tell nothing of where they come from
    assert found.test.num_trials == (silent | (session.split != "train")).sum()


def test_the_test_alone_keeps_what_was_trained(run):
    first = ask(run, num_shuffles=99, resume=True, progress=False)
    ask(run, num_shuffles=99, training=False, progress=False)
    kept = kept_null(run.folder, run.training_data())["trials"]
    assert kept["real"] == first.real.to_dict()
