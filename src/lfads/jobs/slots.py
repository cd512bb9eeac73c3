"""What a machine has for jobs, and what those that run have taken of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from lfads.checks import Problems, many
from lfads.devices import memory_bytes, usable_cores
from lfads.jobs.job import Job, Needs

MEMORY_SHARE = 0.8
"""Of a machine's memory, that jobs may be expected to take."""


@dataclass(frozen=True, kw_only=True)
class Slots:
    """What jobs may take together.

    Parameters
    ----------
    cores, gpus, memory_bytes
        Of all jobs that run at a time.
    """

    cores: int
    gpus: int = 0
    memory_bytes: int = 0

    def __post_init__(self) -> None:
        problems = Problems("slots")
        problems.require(self.cores >= 1, f"`cores=` must be 1 or more; got {self.cores}")
        problems.require(self.gpus >= 0, f"`gpus=` must be 0 or more; got {self.gpus}")
        problems.require(
            self.memory_bytes >= 0,
            f"`memory_bytes=` must be 0 (no limit) or more; got {self.memory_bytes}",
        )
        problems.raise_if_any()

    def taken_by(self, needs: Needs) -> Needs:
        """What a job has for itself: all cores, if it asked for no number of them."""
        cores = needs.cores or self.cores
        return Needs(cores=cores, gpus=needs.gpus, memory_bytes=needs.memory_bytes)

    def fits(self, needs: Needs, running: Iterable[Job]) -> bool:
        """Whether a job fits beside those that run."""
        return not self._short(needs, [job.needs for job in running])

    def why_never(self, needs: Needs) -> str:
        """Why a job does not fit even alone; empty if it does."""
        return self._short(needs, [])

    def _short(self, needs: Needs, beside: list[Needs]) -> str:
        wanted = [self.taken_by(each) for each in (needs, *beside)]
        own = wanted[0]
        if sum(each.cores for each in wanted) > self.cores:
            return f"it asks for {many(own.cores, 'core')}; there are {self.cores}"
        if sum(each.gpus for each in wanted) > self.gpus:
            return f"it asks for {many(own.gpus, 'GPU')}; there are {self.gpus}"
        if self.memory_bytes and sum(each.memory_bytes for each in wanted) > self.memory_bytes:
            return (
                f"it is expected to take {own.memory_bytes / 2**30:.1f} GiB of memory; jobs may take "
                f"{self.memory_bytes / 2**30:.1f} GiB"
            )
        return ""


def of_this_machine() -> Slots:
    """All cores, and most of the memory. Which GPUs there are is for the caller to say."""
    return Slots(cores=usable_cores(), memory_bytes=int(MEMORY_SHARE * memory_bytes()))
