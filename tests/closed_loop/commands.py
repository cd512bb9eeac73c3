"""What tests of wires share: a command, what it writes, and what is expected."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.closed_loop.conftest import SEGMENT, Made

from lfads.cli.main import run as run_command
from lfads.closed_loop.packets import About

BINS = 20
NOTHING = np.zeros(0, np.float32)
UNITS = [f"unit{k}" for k in range(6)]


def about(names, width_s=0.02) -> About:
    return About("counts", len(names), tuple(names), (), width_s)


def lfads(*arguments) -> int:
    return run_command([str(a) for a in arguments])


def lines_of(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a file of results says will come, and its bins."""
    about, *bins = (json.loads(line) for line in path.read_text().splitlines())
    return about, bins


def expected_rates(made: Made, trial: int) -> list[np.ndarray]:
    stream = made.run.stream(num_samples=0)
    found = [stream.step(counts) for counts in made.dataset.session.spikes[trial]]
    return [one.rates for one in found if one is not None]


def assert_as_streamed(made: Made, bins: list[dict[str, Any]], trials=(0, 11)) -> None:
    """Rates of some trials are those of `run.stream(num_samples=0)`, and none is missing."""
    for trial in trials:
        own = [one for one in bins if one["trial"] == trial]
        assert [one["bin"] for one in own] == list(range(SEGMENT, BINS))
        expected = expected_rates(made, trial)
        np.testing.assert_allclose([one["rates"] for one in own], expected, rtol=1e-5, atol=1e-5)


def streamed(made: Made, tmp_path: Path, from_: str, *given, status: int = 0):
    """What `lfads stream` says, and the bins that it wrote."""
    path, said = tmp_path / "found.jsonl", tmp_path / "said.json"
    words = ("stream", made.run.folder, "--from", from_, "--to", path, "--out", said)
    ends = ("--idle-s", 0.3, "--seconds", 60)
    assert lfads(*words, "--engine", "jax", *ends, *given) == status
    return (json.loads(said.read_text()), lines_of(path)[1]) if status == 0 else ({}, [])
