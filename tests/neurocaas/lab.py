"""A bucket of one group, and a server whose jobs are done at once by what a test says of each data set."""

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.jobs.planned import TWO_CORES

from lfads.jobs.engine import Life
from lfads.jobs.folder import LOG, Ended, write_ended
from lfads.jobs.job import Job
from lfads.jobs.queue import Jobs
from lfads.jobs.supervisor import Supervisor
from lfads.neurocaas.buckets import Bucket
from lfads.neurocaas.budgets import Billing
from lfads.neurocaas.record import Records
from lfads.neurocaas.server import Server
from lfads.neurocaas.service import Service

CONFIG = "lab/configs/config.yaml"
DATA = "lab/inputs/monday.h5"
SUBMISSION = "lab/submissions/submit.json"
SETTINGS = b"model: {fac_dim: 4}\n"
END = "process_results/end.txt"
LINE = re.compile(r".+\t \[\+\d+:\d\d:\d\d\.\d\d\]")
"""Of a certificate's log: what was done, and after how long."""

MOST_LOOKS = 60


class Analysis:
    """Jobs that end as they are begun; what one does is given by the name of its data."""

    name = "analysis"
    assigns_gpus = False

    def __init__(self, plan: Mapping[str, int | str] | None = None) -> None:
        self.plan = dict(plan or {})
        self.ran: list[tuple[str, int]] = []

    def start(self, folder: Path, job: Job) -> None:
        data, config = map(Path, job.asked.inputs)
        self.ran.append((data.name, job.attempt))
        outcome = self.plan.get(data.name, 0)
        files = [data] if data.is_file() else sorted(data.iterdir())
        with (folder / LOG).open("a") as log:
            log.write(f"reading {data.name}\n")
            log.writelines(f"epoch {number}\n" for number in range(3))
            if outcome == 1:
                log.write("Traceback (most recent call last):\nValueError: no such thing\n")
        if outcome == 0:
            (folder / "result").mkdir(exist_ok=True)
            content = b"".join(file.read_bytes() for file in files) + config.read_bytes()
            (folder / "result/autolfads.zip").write_bytes(content)
        reason, status = (outcome, 130) if isinstance(outcome, str) else ("", outcome)
        write_ended(
            folder, Ended(attempt=job.attempt, status=status, reason=reason, seconds=3600.0)
        )

    def life(self, folder: Path, job: Job) -> Life:
        return "gone"


def fill(bucket: Bucket) -> None:
    """A group with data and settings."""
    for key, content in {
        DATA: b"monday", "lab/inputs/tuesday.h5": b"tuesday", "lab/inputs/week/a.h5": b"a",
        "lab/inputs/week/b.h5": b"b", CONFIG: SETTINGS,
        "lab/configs/week.yaml": b"multisession: True\n",
        "lab/configs/bad.yaml": b"model: [1, {\n",
    }.items():  # fmt: skip
        bucket.write(key, content)


def submit(bucket: Bucket, key: str = SUBMISSION, **fields: Any) -> None:
    """Submit what is usual, but for some fields; None leaves one out."""
    usual = {"dataname": DATA, "configname": CONFIG, "timestamp": "1700000000"}
    values = {name: value for name, value in (usual | fields).items() if value is not None}
    bucket.write(key, json.dumps(values).encode())


class Lab:
    """A bucket and its server.

    Parameters
    ----------
    bucket
        That is served.
    work
        Folder of the server.
    engine
        What does jobs.
    """

    def __init__(self, bucket: Bucket, work: Path, engine: Any = None) -> None:
        self.bucket, self.work, self.engine = bucket, work, engine or Analysis()
        self.said: list[str] = []
        self.begin()

    def begin(self) -> None:
        """A new process, which knows what is in the bucket and in the folder."""
        jobs = Jobs(self.work / "jobs")
        server = Server(
            bucket=self.bucket, records=Records(self.work / "submissions"), jobs=jobs,
            billing=Billing(self.bucket), slots=TWO_CORES,
        )  # fmt: skip
        self.service = Service(server, self.said.append)
        self.supervisor = Supervisor(jobs._store, self.engine, TWO_CORES, self.said.append)
        self.jobs = jobs

    def serve(self, between: Callable[[], None] = lambda: None) -> None:
        """Look until nothing is open."""
        for _ in range(MOST_LOOKS):
            self.service.look()
            between()
            if not self.service.open:
                return
            self.supervisor.step()
        raise AssertionError(f"does not end: {self.said}")

    def results(self, timestamp: str = "1700000000") -> dict[str, bytes]:
        """Files of a folder of results, by their keys within it."""
        prefix = f"lab/results/job__{self.bucket.name}_{timestamp}/"
        found = [one.key for one in self.bucket.entries(prefix)]
        return {key.removeprefix(prefix): self.bucket.read(key) for key in found}

    def folders(self) -> list[str]:
        """Names of all folders of results."""
        keys = [one.key for one in self.bucket.entries("lab/results/")]
        return sorted({key.split("/")[2] for key in keys})


def status(results: Mapping[str, bytes], name: str = "monday.h5") -> dict[str, Any]:
    """The status file of a data set."""
    return json.loads(results[f"logs/DATASET_NAME:{name}_STATUS.txt"])


def certificate(results: Mapping[str, bytes]) -> str:
    """The certificate."""
    return results["logs/certificate.txt"].decode()


def wait_for_another_time() -> None:
    """Files that are written after this have another time."""
    time.sleep(0.01)
