"""Jobs of a submission while they run: their states in the bucket, then their results, then its end."""

import contextlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lfads.checks import UserError
from lfads.jobs.folder import LOG, Ended, log_of, read_ended, read_taken
from lfads.jobs.job import ENDED as JOB_ENDED
from lfads.jobs.job import Job
from lfads.neurocaas.archive import ARCHIVE
from lfads.neurocaas.buckets import silent
from lfads.neurocaas.budgets import Taken, active
from lfads.neurocaas.environment import COMMAND, CONFIG, config_of
from lfads.neurocaas.layout import (
    CERTIFICATE,
    END,
    END_TEXT,
    HIDDEN,
    INPUTS,
    UPDATE,
    base_name,
)
from lfads.neurocaas.record import Record
from lfads.neurocaas.server import Server
from lfads.neurocaas.status import ENDED, MOST_BYTES, DatasetState, Status, Used, certificate

GONE = "the server's queue does not know its job any more"
NO_RESULTS = "it ended without results"


class Written:
    """What a server has written, so that nothing is written twice that has not changed."""

    def __init__(self, server: Server) -> None:
        self._bucket = server.bucket
        self._last: dict[str, bytes] = {}

    def put(self, key: str, content: bytes) -> None:
        """Write a file, if it is another one than before."""
        if self._last.get(key) != content:
            self._bucket.write(key, content)
            self._last[key] = content

    def forget(self, prefix: str) -> None:
        """A submission has ended."""
        for key in list(self._last):  # other submissions write meanwhile, in threads of their own
            if key.startswith(f"{prefix}/"):
                self._last.pop(key, None)


def shown(server: Server, written: Written, record: Record) -> None:
    """Write the states of a submission's data sets, and its certificate."""
    states = [
        state_of(server, record, place) for place, one in enumerate(record.datasets) if one.job
    ]
    for one, state in zip((one for one in record.datasets if one.job), states, strict=True):
        if state.status != "SUCCESS" or state.reason != GONE:  # what is there says more
            written.put(record.folder.status(one.name), state.to_json())
    log = certificate(states, record.lines, time.time())
    written.put(record.folder.key(CERTIFICATE), log)


def watched(server: Server, written: Written, record: Record) -> Record:
    """Settle the first data set whose job has ended; closes the submission once all are."""
    for place, one in enumerate(record.datasets):
        if one.status in ENDED:
            continue
        job = server.job(one.job)
        if job is None or job.state in JOB_ENDED:
            return _settled(server, record, place, job)
        if job.state == "queued" and server.slots.why_never(job.needs):
            with contextlib.suppress(UserError):  # it has just been cancelled
                server.jobs.refit(job.id, server.needs(record))  # the server had more before
        if job.state != "queued":
            written.put(*active(_taken(record, place, job)))
    if any(one.status not in ENDED for one in record.datasets):
        return record
    return replace(record, stage="closing")


def closed(server: Server, written: Written, record: Record) -> Record:
    """Say how a submission ended, at last by end.txt: nothing comes after that."""
    shown(server, written, record)
    for one in record.datasets:
        if not one.job:
            never = DatasetState(
                instance="", command=COMMAND, input=one.key, status="FAILED",
                reason=_why(record.lines),
                log="\n".join(line.partition("\t")[0] for line in record.lines),
            )  # fmt: skip
            written.put(record.folder.status(one.name), never.to_json())
    server.bucket.write(record.folder.key(END), END_TEXT)
    written.forget(record.results)
    return replace(record, stage="ended")


def cleared(server: Server, record: Record) -> None:
    """Remove copies of data, and jobs whose results are in the bucket; failed ones stay to be seen."""
    folder = server.records.folder(record)
    for name in (INPUTS, CONFIG):
        shutil.rmtree(folder / name, ignore_errors=True)
    for one in record.datasets:
        if one.status == "SUCCESS" and one.job:
            with contextlib.suppress(UserError):
                server.jobs.remove(one.job)


def state_of(server: Server, record: Record, place: int) -> DatasetState:
    """How the job of a data set stands."""
    one = record.datasets[place]
    job = server.job(one.job)
    command = f"lfads {COMMAND} {one.key} {record.config} {record.results}"
    if job is None:
        return DatasetState(
            instance=one.job, command=command, input=one.key, reason=GONE,
            status="SUCCESS" if one.status == "SUCCESS" else "FAILED",
        )  # fmt: skip
    folder = server.jobs.folder(job)
    ended = read_ended(folder, job.attempt)
    used = Used(*read_taken(folder))
    if ended is not None and job.state in JOB_ENDED:
        used = Used(ended.peak_memory_bytes, used.cpu_percent)
    return DatasetState(
        instance=job.id, command=command, input=one.key, status=_status(job, one.status),
        reason=_reason(job, ended) if one.status in ENDED else "", used=used,
        started_at=job.started_at, ended_at=job.ended_at,
        log=_for_users(server, record, job, log_of(folder, MOST_BYTES + 1)),
    )  # fmt: skip


def _for_users(server: Server, record: Record, job: Job, log: str) -> str:
    """What a job said, without where the server keeps its files."""
    for folder in (server.jobs.folder(job), server.records.folder(record)):
        log = log.replace(f"{folder}{os.sep}", "")
    return log


def _status(job: Job, settled: Status) -> Status:
    """Of a data set: it has ended only once its results are in the bucket."""
    if settled in ENDED:
        return settled
    return "IN PROGRESS" if job.attempt or job.state in JOB_ENDED else "INITIALIZING"


def _settled(server: Server, record: Record, place: int, job: Job | None) -> Record:
    """Send what came of a job, and note how it ended."""
    if job is None:
        return record.with_dataset(place, status="FAILED").said(_terminated(record, place, GONE))
    files = _results(server, job)
    _send(server, record, place, job, files)
    server.billing.end(_taken(record, place, job))
    if job.state == "done" and files:
        return record.with_dataset(place, status="SUCCESS")
    why = NO_RESULTS if job.state == "done" else job.reason or job.state
    return record.with_dataset(place, status="FAILED").said(_terminated(record, place, why))


def _results(server: Server, job: Job) -> list[Path]:
    """Files that a job left for its user."""
    found = Path(str(server.jobs.result(job)))
    return [path for name in (ARCHIVE,) if (path := found / name).is_file()]


def _send(server: Server, record: Record, place: int, job: Job, files: Sequence[Path]) -> None:
    """Results, the settings, all that the job said, and that this is all."""
    bucket, folder = server.bucket, record.folder
    for path in files:
        bucket.send(path, folder.result(_result_name(record, place, path.name)), silent)
    if (config := config_of(server, record)).is_file():
        bucket.send(config, folder.result(config.name), silent)
    if (log := server.jobs.folder(job) / LOG).is_file():
        bucket.send(log, folder.key(f"{HIDDEN}/{job.id}.txt"), silent)
    bucket.write(folder.key(UPDATE), b"")


def _result_name(record: Record, place: int, name: str) -> str:
    """Of a file in the bucket: of several data sets each has its own."""
    if len(record.datasets) == 1:
        return name
    return f"{base_name(record.datasets[place].key.rstrip('/'))}_{name}"


def _taken(record: Record, place: int, job: Job) -> Taken:
    return Taken(
        instance=job.id, group=record.group, dataset=record.datasets[place].key,
        started_at=job.started_at, ended_at=job.ended_at, hours=job.seconds / 3600,
    )  # fmt: skip


def _reason(job: Job, ended: Ended | None) -> int | str:
    """The exit status of the command; why in words, where it has none."""
    if ended is not None:
        return ended.status
    return job.reason or job.state


def _terminated(record: Record, place: int, why: str) -> str:
    return f"[JOB TERMINATE REASON] '{record.datasets[place].key}: {why}'"


def _why(lines: Sequence[str]) -> str:
    """The first mistake that a log names."""
    found = [line for line in lines if line.startswith(("INPUT ERROR", "INTERNAL ERROR"))]
    return found[0].partition("\t")[0] if found else "it never began"
