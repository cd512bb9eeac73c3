"""Presets of kinds of data are shown before training; a report may follow it."""

from types import SimpleNamespace

import numpy as np
import pytest

from lfads.augmentation.augmentation import augmentations_of
from lfads.cli.flags import ModelFlags, Settings
from lfads.cli.main import run
from lfads.config import read_config
from lfads.model.observations.chosen import observation_of


@pytest.mark.parametrize(
    ("preset", "observation"),
    [("calcium", "zero_inflated_gamma"), ("emg", "gamma"), ("lfp", "gaussian")],
)
def test_a_preset_of_a_kind_of_data_names_parts_that_are_there(preset, observation):
    config = read_config(preset=preset)
    assert config.model.observation == observation
    assert observation_of(observation).kind == "real"
    assert augmentations_of(config.objective.augmentations)


def test_what_a_preset_sets_is_said_unless_a_flag_says_otherwise(capsys):
    Settings(preset="emg").say_preset()
    said = capsys.readouterr().err
    assert said.startswith(
        'preset emg: [model] observation = "gamma"; [objective] augmentations = '
    )
    Settings(preset="calcium", model=ModelFlags(observation="gaussian")).say_preset()
    assert "observation" not in capsys.readouterr().err
    Settings().say_preset()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("asked", [True, False])
def test_a_report_is_written_where_it_is_asked_for(asked, monkeypatch, tmp_path):
    import lfads.runs.train as module

    reports = []
    summary = {"best_epoch": 1, "epochs": 1, "stopped_by": "num_epochs"}
    trained = SimpleNamespace(summary=summary, report=lambda: reports.append(1))
    monkeypatch.setattr(module, "train", lambda *given, **named: trained)
    np.savez(tmp_path / "data.npz", spikes=np.ones((8, 4, 2), int), bin_width_s=0.02)
    words = ["train", str(tmp_path / "data.npz"), "--out", str(tmp_path / "run")]
    run([*words, *(["--report"] if asked else [])])
    assert reports == [1] * asked
