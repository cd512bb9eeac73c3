"""How a job of a bucket stands, as its user can know: from certificate, states of data, and end.

The original writes no end where a job failed before it was launched, and calls some failed trainings a
success; so the certificate is searched for mistakes, and a success without results is none.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from lfads.checks import first_of, many
from lfads.neurocaas.buckets import Bucket, Entry
from lfads.neurocaas.layout import (
    CERTIFICATE,
    CONFIG_ENDINGS,
    END,
    PROCESS_RESULTS,
    RESULTS,
    UPDATE,
    Folder,
)
from lfads.neurocaas.status import LAUNCHED, LOG_BEGINS

State = Literal["waiting", "running", "done", "failed"]

EXIT_STATUS: Mapping[State, int] = {"waiting": 1, "running": 1, "done": 0, "failed": 2}
"""Of commands that ask for a job, as NeuroCAAS' own client has them."""

ENDED = ("done", "failed")
FAILED = ("FAILED", "LOGFAIL")

_MISTAKE = re.compile(r"\s*(INPUT ERROR|INTERNAL ERROR|AWS ERROR)[:.]?\s*(?P<why>.*)")
_TERMINATED = re.compile(r"\s*\[JOB TERMINATE REASON\]\s*(?P<why>.*)")
_SHUT_DOWN = re.compile(r"\s*\[Job Manager\]\s*Shutting down job")
_OF_DATASET = re.compile(r"DATASET_NAME:(?P<name>.*)_STATUS\.txt")


@dataclass(frozen=True, kw_only=True)
class DatasetStanding:
    """A data set of a job.

    Parameters
    ----------
    name
        Of its file, or its key.
    status
        As the bucket says it, such as `IN PROGRESS`.
    reason
        Exit status, or why in words.
    last
        The last line that it said.
    started, ended
        In the words of the bucket.
    lines
        All that it said.
    """

    name: str
    status: str
    reason: str = ""
    last: str = ""
    started: str = ""
    ended: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A job.

    Parameters
    ----------
    group
        Whose it is.
    job
        Name of its folder of results.
    state
        `waiting` for somebody to take it up, `running`, `done` or `failed`.
    why
        In a few words.
    datasets
        Of it.
    log
        Lines of the certificate.
    results
        Files that it left, by key; marks of the platform are not among them.
    changed_at
        When anything of it was written last, in seconds since 1970; 0 before.
    """

    group: str
    job: str
    state: State
    why: str
    datasets: tuple[DatasetStanding, ...] = ()
    log: tuple[str, ...] = ()
    results: tuple[Entry, ...] = ()
    changed_at: float = 0.0

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED


def standing_of(bucket: Bucket, folder: Folder) -> Standing:
    """How the job of a folder of results stands.

    Raises
    ------
    Away
        If the bucket does not answer.
    """
    found = {one.key: one for one in bucket.entries(f"{folder.prefix}/")}
    group, _, name = folder.prefix.partition(f"/{RESULTS}/")
    certificate = _text(bucket, found, folder.key(CERTIFICATE)).splitlines()
    states = [
        _dataset(match["name"], _text(bucket, found, key))
        for key in found
        if (match := _OF_DATASET.fullmatch(key.rpartition("/")[2]))
    ]
    results = tuple(one for key, one in found.items() if is_result(folder, key))
    has_end = folder.key(END) in found
    state, why = _state(states, certificate, has_end, results, bool(found))
    return Standing(
        group=group, job=name, state=state, why=why, datasets=tuple(states), log=tuple(certificate),
        results=results, changed_at=max((one.modified_at for one in found.values()), default=0.0),
    )  # fmt: skip


def is_result(folder: Folder, key: str) -> bool:
    """Whether a file of a folder is a result: not one of the marks that the platform leaves."""
    marks = (folder.key(END), folder.key(UPDATE))
    return key.startswith(folder.key(f"{PROCESS_RESULTS}/")) and key not in marks


def _text(bucket: Bucket, found: Mapping[str, Entry], key: str) -> str:
    """What a file says; empty if it is not there."""
    if key not in found:
        return ""
    try:
        return bucket.read(key).decode(errors="replace")
    except FileNotFoundError:
        return ""


def _dataset(name: str, text: str) -> DatasetStanding:
    """What a status file says; it may be of another implementation, or half-written."""
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    values = values if isinstance(values, dict) else {}
    said = values.get("std")
    lines = [str(line) for line in said.values()] if isinstance(said, dict) else []
    shown = [line.strip() for line in lines if line.strip()]
    return DatasetStanding(
        name=str(values.get("input") or name),
        status=str(values.get("status") or "not known"),
        reason="" if values.get("reason") is None else str(values.get("reason")),
        last=shown[-1] if shown else "",
        started=str(values.get("job_start") or ""),
        ended=str(values.get("job_finish") or ""),
        lines=tuple(lines),
    )


def _state(
    states: Sequence[DatasetStanding],
    certificate: Sequence[str],
    has_end: bool,
    results: Sequence[Entry],
    is_there: bool,
) -> tuple[State, str]:
    """Where a job stands, and why in a few words."""
    failed = [one for one in states if one.status in FAILED]
    mistake = mistake_in(certificate)
    if not has_end:
        if mistake:
            return "failed", mistake
        if not is_there:
            return "waiting", "nobody has taken it up yet"
        running = sum(one.status not in (*FAILED, "SUCCESS") for one in states)
        if states:
            return "running", f"{many(running, 'data set')} of {len(states)} still to end"
        return "running", "it is being looked at"
    if failed:
        names = first_of([one.name for one in failed], 3)
        return "failed", mistake or f"{names}: {failed[0].reason or failed[0].status}"
    if mistake or not states:
        return "failed", mistake or "it ended before any data set was begun"
    if not any(PurePosixPath(one.key).suffix.lower() not in CONFIG_ENDINGS for one in results):
        return "failed", "it ended without results, though it is called a success"
    return "done", many(len(results), "file") + " of results"


def mistake_in(certificate: Sequence[str]) -> str:
    r"""The mistake that a certificate names; empty without one.

    A job that was launched goes on with its other data sets when one ends; what ends all of it is named
    otherwise.

    >>> mistake_in(["INPUT ERROR: there is no config\t [+0:00:00.10]"])
    'there is no config'
    >>> mistake_in(["PER ENVIRONMENT MONITORING:", "[JOB TERMINATE REASON] 'x: exit status 1'"])
    ''
    """
    launched = LAUNCHED in (line.strip() for line in certificate)
    shut_down = any(_SHUT_DOWN.match(line) for line in certificate)
    begin = next((n + 1 for n, line in enumerate(certificate) if line.strip() == LOG_BEGINS), 0)
    for line in certificate[begin:]:
        found = _MISTAKE.match(line) or (_TERMINATED.match(line) if not launched else None)
        if found:
            return found["why"].partition("\t")[0].strip(" '") or line.partition("\t")[0].strip()
    return "the job manager shut it down" if shut_down else ""
