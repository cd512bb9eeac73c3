"""What a terminal shows of a training: how long it compiles, and how much time is left at most."""

import dataclasses
import io
from types import SimpleNamespace
from unittest import mock

import pytest
from rich.console import Console
from tests.small import training_settings

from lfads.config import ModelSettings, RunSettings
from lfads.terminal import progress
from lfads.terminal.progress import Clock, EpochProgress
from lfads.training.tracking import EpochRecord


@pytest.fixture
def time_s(monkeypatch):
    """A clock that stands still until it is set."""
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now.s))
    return now


def test_time_left_is_never_more_than_the_budget_leaves(time_s):
    free, bound = Clock(), Clock(max_hours=0.1)
    assert (free.left(1, 100), bound.left(1, 100)) == ("", "6.0 min left at most")
    time_s.s += 60
    assert free.left(3, 100) == "48.5 min left at most"
    assert bound.left(3, 100) == "5.0 min left at most"
    assert bound.left(3, 100, spent_s=300.0) == "1.0 min left at most"  # some of it before a resume
    assert bound.left(3, 4) == "0.5 min left at most"
    assert bound.left(3, 100, spent_s=999.0) == "0.0 min left at most"


def started(is_terminal: bool) -> tuple[EpochProgress, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=150)
    with mock.patch.object(progress, "error_console", return_value=console):
        shown = EpochProgress()
    model = ModelSettings(
        num_factors=2, generator_size=4, encoder_size=3, controller_size=3, read_in_size=0,
        initial_condition_size=2, observation="poisson",
    )  # fmt: skip
    training = training_settings(num_epochs=50, max_hours=0.1)
    shown.start(RunSettings(model=model, training=training), [], 1)
    return shown, out


def record(epoch: int) -> EpochRecord:
    floats = dict.fromkeys(
        (f.name for f in dataclasses.fields(EpochRecord) if f.type in (float, "float")), 0.1
    )
    given = {**floats, "seconds": 30.0, "valid_bits_per_spike": 0.2}
    return EpochRecord(epoch=epoch, dropped_steps=0, **given)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_compilation_is_counted_on_a_terminal_alone(time_s, is_terminal):
    shown, out = started(is_terminal)
    time_s.s += 12
    if shown.bar is not None:
        shown.bar.refresh()
    shown.epoch(record(1))
    shown.end("num_epochs")
    text = out.getvalue()
    assert ("compiling, 12 s" in text) is is_terminal
    assert ("compiling the first epoch" in text) is not is_terminal
    assert "0.2000 bits/spike  5.5 min left at most" in text
