"""Jobs as processes of this machine."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from lfads.checks import reason_of
from lfads.jobs.alive import is_held
from lfads.jobs.engine import Life, NotNow
from lfads.jobs.folder import ALIVE, LOG
from lfads.jobs.job import Job


class LocalEngine:
    """Processes that live on if this one dies; the next supervisor finds them by their folder's lock.

    Parameters
    ----------
    program
        Words that begin each command, `python -m lfads` by default.
    """

    name = "local"
    assigns_gpus = False

    def __init__(self, program: Sequence[str] = ()) -> None:
        self._program = tuple(program)
        self._waiting: dict[str, threading.Thread] = {}

    def start(self, folder: Path, job: Job) -> None:
        """Start a process of its own session, which no Ctrl-C of a terminal reaches."""
        # -P: a file of the user's folder is never taken for a module.
        words = [sys.executable, "-P", "-m", "lfads.jobs.child", str(folder), str(job.attempt)]
        words += self._program
        try:
            with (folder / LOG).open("ab") as log:
                process = subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise NotNow(f"no process could be started: {reason_of(error)}") from error
        # A process that ended stays in the system's table until somebody has waited for it.
        self._waiting[job.id] = threading.Thread(target=process.wait, daemon=True)
        self._waiting[job.id].start()

    def life(self, folder: Path, job: Job) -> Life:
        """By the lock of the folder; a process of ours that just began may not have it yet."""
        ours = self._waiting.get(job.id)
        if ours is not None and ours.is_alive():
            return "alive"
        self._waiting.pop(job.id, None)
        return "alive" if is_held(folder / ALIVE) else "gone"
