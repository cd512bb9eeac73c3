"""What the queue of jobs takes: a thousand changes of state, two hundred jobs, and jobs that are killed.

Changes are single transactions with a file and a row each. Two hundred jobs are queued, listed and run by
an engine that ends them at once, so that what is measured is the queue. Then small trainings are killed
with all their processes at random moments, and compared with one left in peace.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _record
import numpy as np

import lfads
from lfads.jobs.engine import Life
from lfads.jobs.folder import Ended, write_ended
from lfads.jobs.job import Job, Needs
from lfads.jobs.queue import Jobs
from lfads.jobs.slots import Slots
from lfads.jobs.store import Store

KILLS_EACH = 2
"""Of one training, at epochs drawn at random."""

LFADS = (sys.executable, "-m", "lfads")
SETTINGS = {
    "model": {"num_factors": 2, "generator_size": 8, "encoder_size": 8, "controller_size": 8},
    "training": {
        "num_epochs": 60, "decay_epochs": 60, "ramp_epochs": 5, "checkpoint_epochs": 5, "num_shards": 1,
    },
}  # fmt: skip


class AtOnce:
    """An engine whose jobs end as soon as they begin."""

    name = "at once"
    assigns_gpus = False

    def start(self, folder: Path, job: Job) -> None:
        write_ended(folder, Ended(attempt=job.attempt, status=0))

    def life(self, folder: Path, job: Job) -> Life:
        return "gone"


def changes(place: Path, number: int) -> float:
    """Seconds that so many changes of state take."""
    jobs = Jobs(place)
    store, job = Store(place), jobs.submit("reproduce", ["lorenz"])
    began = time.perf_counter()
    for count in range(number):
        job = store.change(job, state=("running", "queued")[count % 2], attempt=count)
    return time.perf_counter() - began


def queue(place: Path, number: int) -> dict[str, float]:
    """Seconds to submit, list and run so many jobs."""
    jobs, times = Jobs(place), {}
    began = time.perf_counter()
    for count in range(number):
        jobs.submit("reproduce", [f"job{count}"], needs=Needs(cores=1))
    times["submit_s"] = time.perf_counter() - began
    began = time.perf_counter()
    listed = len(jobs.list())
    times["list_s"] = time.perf_counter() - began
    began = time.perf_counter()
    jobs.serve(AtOnce(), slots=Slots(cores=50), until_empty=True)
    times["run_s"] = time.perf_counter() - began
    done = sum(job.state == "done" for job in jobs.list())
    return {**times, "listed": listed, "done": done}


def killed(place: Path, number: int) -> dict[str, int]:
    """How many trainings, killed with the supervisor at random moments, end with undisturbed bits."""
    data = lfads.simulate_lorenz(
        num_neurons=5, num_bins=20, num_conditions=4, trials_per_condition=10
    )
    path = lfads.write(data, place / "data.h5")
    config = lfads.RunConfig.from_dict(SETTINGS)
    peace = lfads.train(lfads.read(path), config, out=place / "peace", progress=False)
    jobs, rng, equal, attempts = Jobs(place / "jobs"), random.Random(0), 0, 0
    for _ in range(number):
        job = jobs.submit("train", [path], settings=SETTINGS, needs=Needs(cores=1), anew=True)
        for stop in sorted(rng.sample(range(3, 55), KILLS_EACH)):
            server = _served(jobs.place)
            _wait_for_epoch(jobs, job, stop)
            for process in (server.pid, *_processes_of(jobs.folder(job))):
                _kill(process)
            server.wait()
        _served(jobs.place).wait()
        equal += _same(peace.folder, jobs.folder(job) / "run")
        attempts += jobs.get(job.id).attempt
    return {
        "tried": number, "kills_each": KILLS_EACH, "undisturbed_bits": equal, "attempts": attempts,
    }  # fmt: skip


def _served(place: Path) -> subprocess.Popen[bytes]:
    words = [*LFADS, "jobs", "serve", "--folder", str(place), "--until-empty"]
    return subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _wait_for_epoch(jobs: Jobs, job: Job, epoch: int) -> None:
    """Until the training has come so far, or has ended."""
    while jobs.get(job.id).state not in ("done", "failed"):
        words = jobs.progress(jobs.get(job.id))
        if words and int(words.split()[-1]) >= epoch:
            return
        time.sleep(0.02)


def _processes_of(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in words:
                found.append(int(entry.name))
    return found


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _same(one: Path, other: Path) -> bool:
    with (
        np.load(one / "checkpoints" / "last.npz") as first,
        np.load(other / "checkpoints" / "last.npz") as second,
    ):
        names = [name for name in first.files if first[name].dtype.kind == "f"]
        return all(first[name].tobytes() == second[name].tobytes() for name in names)


if __name__ == "__main__":
    arguments = _record.parser(__doc__)
    arguments.add_argument("--kills", type=int, default=10, help="trainings that are killed")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        results = {
            "changes": {"number": 1000, "seconds": changes(place / "changes", 1000)},
            "queue": {"number": 200, **queue(place / "queue", 200)},
            "killed": killed(place, chosen.kills) if chosen.kills else None,
        }
    _record.record(results, chosen.out)
