"""Trackers: what they leave of one training that breaks off and goes on, and what they may not do to it."""

import csv
import os
import struct
import sys
import warnings
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.small import tiny_config, tiny_dataset

from lfads.checks import UserError
from lfads.runs.train import train
from lfads.terminal.trackers.scalars import epochs_between_figures, scalars_of
from lfads.training.folder import stored_config
from lfads.training.tracking import EpochRecord, read_metrics, trackers_in

NAMES = ["csv", "tensorboard(figures_every=2)"]


class Quiet:
    """A tracker that listens."""

    def start(self, config, derived, first_epoch):
        pass

    def epoch(self, record):
        pass

    def end(self, stopped_by):
        pass


class Fails(Quiet):
    """Its disk is full from epoch 2 on, and it cannot take figures."""

    figures_every = 1

    def __init__(self):
        self.told, self.figures = [], 0

    def epoch(self, record):
        self.told.append(record.epoch)
        if record.epoch >= 2:
            raise OSError("no space left")

    def figure(self, name, figure, epoch):
        self.figures += 1
        raise ValueError("no figures here")


class PowerCut(Quiet):
    """After epoch 3, whose checkpoint has not been written."""

    def epoch(self, record):
        if record.epoch == 3:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run that is tracked, broken off and resumed; one that is not; a tracker that failed; warnings."""
    folder, fails = tmp_path_factory.mktemp("tracked"), Fails()
    tracked, alone = folder / "tracked", folder / "alone"
    dataset, config = tiny_dataset(), tiny_config(num_epochs=4, checkpoint_epochs=2)
    trackers = [*NAMES, fails, PowerCut()]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, config, out=tracked, trackers=trackers, progress=False)
    before = (tracked / "metrics.csv").read_text()
    train(dataset, config, out=tracked, trackers=NAMES, resume=True, progress=False)
    train(dataset, config, out=alone, progress=False)
    said = [str(each.message) for each in caught]
    return SimpleNamespace(tracked=tracked, alone=alone, fails=fails, said=said, before=before)


def test_training_is_the_same_bit_for_bit(runs):
    def numbers(folder):
        return [{**r, "seconds": 0} for r in read_metrics(folder / "metrics.jsonl")]

    assert numbers(runs.tracked) == numbers(runs.alone)
    last = [np.load(f / "checkpoints" / "last.npz") for f in (runs.tracked, runs.alone)]
    for key in last[0].files:
        if key != "header.json":
            np.testing.assert_array_equal(last[0][key], last[1][key], err_msg=key)
    for each in last:
        each.close()


def test_a_tracker_that_fails_is_named_and_told_no_more(runs):
    assert (runs.fails.told, runs.fails.figures) == ([1, 2], 1)
    assert runs.said == [
        "the figures for Fails failed after epoch 1 (ValueError: no figures here): there are no more, and "
        "training goes on",
        "the tracker Fails failed after epoch 2 (OSError: no space left): it is told no more, and training "
        "goes on",
    ]


def test_the_table_is_that_of_the_metrics(runs):
    assert [line.partition(",")[0] for line in runs.before.splitlines()] == ["epoch", "1", "2", "3"]
    with (runs.tracked / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    records = read_metrics(runs.tracked / "metrics.jsonl")
    assert [{k: float(v) if v else None for k, v in row.items()} for row in rows] == records
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]


def test_event_files_hold_every_epoch_once(runs):
    paths = sorted(runs.tracked.glob("tensorboard/*"))
    assert len(paths) == 2
    values = [
        (v.tag, e.step, v) for path in paths for e in events_in(path) for v in e.summary.value
    ]
    found = {(tag, step): value for tag, step, value in values}
    assert len(found) == len(values)  # none twice, though the power went after epoch 3
    for record in read_metrics(runs.tracked / "metrics.jsonl"):
        for tag, value in scalars_of(record).items():
            assert found[tag, record["epoch"]].simple_value == np.float32(value)
    assert {step for tag, step in found if tag == "valid/bits_per_spike"} == {1, 2, 3, 4}
    images = {step: value.image for (tag, step), value in found.items() if tag == "trials"}
    assert set(images) == {2, 4}
    assert images[2].encoded_image_string != images[4].encoded_image_string
    assert images[4].width > images[4].height > 100
    text = found["settings/text_summary", 0].tensor.string_val[0].decode()
    assert "    checkpoint_epochs = 2\n" in text


def test_event_files_of_a_resumed_run_begin_with_what_it_had(runs, tmp_path):
    lines = (runs.tracked / "metrics.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "metrics.jsonl").write_text("".join(lines))
    (tracker,) = trackers_in(tmp_path, ["tensorboard"])
    tracker.start(stored_config(runs.tracked), [], 3)
    tracker.end("num_epochs")
    (path,) = tmp_path.glob("tensorboard/*")
    tags = [(v.tag, e.step) for e in events_in(path) for v in e.summary.value]
    assert [step for tag, step in tags if tag == "train/nll"] == [1, 2]


def test_weights_and_biases_offline(runs, tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    read: list[dict[str, Any]] = read_metrics(runs.alone / "metrics.jsonl")
    records = [EpochRecord(**{k: v for k, v in each.items() if v is not None}) for each in read]
    for first in (1, 3):
        (tracker,) = trackers_in(tmp_path, ["wandb(project=mine)"])
        tracker.start(stored_config(runs.alone), [], first)
        for record in records[first - 1 : first + 1]:
            tracker.epoch(record)
        tracker.end("num_epochs")
    found = sorted(tmp_path.glob("wandb/offline-run-*/*.wandb"))
    steps = [logged_in(path) for path in found]
    assert steps == [[1, 2], [3, 4]]
    assert len({path.name for path in found}) == 1  # one run


def test_weights_and_biases_online_asks_for_no_login(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", os.fspath(tmp_path / "none"))
    with pytest.raises(UserError, match="mode=online needs a login, which is not asked for"):
        trackers_in(tmp_path, ["wandb(mode=online)"])


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(UserError, match=r'wandb cannot be .* pip install "lfads\[tracking\]"'):
        trackers_in(tmp_path, ["wandb"])
    assert not any(tmp_path.iterdir())


def test_epochs_between_figures_are_whole(tmp_path):
    for every in (-1, 2.5, "often", True):
        with pytest.raises(UserError, match=r"`figures_every` must be a whole number .* got"):
            epochs_between_figures(every)
    with pytest.raises(UserError, match=r"tracker `tensorboard` .* 0 for no figures; got -1"):
        trackers_in(tmp_path, ["tensorboard(figures_every=-1)"])


def events_in(path: Path):
    """The records of an event file: length, its checksum, bytes, their checksum."""
    event = import_module("tensorboardX.proto.event_pb2").Event
    data, place, found = path.read_bytes(), 0, []
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        found.append(event.FromString(data[place + 12 : place + 12 + length]))
        place += length + 16
    return found


def logged_in(path: Path) -> list[int]:
    """The steps of an offline run whose validation likelihood was logged.

    The file is a log of LevelDB's kind: blocks of 32 KiB, records of checksum, length, kind and bytes.
    """
    whole = import_module("wandb.proto.wandb_internal_pb2").Record
    data, place, record, steps = path.read_bytes(), 7, b"", []
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:  # what is left of a block
            place += 32768 - place % 32768
            continue
        length, kind = struct.unpack_from("<HB", data, place + 4)
        record += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # a whole record, or the last part of one
            history = whole.FromString(record).history
            record = b""
            if any("valid/nll" in (item.key, *item.nested_key) for item in history.item):
                steps.append(history.step.num)
    return steps
