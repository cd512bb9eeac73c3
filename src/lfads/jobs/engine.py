"""What an engine is: it starts the process of a job somewhere, and says whether it lives."""

from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from lfads.jobs.job import Job

Life = Literal["alive", "gone"]


class NotNow(Exception):
    """A job cannot be started now, and may be later; the message says why."""


@runtime_checkable
class Engine(Protocol):
    """Where jobs run. A job says in its folder how it ended, and is asked there to stop."""

    @property
    def name(self) -> str:
        """As `engine` of a job has it."""
        ...

    @property
    def assigns_gpus(self) -> bool:
        """Whether it says itself which GPUs a job sees; otherwise the supervisor does."""
        ...

    def start(self, folder: Path, job: Job) -> None:
        """Start the process of a job's attempt, and return at once.

        Parameters
        ----------
        folder
            Of the job.
        job
            As it stands: running, with the attempt that begins.

        Raises
        ------
        NotNow
            If it cannot be started at the moment.
        UserError
            If it cannot be started, and would not be if it were tried again.
        """
        ...

    def life(self, folder: Path, job: Job) -> Life:
        """Whether a process lives that does the job's attempt."""
        ...
