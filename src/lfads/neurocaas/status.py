"""The state of a data set, as its status file and the certificate have it."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Status = Literal["INITIALIZING", "IN PROGRESS", "SUCCESS", "FAILED"]
ENDED: tuple[Status, ...] = ("SUCCESS", "FAILED")

NOT_YET = "N/A"
MOST_BYTES = 2**18
"""Of what a job said, in its status file; the rest is left out, and said so."""


class Used(NamedTuple):
    """What a job takes of the machine."""

    memory_bytes: int = 0
    cpu_percent: float = 0.0

    @property
    def memory(self) -> str:
        """As status files have it."""
        return f"{self.memory_bytes / 2**20:.0f} MB"

    @property
    def cpu(self) -> str:
        """As status files have it."""
        return f"{self.cpu_percent:.1f} %"


UNKNOWN = Used()


@dataclass(frozen=True, kw_only=True)
class DatasetState:
    """Where the job of a data set stands.

    Parameters
    ----------
    instance
        Of what runs it.
    command
        That it runs.
    input
        Key of the data.
    status
        `INITIALIZING`, `IN PROGRESS`, `SUCCESS` or `FAILED`.
    reason
        Exit status of the command, once it has ended; why, in words, where it never began.
    used
        Of the machine.
    started_at, ended_at
        In seconds since 1970.
    log
        What it said, at least the end of it.
    """

    instance: str
    command: str
    input: str
    status: Status = "INITIALIZING"
    reason: int | str = ""
    used: Used = UNKNOWN
    started_at: float | None = None
    ended_at: float | None = None
    log: str = ""

    @property
    def lines(self) -> list[str]:
        """What it said."""
        return lines_of(self.log)

    def to_json(self) -> bytes:
        """The status file."""
        values = {
            "instance": self.instance,
            "command": self.command,
            "input": self.input,
            "status": self.status,
            "reason": self.reason,
            "memory_usage": self.used.memory,
            "cpu_usage": self.used.cpu,
            "job_start": when(self.started_at),
            "job_finish": when(self.ended_at),
            "std": {str(number): line for number, line in enumerate(self.lines)},
        }
        return (json.dumps(values, indent=1) + "\n").encode()

    def to_line(self, now: float) -> str:
        """The line of the certificate's head."""
        took = "0:00:00.00"
        if self.started_at is not None:
            took = elapsed((self.ended_at or now) - self.started_at)
        said = [line.strip() for line in self.lines if line.strip()]
        last = said[-1].replace("|", "/")[:200] if said else ""
        return (
            f"DATANAME: {self.input} | STATUS: {self.status} | TIME: {took} | LAST COMMAND: {last} | "
            f"CPU_USAGE: {self.used.cpu}"
        )


LAUNCHED, LOG_BEGINS = "PER ENVIRONMENT MONITORING:", "JOB MANAGER SETUP LOG:"
"""Of a certificate: lines before the states of data sets, and before the log."""

RULE = "================"
HELP = (
    "STATUS is INITIALIZING, IN PROGRESS, SUCCESS or FAILED; DATASET_NAME:FILE_STATUS.txt here says why.",
    "Results are in process_results; end.txt there says that nothing more will come.",
)


def certificate(states: Sequence[DatasetState], log: Sequence[str], now: float) -> bytes:
    """The certificate: how each data set stands, then how the submission went.

    Parameters
    ----------
    states
        Of data sets whose jobs have been begun.
    log
        Lines of the submission.
    now
        Seconds since 1970.
    """
    head: list[str] = []
    if states:
        rows = [state.to_line(now) for state in states]
        head = [LAUNCHED, RULE, *rows, RULE, *HELP, "++++", LOG_BEGINS]
    return ("\n".join([*head, *log]) + "\n").encode()


def elapsed(seconds: float) -> str:
    """A time as H:MM:SS.cc.

    >>> elapsed(3725.678)
    '1:02:05.67'
    """
    hundredths = int(max(0.0, seconds) * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 100:02d}.{rest % 100:02d}"


def logged(text: str, seconds: float) -> str:
    r"""A line of the certificate's log, with the time since the submission was seen.

    >>> logged("[Job Manager] STEP 1/4 (Initialization): DONE", 1.5)
    '[Job Manager] STEP 1/4 (Initialization): DONE\t [+0:00:01.50]'
    """
    return f"{' '.join(text.split())}\t [+{elapsed(seconds)}]"


def when(seconds: float | None) -> str:
    """A time in UTC.

    >>> when(0.0), when(None)
    ('1970-01-01T00:00:00Z', 'N/A')
    """
    if seconds is None:
        return NOT_YET
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def lines_of(log: str) -> list[str]:
    """Lines of a log; of a long one the last, with a line that says so."""
    if len(log) <= MOST_BYTES:
        return log.splitlines()
    end = log[-MOST_BYTES:].partition("\n")[2].splitlines()
    return [f"[Job Manager] the first {len(log) - MOST_BYTES:,} characters are left out here", *end]
