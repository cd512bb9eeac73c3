"""Schedules, scores, stops, and a resumed run that equals one never stopped."""

import dataclasses
import errno
import json
import math
import os
import subprocess
import sys

import jax
import numpy as np
import pytest
from tests.small import tiny_config, tiny_dataset, training_settings

from lfads.checks import UserError
from lfads.config import ObjectiveConfig
from lfads.files import part_beside
from lfads.runs.places import open_run
from lfads.runs.train import train
from lfads.training.checkpoint import read_header
from lfads.training.defaults import resolve_defaults
from lfads.training.epochs import Epochs
from lfads.training.loop import Diverged
from lfads.training.schedules import Course, advance, learning_rate_factor, ramp_weight
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.stopping import StopRequest
from lfads.training.tracking import EpochRecord, MetricsFile, read_metrics
from lfads.training.training_run import train_in_folder

RECORD = EpochRecord(
    epoch=1, seconds=0.0, learning_rate=0.1, ramp=1.0, train_loss=1.0, train_nll=1.0,
    train_kl_initial_condition=0.0, train_kl_inferred_inputs=0.0, train_l2=0.0, gradient_norm=1.0,
    dropped_steps=0, valid_nll=1.0, valid_kl_initial_condition=0.0, valid_kl_inferred_inputs=0.0,
    valid_bits_per_spike=0.0, valid_smoothed=0.0,
)  # fmt: skip


def record(epoch, nll, ramp=1.0):
    return dataclasses.replace(RECORD, epoch=epoch, valid_nll=nll, ramp=ramp)


def test_ramp_is_linear_from_the_first_epoch():
    assert [ramp_weight(e, 3) for e in (1, 2, 3, 4, 5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert ramp_weight(1, 0) == 1.0


def test_cosine_falls_from_1_to_the_final_fraction():
    training = training_settings(decay_epochs=10, final_learning_rate_fraction=0.1)
    factors = [learning_rate_factor(e, training, 1.0) for e in range(1, 14)]
    assert factors[0] == 1.0
    assert factors[5] == pytest.approx(0.55)
    assert factors[10:] == pytest.approx([0.1] * 3)
    assert factors == sorted(factors, reverse=True)


def test_a_constant_learning_rate_is_constant():
    training = training_settings(learning_rate_schedule="constant", decay_epochs=10)
    assert {learning_rate_factor(e, training, 0.5) for e in (1, 7, 30)} == {1.0}


def test_score_is_smoothed_and_the_best_kept():
    training = training_settings(score_smoothing=0.3)
    course, improved = advance(Course(), record(1, 2.0), training, 1.0)
    assert (course.smoothed, improved) == (2.0, True)
    course, improved = advance(course, record(2, 1.0), training, 1.0)
    assert course.smoothed == pytest.approx(0.3 * 2.0 + 0.7 * 1.0)
    assert (improved, course.best_epoch) == (True, 2)
    course, improved = advance(course, record(3, 5.0), training, 1.0)
    assert (improved, course.best_epoch, course.epoch) == (False, 2, 3)
    assert course.seconds == 3.0


def test_nothing_is_the_best_before_the_ramp_is_complete():
    training = training_settings()
    course, _ = advance(Course(), record(1, 0.1, ramp=0.5), training, 0.0)
    assert course.best_score == math.inf
    course, improved = advance(course, record(2, 3.0), training, 0.0)
    assert (improved, course.best_epoch) == (True, 2)


def test_plateau_lowers_the_learning_rate():
    training = training_settings(
        learning_rate_schedule="plateau", plateau_epochs=2, score_smoothing=0.0
    )
    course, _ = advance(Course(), record(1, 1.0), training, 0.0)
    for epoch in (2, 3):
        course, _ = advance(course, record(epoch, 1.5), training, 0.0)
    assert course.plateau_factor == pytest.approx(0.95)
    assert learning_rate_factor(4, training, course.plateau_factor) == pytest.approx(0.95)


def test_waiting_for_a_lower_score_begins_anew_with_each():
    training = training_settings(
        learning_rate_schedule="plateau", plateau_epochs=2, score_smoothing=0.0
    )
    course = Course()
    for epoch, score in enumerate((1.0, 1.5, 0.5, 0.5, 0.4, 0.4), start=1):
        course, _ = advance(course, record(epoch, score), training, 0.0)
    assert (course.plateau_score, course.plateau_wait, course.plateau_factor) == (0.4, 1, 1.0)


def test_patience_ends_a_run_that_does_not_improve(tmp_path):
    config = tiny_config(num_epochs=50, patience_epochs=2, ramp_epochs=0)
    config = dataclasses.replace(
        config, hyperparameters=dataclasses.replace(config.hyperparameters, learning_rate=1e-12)
    )
    outcome = train_in_folder(tiny_dataset(), config, tmp_path / "run")
    assert outcome.stopped_by == "patience"
    assert outcome.course.epoch < 50


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loop") / "run"
    train(tiny_dataset(), tiny_config(num_epochs=4), out=folder)
    return folder


def arrays_of(folder, name):
    with np.load(folder / "checkpoints" / name) as archive:
        return {key: archive[key] for key in archive.files if key != "header.json"}


def numbers_of(folder):
    """The numbers of each epoch, without times."""
    return [
        {k: v for k, v in r.items() if k != "seconds" and v is not None}
        for r in read_metrics(folder / "metrics.jsonl")
    ]


def test_resumed_equals_uninterrupted_bit_for_bit(uninterrupted, tmp_path):
    train(tiny_dataset(), tiny_config(num_epochs=2), out=tmp_path / "run")
    train(tiny_dataset(), tiny_config(num_epochs=4), out=tmp_path / "run", resume=True)
    for name in ("last.npz", "best.npz"):
        one, other = arrays_of(uninterrupted, name), arrays_of(tmp_path / "run", name)
        assert one.keys() == other.keys()
        for key in one:
            np.testing.assert_array_equal(one[key], other[key], err_msg=key)
    assert numbers_of(uninterrupted) == numbers_of(tmp_path / "run")


class AfterThree:
    """A tracker that does something after the third epoch."""

    def __init__(self, act):
        self.act = act

    def start(self, config, derived, first_epoch):
        pass

    def epoch(self, record):
        if record.epoch == 3:
            self.act()

    def end(self, stopped_by):
        pass


def interrupt():
    raise KeyboardInterrupt


def test_a_run_is_not_resumed_beside_itself(uninterrupted, tmp_path):
    config, folder, refusals = tiny_config(num_epochs=4), tmp_path / "run", []

    def resume():
        for again in (True, False):
            with pytest.raises(UserError) as refused:
                train(tiny_dataset(), config, out=folder, resume=again)
            refusals.append(str(refused.value))

    train(tiny_dataset(), config, out=folder, trackers=[AfterThree(resume)])
    assert f"{folder} is in use by process {os.getpid()} on " in refusals[0]
    assert "already holds a run" in refusals[1]
    assert numbers_of(uninterrupted) == numbers_of(folder)
    assert not list(folder.glob(".*"))


@pytest.mark.skipif(os.name == "nt", reason="nothing is known of processes there")
@pytest.mark.parametrize("resume", [False, True])
def test_a_run_that_was_killed_at_its_first_file_begins_again(resume, tmp_path, monkeypatch):
    gone = int(subprocess.check_output([sys.executable, "-c", "import os; print(os.getpid())"]))
    with monkeypatch.context() as killed:
        killed.setattr(os, "getpid", lambda: gone)
        part_beside(tmp_path / "config.toml").touch()
    train(tiny_dataset(), tiny_config(num_epochs=0), out=tmp_path, resume=resume)
    assert (tmp_path / "summary.json").exists()
    assert not list(tmp_path.glob(".*"))


def test_what_breaks_a_training_off_leaves_a_checkpoint(uninterrupted, tmp_path):
    config = tiny_config(num_epochs=4, checkpoint_epochs=100)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_dataset(), config, out=tmp_path / "run", trackers=[AfterThree(interrupt)])
    header = read_header(tmp_path / "run" / "checkpoints" / "last.npz")
    assert header["course"]["epoch"] == "3"
    train(tiny_dataset(), config, out=tmp_path / "run", resume=True)
    one, other = arrays_of(uninterrupted, "last.npz"), arrays_of(tmp_path / "run", "last.npz")
    assert all((one[k] == other[k]).all() for k in one)
    assert numbers_of(uninterrupted) == numbers_of(tmp_path / "run")


def test_a_checkpoint_is_never_ahead_of_the_records(uninterrupted, tmp_path, monkeypatch):
    write = MetricsFile.epoch

    def full(self, record):
        if record.epoch == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, record)

    config = tiny_config(num_epochs=4, checkpoint_epochs=2)
    with monkeypatch.context() as disk:
        disk.setattr(MetricsFile, "epoch", full)
        with pytest.raises(OSError, match="No space left"):
            train(tiny_dataset(), config, out=tmp_path / "run")
    header = read_header(tmp_path / "run" / "checkpoints" / "last.npz")
    assert header["course"]["epoch"] == "2"
    train(tiny_dataset(), config, out=tmp_path / "run", resume=True)
    assert numbers_of(uninterrupted) == numbers_of(tmp_path / "run")


def test_two_shards_take_the_same_course_within_rounding(uninterrupted, tmp_path):
    train(tiny_dataset(), tiny_config(num_epochs=4, num_shards=2), out=tmp_path / "run")
    for one, other in zip(numbers_of(uninterrupted), numbers_of(tmp_path / "run"), strict=True):
        assert one == pytest.approx(other, rel=1e-4)


def test_time_segments_take_the_same_course_within_rounding(uninterrupted, tmp_path):
    train(tiny_dataset(), tiny_config(num_epochs=4, time_segments=3), out=tmp_path / "run")
    for one, other in zip(numbers_of(uninterrupted), numbers_of(tmp_path / "run"), strict=True):
        assert one == pytest.approx(other, rel=1e-4)


def test_resuming_a_finished_run_changes_nothing(uninterrupted):
    before = arrays_of(uninterrupted, "last.npz")
    train(tiny_dataset(), tiny_config(num_epochs=4), out=uninterrupted, resume=True)
    after = arrays_of(uninterrupted, "last.npz")
    assert all((before[k] == after[k]).all() for k in before)
    assert [r["epoch"] for r in read_metrics(uninterrupted / "metrics.jsonl")] == [1, 2, 3, 4]


def test_other_settings_are_refused_on_resume(uninterrupted):
    config = tiny_config(num_epochs=4, ramp_epochs=1)
    with pytest.raises(UserError, match=r"\[training\] ramp_epochs was 2 in the run and is 1 now"):
        train(tiny_dataset(), config, out=uninterrupted, resume=True)


def test_other_data_are_refused_on_resume(uninterrupted):
    with pytest.raises(UserError, match="the data are not those of the run"):
        train(tiny_dataset(seed=1), tiny_config(num_epochs=4), out=uninterrupted, resume=True)


def test_nothing_to_resume(tmp_path):
    with pytest.raises(UserError, match="no run in"):
        train(tiny_dataset(), tiny_config(), out=tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()


def test_used_folder_is_refused(uninterrupted, tmp_path):
    with pytest.raises(UserError, match="already holds a run: choose a new one, or continue"):
        train(tiny_dataset(), tiny_config(), out=uninterrupted)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="already holds other files"):
        train(tiny_dataset(), tiny_config(), out=tmp_path)


def test_steps_without_finite_gradient_are_dropped_and_end_the_run(tmp_path):
    config = tiny_config(num_epochs=20, max_dropped_steps=3, gradient_clip_norm=1e30)
    hyper = dataclasses.replace(config.hyperparameters, learning_rate=1e30)
    config = dataclasses.replace(config, hyperparameters=hyper)
    with pytest.raises(Diverged, match=r"learning rate that is too high .* last good checkpoint"):
        train(tiny_dataset(), config, out=tmp_path / "run")
    assert read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]["dropped_steps"] >= 3
    with pytest.warns(UserWarning, match="no trained weights yet"):
        assert open_run(tmp_path / "run").model is not None


def test_weights_that_are_not_finite_are_no_checkpoint(uninterrupted, tmp_path, monkeypatch):
    run = Epochs.run

    def lost(self, state, course):
        state, record = run(self, state, course)
        if course.epoch == 1:  # no step was dropped yet: it is the last one that overflowed
            state = state._replace(parameters=jax.tree.map(lambda x: x + np.nan, state.parameters))
        return state, record

    monkeypatch.setattr(Epochs, "run", lost)
    folder = tmp_path / "run"
    with pytest.raises(Diverged, match=r"not finite any more.* is .*last.npz \(epoch 1\)"):
        train(tiny_dataset(), tiny_config(num_epochs=4, checkpoint_epochs=1), out=folder)
    assert all(np.isfinite(array).all() for array in arrays_of(folder, "last.npz").values())


def test_a_run_without_a_finite_epoch_is_no_success(tmp_path):
    config = tiny_config(num_epochs=2)
    hyper = dataclasses.replace(config.hyperparameters, learning_rate=1e30)
    with pytest.raises(Diverged, match="no epoch of 2 had a finite validation likelihood"):
        train(
            tiny_dataset(), dataclasses.replace(config, hyperparameters=hyper), out=tmp_path / "r"
        )


def test_a_stop_is_acknowledged(caplog):
    StopRequest().ask()
    assert "stopping after this epoch" in caplog.text


def test_a_run_stands_before_its_first_epoch(tmp_path):
    train(tiny_dataset(), tiny_config(num_epochs=0), out=tmp_path / "run")
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["epochs"], summary["stopped_by"]) == (0, "num_epochs")
    assert (tmp_path / "run" / "checkpoints" / "last.npz").exists()


def test_metrics_survive_a_line_cut_short(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 1}\n{"epoch": 2}\n{"epo')
    assert [r["epoch"] for r in read_metrics(path)] == [1, 2]
    resolved, _ = resolve_defaults(tiny_config(), sizes_of(tiny_dataset()), this_machine())
    MetricsFile(path).start(resolved, [], first_epoch=2)
    assert path.read_text() == '{"epoch": 1}\n'


def test_removed_samples_decide_if_there_are_any(tmp_path):
    training = training_settings(score_smoothing=0.0)
    removed = dataclasses.replace(record(1, 9.0), valid_sample_nll=2.0)
    course, _ = advance(Course(), removed, training, 0.0)
    assert course.best_score == 2.0
    config = dataclasses.replace(
        tiny_config(score_smoothing=0.0), objective=ObjectiveConfig(sample_validation_rate=0.2)
    )
    train_in_folder(tiny_dataset(), config, tmp_path / "run")
    lines = read_metrics(tmp_path / "run" / "metrics.jsonl")
    for line in lines:
        assert line["valid_smoothed"] == line["valid_sample_nll"] != line["valid_nll"]
        assert line["train_sample_nll"] > 0
    plain = train(tiny_dataset(), tiny_config(), out=tmp_path / "plain", progress=False)
    assert all(line["valid_sample_nll"] is None for line in plain.metrics)
