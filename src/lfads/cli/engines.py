"""What runs jobs and what they may take together, from the flags that say so."""

import math
from dataclasses import replace
from typing import Any

from lfads.checks import UserError

GIB = 2**30


def engine_of(engine: str, address: str | None) -> Any:
    """Processes of this machine, or jobs of the Ray cluster at an address.

    Raises
    ------
    UserError
        If one is given without the other, Ray is not installed, or there is no cluster.
    """
    from lfads.jobs.local import LocalEngine
    from lfads.jobs.ray_jobs import RayEngine

    if (engine == "ray") != (address is not None):
        raise UserError(
            "`--engine ray` needs `--address` of the cluster's dashboard, and only that"
        )
    return LocalEngine() if address is None else RayEngine(address)


def slots_of(cores: int | None, gpus: int, memory_gib: float | None) -> Any:
    """What jobs may take together: this machine, where it is not said otherwise."""
    from lfads.jobs.slots import of_this_machine

    slots = replace(of_this_machine(), gpus=gpus)
    slots = slots if cores is None else replace(slots, cores=cores)
    if memory_gib is not None:
        slots = replace(slots, memory_bytes=bytes_of(memory_gib, "--memory-gib"))
    return slots


def bytes_of(gib: float, flag: str) -> int:
    """Bytes of a number of GiB.

    Raises
    ------
    UserError
        If it is no number.
    """
    if not math.isfinite(gib):
        raise UserError(f"`{flag}` must be a number of GiB; got {gib}")
    return int(gib * GIB)
