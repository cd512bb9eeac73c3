"""Real jobs in real processes: what is killed ends with the bits of what was left in peace."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lfads.config import RunConfig
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.jobs.alive import is_held
from lfads.jobs.folder import ALIVE
from lfads.jobs.job import Job, Needs
from lfads.jobs.queue import Jobs
from lfads.runs.train import train
from lfads.simulate.lorenz import simulate_lorenz

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]
SETTINGS = {
    "model": {"num_factors": 2, "generator_size": 4, "encoder_size": 4, "controller_size": 4},
    "training": {
        "num_epochs": 30, "decay_epochs": 30, "ramp_epochs": 2, "checkpoint_epochs": 5, "num_shards": 1,
    },
}  # fmt: skip


def served(jobs: Jobs) -> subprocess.Popen[bytes]:
    words = ["jobs", "serve", "--folder", str(jobs.place), "--cores", "1", "--until-empty"]
    return subprocess.Popen([sys.executable, "-m", "lfads", *words], start_new_session=True)


def processes_of(folder: Path) -> list[int]:
    """Of a job: its own, and that of its command."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(int(entry.name))
    return found


def wait_for_epoch(jobs: Jobs, job: Job, epoch: int) -> None:
    for _ in range(2400):
        words = jobs.progress(job)
        if words and int(words.split()[1]) >= epoch:
            return
        time.sleep(0.05)
    raise AssertionError(f"epoch {epoch} was not reached: {jobs.list()}")


def test_killed_with_all_its_processes_a_training_ends_with_the_same_bits(tmp_path):
    data = write(
        simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=4, trials_per_condition=10),
        tmp_path / "data.h5",
    )
    undisturbed = train(
        read(data), RunConfig.from_dict(SETTINGS), out=tmp_path / "run", progress=False
    )
    jobs = Jobs(tmp_path / "jobs")
    killed = jobs.submit("train", [data], settings=SETTINGS, needs=Needs(cores=1))
    server = served(jobs)
    wait_for_epoch(jobs, killed, 8)
    for process in (server.pid, *processes_of(jobs.folder(killed))):
        os.kill(process, signal.SIGKILL)
    server.wait()
    assert jobs.get(killed.id).state == "running"
    for _ in range(100):
        if not is_held(jobs.folder(killed) / ALIVE):
            break
        time.sleep(0.05)
    server = served(jobs)
    assert server.wait(300) == 0
    assert (jobs.get(killed.id).state, jobs.get(killed.id).attempt) == ("done", 2)
    one, other = undisturbed.folder, jobs.folder(killed) / "run"
    assert (one / "metrics.jsonl").read_text().count("\n") == 30
    for name in ("last.npz", "best.npz"):
        assert same_arrays(one / "checkpoints" / name, other / "checkpoints" / name)


def same_arrays(one: Path, other: Path) -> bool:
    with np.load(one) as first, np.load(other) as second:
        names = [name for name in first.files if first[name].dtype.kind == "f"]
        return all(first[name].tobytes() == second[name].tobytes() for name in names) and bool(
            names
        )
