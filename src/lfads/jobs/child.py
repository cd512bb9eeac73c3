"""The process that does a job: runs its command, watches its limits, and says how it ended.

`python -m lfads.jobs.child FOLDER ATTEMPT [PROGRAM …]`. It has the lock of the folder, and gives it to the
command that it starts, so that no second process begins while either of them lives. It needs nobody: who
started it may die.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from lfads.jobs.alive import Held
from lfads.jobs.asked import OUT, RESUMED, words_of
from lfads.jobs.folder import (
    ALIVE,
    LOG,
    STOP,
    Ended,
    inputs_of,
    read_ended,
    read_job,
    write_ended,
    write_taken,
)
from lfads.jobs.job import ON_A_MACHINE, Job
from lfads.jobs.memory import cpu_seconds_of, memory_of
from lfads.jobs.progress import COPIES, sign_of, works_at_address
from lfads.jobs.slots import VISIBLE
from lfads.storage.unsent import FILE_NAME as UNSENT

BUSY = 75
"""Exit status where another process does the job already."""

LOOK_S = 0.25
BEAT_S = 5.0
"""How often it is looked whether something came of the command."""

GRACE_S = (600.0, 60.0)
"""Waited after Ctrl-C's signal, and after SIGTERM, before the next and stronger one is sent."""

ENDS_WITH_PARENT = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, 15); "
    "signal.signal(2, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Has the system send SIGTERM where the process that watches is killed (Linux), then is the command."""

LFADS = (sys.executable, "-P", "-m", "lfads")
"""The program of jobs. -P: a file of the user's folder is never taken for a module."""

WITHOUT_STORES = ("neurocaas run",)
"""Commands whose data and results are on this machine, and come from others."""

OF_STORES = ("AWS_", "AZURE_", "FSSPEC_", "GOOGLE_APPLICATION_")
"""How variables begin that hold keys of stores."""

TRIES, WAIT_S = 60, 5.0
"""To keep how a job ended."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


class Heartbeat:
    """What a command keeps and says, watched: how far it came, and for how long nothing came."""

    def __init__(self, folder: Path, job: Job) -> None:
        self._look = partial(sign_of, folder, job.asked, inputs_of(folder.parent, job))
        self._sign, self._changed_at = self._look(), time.monotonic()
        self.steps, self._next = self._sign.steps, 0.0

    def silent_s(self, *, now: bool = False) -> float:
        """For how many seconds nothing came; `now` looks, however short ago that was done."""
        if now or time.monotonic() >= self._next:
            self._next = time.monotonic() + BEAT_S
            sign = self._look()
            if sign != self._sign:
                self._sign, self._changed_at = sign, time.monotonic()
                self.steps = max(self.steps, sign.steps)  # copies of runs go at the end
        return time.monotonic() - self._changed_at


class Watched:
    """A command that runs, and what ends it from outside."""

    def __init__(
        self, process: subprocess.Popen[bytes], job: Job, folder: Path, asked_to_end: list[int]
    ) -> None:
        self.process, self.job, self.folder = process, job, folder
        self._asked_to_end, self._passed_on = asked_to_end, False
        self.began = time.monotonic()
        self.peak_bytes, self.reason = 0, ""
        self._sent, self._next = 0, 0.0
        self.heart = Heartbeat(folder, job)
        self._cpu_s, self._counted_at = 0.0, self.began

    def look(self) -> int | None:
        """The exit status, if it has ended; ends it if it was asked to, or takes more than it may."""
        status = self.process.poll()
        silent_s = self.heart.silent_s(now=status is not None)
        if status is not None:
            return status
        if self._asked_to_end and not self._passed_on:
            self._passed_on = True
            self.process.send_signal(signal.SIGTERM)
        now_bytes = memory_of(self.process.pid)
        self.peak_bytes = max(self.peak_bytes, now_bytes)
        if time.monotonic() - self._counted_at >= BEAT_S:
            self._say_taken(now_bytes)
        self.reason = self.reason or self._why(silent_s)
        if self.reason and time.monotonic() >= self._next and self._sent < len(SIGNALS):
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(SIGNALS[self._sent])
            self._next = time.monotonic() + (*GRACE_S, 0.0)[self._sent]
            self._sent += 1
        return None

    def _say_taken(self, now_bytes: int) -> None:
        """Keep what it takes, for those who watch; a full disk is no reason to end."""
        cpu_s, now = cpu_seconds_of(self.process.pid), time.monotonic()
        percent = 100 * max(0.0, cpu_s - self._cpu_s) / (now - self._counted_at)
        self._cpu_s, self._counted_at = cpu_s, now
        with contextlib.suppress(OSError):
            write_taken(self.folder, now_bytes, round(percent, 1))

    @property
    def seconds(self) -> float:
        """It has run."""
        return time.monotonic() - self.began

    def _why(self, silent_s: float) -> str:
        needs = self.job.needs
        if (self.folder / STOP).exists():
            return "stop"
        if needs.max_hours and self.job.seconds + self.seconds > 3600 * needs.max_hours:
            return "hours"
        if needs.max_idle_hours and silent_s > 3600 * needs.max_idle_hours:
            return "idle"
        return "memory" if 0 < needs.max_memory_bytes < self.peak_bytes else ""


def main(arguments: Sequence[str]) -> int:
    """Do the job of a folder; 75 if another process does."""
    folder, attempt = Path(arguments[0]), int(arguments[1])
    try:
        held = Held(folder / ALIVE)
    except BlockingIOError:
        return BUSY
    job = read_job(folder)
    late = job is None or job.attempt != attempt or job.state not in ON_A_MACHINE
    if job is None or late or read_ended(folder, attempt) is not None:
        held.give_back()
        return BUSY  # it was started late, and the job has gone on without it
    with (folder / LOG).open("ab") as log:
        asked_to_end = _pass_on_signals()
        process = _started(folder, job, held, log.fileno(), arguments[2:])
        watched = Watched(process, job, folder, asked_to_end)
        while (status := watched.look()) is None:
            time.sleep(LOOK_S)
    ended = Ended(
        attempt=attempt, status=status, reason=watched.reason, seconds=round(watched.seconds, 3),
        peak_memory_bytes=watched.peak_bytes, steps=watched.heart.steps,
    )  # fmt: skip
    _kept(folder, ended)
    held.give_back()
    return 0


def _kept(folder: Path, ended: Ended) -> None:
    """Keep how it ended, also where the disk is full for some minutes."""
    for left in reversed(range(TRIES)):
        try:
            write_ended(folder, ended)
            return
        except OSError:
            if not left:
                raise
            time.sleep(WAIT_S)


def command_of(folder: Path, job: Job) -> list[str]:
    """The command of a job's next attempt; it goes on with what is there."""
    inputs = inputs_of(folder.parent, job)
    words = words_of(job.asked, folder, inputs, resume=has_begun(folder, job))
    return [*LFADS, *words]


def has_begun(folder: Path, job: Job) -> bool:
    """Whether there is something that the command can go on with."""
    asked = job.asked
    if not OUT[asked.command]:
        return job.attempt > 1  # what it keeps is in the run that it is given
    if asked.out:
        left = [path.parent for path in (folder / COPIES).glob(f"*/{UNSENT}")]
        is_left = any((copy / "config.toml").is_file() for copy in left)
        return is_left or (job.attempt > 1 and _is_at(f"{asked.out}/config.toml"))
    place = folder / OUT[asked.command]
    if asked.command == "leave-one-out":
        return place.is_dir() and any(place.iterdir())
    return (place / "config.toml").is_file()


def _is_at(address: str) -> bool:
    from lfads.storage.stores import file_system  # of those who keep runs at addresses

    system, path = file_system(address)
    return system.exists(path)


def _without_half_made(folder: Path, job: Job) -> None:
    """Remove what an attempt left that its command can neither go on with nor write over."""
    for copy in (folder / COPIES).glob("*"):
        if not (
            copy / UNSENT
        ).exists():  # of an attempt that was killed: what was sent is fetched again
            shutil.rmtree(copy, ignore_errors=True)
    name = OUT[job.asked.command]
    resumable = job.asked.command in RESUMED and has_begun(folder, job)
    if name == "run" and not resumable:
        shutil.rmtree(folder / name, ignore_errors=True)


def _started(
    folder: Path, job: Job, held: Held, log: int, program: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    _without_half_made(folder, job)
    environment = {**_inherited(job), **_variables(folder, job)}
    words = command_of(folder, job)
    os.write(log, f"$ lfads {subprocess.list2cmdline(words[len(LFADS) :])}\n".encode())
    if program:
        words = [*program, *words[len(LFADS) :]]
    if sys.platform == "linux":
        words = [sys.executable, "-c", ENDS_WITH_PARENT, *words]
    os.set_inheritable(held.file, True)
    return subprocess.Popen(
        words, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
        close_fds=os.name != "nt",
        start_new_session=True,  # signals to all processes of this one reach it once, by us
        pass_fds=() if os.name == "nt" else (held.file,),
    )  # fmt: skip


def _inherited(job: Job) -> dict[str, str]:
    """Variables of this process; a command that works on files of others here gets no keys of stores."""
    keeps = job.asked.command not in WITHOUT_STORES
    return {
        name: value
        for name, value in os.environ.items()
        if keeps or not name.upper().startswith(OF_STORES)
    }


def _variables(folder: Path, job: Job) -> dict[str, str]:
    """What the command is told by its environment: its cores, its GPUs, where copies of runs are."""
    found = {}
    if job.needs.cores:
        found["LFADS_NUM_THREADS"] = str(job.needs.cores)
    if job.gpu_ids is not None:
        found[VISIBLE] = ",".join(job.gpu_ids)
    if works_at_address(job.asked, inputs_of(folder.parent, job)):
        copies = folder / COPIES
        copies.mkdir(exist_ok=True)
        found |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(copies))
    return found


def _pass_on_signals() -> list[int]:
    """Signals that this process was sent: who ends it, as a shutdown does, ends the command."""
    sent: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        sent.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return sent


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
