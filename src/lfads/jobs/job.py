"""A job: what was asked, its state, and what it may take of the machine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from lfads.checks import Problems, is_whole
from lfads.jobs.asked import Asked, asked_of

State = Literal["queued", "running", "stopping", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
ON_A_MACHINE: tuple[State, ...] = ("running", "stopping")

FOLLOWS: Mapping[State, tuple[State, ...]] = {
    "queued": ("running", "cancelled", "failed"),
    "running": ("done", "failed", "cancelled", "queued", "stopping"),
    "stopping": ("cancelled", "done", "failed"),
    "done": ("queued",),
    "failed": ("queued",),
    "cancelled": ("queued",),
}
"""Which state may follow which. A running job whose process is gone is queued again, to be resumed."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a job takes of a machine, and what it may not exceed.

    Parameters
    ----------
    cores, gpus
        That it has for itself while it runs. 0 cores: all of them.
    memory_bytes
        That it is expected to take; it starts when so much is free.
    max_memory_bytes
        More than this ends it; 0 is no limit. Watched where the system says what processes take (Linux).
    max_hours
        It is ended, with a checkpoint, after so long a time of running, all attempts together; 0 is no
        limit.
    max_idle_hours
        It is stopped, and resumed, where nothing came of it for so long; 0 is no limit.
    """

    cores: int = 0
    gpus: int = 0
    memory_bytes: int = 0
    max_memory_bytes: int = 0
    max_hours: float = 0.0
    max_idle_hours: float = 0.0

    def __post_init__(self) -> None:
        problems = Problems("job")
        for name, value in asdict(self).items():
            hours = name.endswith("_hours")
            problems.require(
                isinstance(value, int | float) and (hours or is_whole(value)) and value >= 0,
                f"`{name}=` must be {'a number' if hours else 'a whole number'}, 0 or more; got {value!r}",
            )
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as it stands.

    Parameters
    ----------
    id
        Name of its folder.
    group
        Whose it is: within a group, asking for the same twice gives the job that there is.
    asked, needs
        What to do, and what it takes.
    state
        `queued`, `running`, `stopping` (it was cancelled and ends), `done`, `failed`, `cancelled`.
    reason
        Why it is in that state, in words.
    priority
        Higher first; among equals the older one.
    attempt
        Counts starts.
    engine
        What runs it: `local` or `ray`; empty while it was never started.
    gpu_ids
        GPUs that it has for itself while it runs, as CUDA_VISIBLE_DEVICES names them; None where it sees
        what its engine lets it see.
    seconds
        Of running, of earlier attempts.
    furthest, stuck
        How far it has come, and how many attempts in a row have come no further.
    submitted_at, started_at, ended_at
        Seconds since 1970, for people; no decision depends on them.
    predicted_minutes
        How long it was expected to take; None if that is not known.
    """

    id: str
    group: str
    asked: Asked
    needs: Needs = Needs()
    state: State = "queued"
    reason: str = ""
    priority: int = 0
    attempt: int = 0
    engine: str = ""
    gpu_ids: tuple[str, ...] | None = None
    seconds: float = 0.0
    furthest: float = -1.0
    stuck: int = 0
    submitted_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    predicted_minutes: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def job_of(values: Mapping[str, Any]) -> Job:
    """A job from what `to_dict` made, read from JSON."""
    parts = {"asked": asked_of(values["asked"]), "needs": Needs(**values["needs"])}
    gpus = values.get("gpu_ids")
    return Job(**{**values, **parts, "gpu_ids": None if gpus is None else tuple(map(str, gpus))})
