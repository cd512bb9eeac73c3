"""What a machine has for jobs, and what those that run have taken of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lfads.checks import Problems, UserError, many
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


VISIBLE = "CUDA_VISIBLE_DEVICES"


def gpu_ids(number: int, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names of so many GPUs: of those that this process may use, or the first ones.

    Raises
    ------
    UserError
        If it may not use so many.

    Examples
    --------
    >>> gpu_ids(2, {}), gpu_ids(1, {"CUDA_VISIBLE_DEVICES": "3,5"})
    (('0', '1'), ('3',))
    """
    visible = environment.get(VISIBLE)
    if visible is None:
        return tuple(map(str, range(number)))
    names = [name.strip() for name in visible.split(",") if name.strip()]
    if number > len(names):
        raise UserError(
            f"`gpus=` must be {len(names)} or less, since {VISIBLE}={visible!r} lets this process use no "
            f"more; got {number}"
        )
    return tuple(names[:number])


def of_this_machine() -> Slots:
    """All cores, and most of the memory. Which GPUs there are is for the caller to say."""
    return Slots(cores=usable_cores(), memory_bytes=int(MEMORY_SHARE * memory_bytes()))
