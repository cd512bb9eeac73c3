"""Steps 3 and 4 of a submission: its data and settings on this machine, and a job for each data set.

Jobs are found again by what they are given, so that none is queued twice.
"""

from collections.abc import Sequence
from pathlib import Path

from lfads.checks import UserError
from lfads.files import written_beside
from lfads.jobs.job import Job
from lfads.neurocaas.buckets import Bucket, Entry, silent
from lfads.neurocaas.layout import INPUTS, base_name
from lfads.neurocaas.record import Record
from lfads.neurocaas.server import Server, done
from lfads.neurocaas.validation import files_at

COMMAND = "neurocaas run"
CONFIG = "config"
"""Of a submission's folder, beside its inputs."""


def fetched(server: Server, record: Record) -> Record:
    """Step 3: settings and data are on this machine.

    Raises
    ------
    UserError
        If they are no longer in the bucket.
    """
    for place, one in enumerate(record.datasets):
        files = files_at(server.bucket, one.key)
        if not files:
            raise UserError(f"{one.key} is not in the bucket any more")
        target = data_of(server, record, place)
        for file in files:
            path = target if file.key == one.key else target / base_name(file.key)
            _fetch(server.bucket, file, path)
    try:
        content = server.bucket.read(record.config)
    except FileNotFoundError:
        raise UserError(f"{record.config} is not in the bucket any more") from None
    with written_beside(config_of(server, record)) as beside:
        beside.write_bytes(content)
    return record.said(done(3))


def _fetch(bucket: Bucket, file: Entry, path: Path) -> None:
    """Copy a file, unless it is here."""
    if path.is_file() and path.stat().st_size == file.num_bytes:
        return
    try:
        bucket.fetch(file.key, path, silent)
    except FileNotFoundError:
        raise UserError(f"{file.key} is not in the bucket any more") from None


def config_of(server: Server, record: Record) -> Path:
    """Where the settings of a submission are on this machine."""
    return server.records.folder(record) / CONFIG / base_name(record.config)


def data_of(server: Server, record: Record, place: int) -> Path:
    """Where a data set of a submission is on this machine: a file, or a folder of sessions."""
    name = base_name(record.datasets[place].key.rstrip("/"))
    return server.records.folder(record) / INPUTS / str(place) / name


def begun(server: Server, record: Record) -> Record:
    """Step 4: each data set has a job in the queue; one that it has already is found again."""
    there = {job.asked.inputs: job for job in server.jobs.list(group=record.group)}
    for place, _ in enumerate(record.datasets):
        inputs = _inputs(server, record, place)
        job = there.get(inputs) or _submitted(server, record, inputs)
        record = record.with_dataset(place, job=job.id)
    return record.said(done(4))


def _inputs(server: Server, record: Record, place: int) -> tuple[str, ...]:
    return str(data_of(server, record, place)), str(config_of(server, record))


def _submitted(server: Server, record: Record, inputs: Sequence[str]) -> Job:
    options = ("--hours", f"{record.hours:.6g}")
    return server.jobs.submit(
        COMMAND, inputs, options=options, needs=server.needs(record), group=record.group,
        slots=server.slots,
    )  # fmt: skip
