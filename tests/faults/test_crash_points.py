"""Whatever happens to the disk or the process, the same command or `--resume` gives the same bits.

`make test-faults` runs these, and writes how many points were tried and held to `$LFADS_FAULTS_OUT`.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from tests.faults.crash_points import Lost, Plan, Watch, plans, watching
from tests.faults.same import differences, held_by
from tests.small import AUTONOMOUS

from lfads.cli.main import run
from lfads.makers import machine
from lfads.storage import run_lock

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for open files"),
    pytest.mark.filterwarnings("ignore"),
]

GONE = 2**30
"""Of no process: Linux has fewer."""

FLAGS = [
    word
    for table, values in AUTONOMOUS.items()
    for name, value in values.items()
    for word in (f"--{table}.{name.replace('_', '-')}", str(value))
] + ["--training.checkpoint-epochs", "1"]

SEARCH = [
    "--population", "2", "--search.num-generations", "2", "--search.epochs-per-generation", "1",
]  # fmt: skip


CLOCKS = ("lfads.training.loop.time", "lfads.search.evolution.time")
"""By which files say how long things took: with as many digits as that takes, in one write or in two."""


@contextmanager
def still_clocks() -> Iterator[None]:
    """Within the block nothing takes any time, so that the same is written each time."""
    with ExitStack() as stack:
        for name in CLOCKS:
            stack.enter_context(mock.patch(name, SimpleNamespace(monotonic=lambda: 0.0)))
        yield


@dataclass(frozen=True)
class Command:
    """A command line, its inputs, what makes it go on after a fault; each how many-th point is tried."""

    words: Callable[[Path], list[object]]
    inputs: Callable[[Path, Path], None]
    again: tuple[str, ...]
    every: int = 1


def data(source: Path, work: Path) -> None:
    """Two data files, and a recording."""
    for name in ("monday.npz", "tuesday.npz", "recording.npz"):
        shutil.copy(source / name, work)


def trained(source: Path, work: Path) -> None:
    """Two data files, and a run of the first."""
    data(source, work)
    shutil.copytree(source / "trained", work / "trained")


COMMANDS = {
    "train": Command(
        lambda at: ["train", at / "monday.npz", "--out", at / "run", *FLAGS], data, ("--resume",)
    ),
    "search": Command(
        lambda at: ["search", at / "monday.npz", "--out", at / "run", *FLAGS[:-2], *SEARCH],
        data,
        ("--resume",),
    ),
    "adapt": Command(
        lambda at: [
            "adapt", at / "trained", at / "tuesday.npz", "--out", at / "run", "--training-data",
            at / "monday.npz", "--training.num-epochs", 2,
        ],
        trained,
        ("--resume",),
    ),
    "leave-one-out": Command(
        lambda at: [
            "leave-one-out", at / "monday.npz", at / "tuesday.npz", "--out", at / "run", *FLAGS
        ],
        data,
        ("--resume",),
        every=3,  # it is trainings and adaptations, whose points are tried above
    ),
    "prepare": Command(
        lambda at: [
            "prepare", at / "recording.npz", "--out", at / "data.h5", "--bin-width-s", 0.02,
            "--chop-s", 0.4,
        ],
        data,
        ("--overwrite",),
    ),
    "infer": Command(
        lambda at: [
            "infer", at / "trained", at / "monday.npz", "--num-samples", 2, "--refine", 2, "--out",
            at / "posterior.nc",
        ],
        trained,
        ("--overwrite",),
    ),
    "report": Command(
        lambda at: ["report", at / "trained", at / "monday.npz", "--num-samples", 2, "--out",
                    at / "report.html", "--no-baselines"],
        trained,
        ("--overwrite",),
        every=3,  # drawing takes longest
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Data files of two sessions, a recording, and a run of the first session."""
    folder = tmp_path_factory.mktemp("source")
    rng = np.random.default_rng(0)
    for name, trials, neurons in (("monday", 12, 4), ("tuesday", 10, 3)):
        counts = rng.poisson(0.5, (trials, 9, neurons))
        np.savez(folder / f"{name}.npz", spikes=counts, bin_width_s=0.02)
    times, unit = np.sort(rng.uniform(0, 4, 200)), rng.integers(0, 3, 200)
    np.savez(folder / "recording.npz", spike_times=times, unit=unit)
    words = ["train", folder / "monday.npz", "--out", folder / "trained", *FLAGS]
    assert run([str(word) for word in words]) == 0
    return folder


class Trials:
    """A command in a folder of its own, with and without faults."""

    def __init__(self, command: Command, source: Path, work: Path) -> None:
        self.command, self.source, self.work = command, source, work

    def run(self, more: tuple[str, ...] = ()) -> int:
        """The command's exit status."""
        return run([*(str(word) for word in self.command.words(self.work)), *more])

    def watched(self, plan: Plan | None) -> tuple[Watch, int | None]:
        """The command with fresh inputs and a plan; no status if it was ended."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        self.command.inputs(self.source, self.work)
        watch, status = Watch(self.work, plan), None
        try:
            # The process goes on, and yet what it made must be known to be of one that has ended.
            with (
                mock.patch("lfads.files.mark", return_value=f"{machine()}-{GONE}"),
                still_clocks(),
                watching(watch),
            ):
                status = self.run()
        except Lost:
            pass
        watch.restore()
        return watch, None if watch.left is not None else status

    def what_is_wrong_after(self, plan: Plan, undisturbed: dict) -> str:
        """What a fault did that it should not; empty if it was held."""
        try:
            watch, status = self.watched(plan)
        except Exception as error:
            return f"raised {type(error).__name__}: {error}"
        if not watch.happened:
            return "was not reached"
        if status not in (None, 0, 2):
            return f"ended with status {status}"
        removing = plan.site.operation == "unlink"  # what could not be removed goes the next time
        left = [str(path) for path in self.work.rglob(".*") if path.is_file()]
        if status is not None and not removing and any(".batches" not in path for path in left):
            return f"left {left}"
        again = status != 0 or (removing and bool(left))
        if again and self.run() != 0 and self.run(self.command.again) != 0:
            return "neither the same command nor that which goes on ended well"
        wrong = differences(held_by(self.work), undisturbed)
        if wrong and status == 0:  # what it keeps for later, and could not, is a warning
            self.run(self.command.again)
            wrong = differences(held_by(self.work), undisturbed)
        return f"other results: {', '.join(wrong)}" if wrong else ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_crash_point_is_held(name, source, tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "BEAT_S", 1e6)
    trials = Trials(COMMANDS[name], source, tmp_path / "work")
    watch, status = trials.watched(None)
    assert status == 0
    undisturbed = held_by(trials.work)
    todo = plans(watch.counts)[:: COMMANDS[name].every]
    most = int(os.environ.get("LFADS_FAULTS_MOST", len(todo)))
    todo = [todo[k] for k in np.unique(np.linspace(0, len(todo) - 1, most).astype(int))]
    wrong = {
        str(plan): said for plan in todo if (said := trials.what_is_wrong_after(plan, undisturbed))
    }
    keep(name, sites=len(watch.counts), calls=sum(watch.counts.values()), tried=len(todo),
         held=len(todo) - len(wrong))  # fmt: skip
    assert not wrong, "\n".join(f"{plan}: {said}" for plan, said in wrong.items())


def keep(name: str, **counts: int) -> None:
    """Write what was tried and held beside what other commands did."""
    if out := os.environ.get("LFADS_FAULTS_OUT"):
        path = Path(out)
        found = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**found, name: counts}, indent=2) + "\n")
