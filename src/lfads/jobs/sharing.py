"""Several queues on one machine: each gets its fair share of it, and none sees another's jobs.

Whoever has the fewest cores at the moment is next; among equals, whoever had the fewest hours of late.
A job that is next and does not fit is waited for: smaller ones of others would keep it waiting for ever.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lfads.checks import UserError, reason_of
from lfads.jobs.alive import Held
from lfads.jobs.job import Job
from lfads.jobs.slots import Slots
from lfads.jobs.supervisor import LOCK, LOOK_S, Supervisor


@dataclass
class Share:
    """One of the queues.

    Parameters
    ----------
    name
        Of whom it is.
    supervisor
        Of its jobs.
    recent_hours
        That its jobs have run of late, those that run now among them.
    why_not
        Why none of its jobs may run; empty if they may.
    """

    name: str
    supervisor: Supervisor
    recent_hours: Callable[[], float]
    why_not: Callable[[], str] = lambda: ""
    held: str = field(default="", init=False)


def step(shares: Sequence[Share], slots: Slots) -> None:
    """Look once at every queue, and start what fits, in the order of fair shares."""
    running: dict[str, list[Job]] = {}
    waiting: dict[str, list[Job]] = {}
    for share in shares:
        try:
            share.supervisor.look()
            waiting[share.name] = _waiting(share)
        except (UserError, OSError) as error:  # such as a folder that is gone: others go on
            share.supervisor.say(f"{share.name} waits, since {reason_of(error)}")
            waiting[share.name] = []
        with contextlib.suppress(UserError, OSError):
            running[share.name] = share.supervisor.running()
    taken = {share.name: share.recent_hours() for share in shares}
    by_name = {share.name: share for share in shares}
    while left := [name for name, jobs in waiting.items() if jobs]:
        name = min(left, key=lambda one: (_cores(running.get(one, []), slots), taken[one]))
        all_running = [job for jobs in running.values() for job in jobs]
        job = waiting[name].pop(0)
        if not slots.fits(job.needs, all_running):
            return
        with contextlib.suppress(UserError, OSError):
            started = by_name[name].supervisor.start(job, all_running)
            running.setdefault(name, []).extend([] if started is None else [started])


def serve_shares(
    shares_of: Callable[[], Sequence[Share]], slots: Slots, goes_on: Callable[[], bool]
) -> None:
    """Run the jobs of all queues until `goes_on` says no; one that another process serves is left to it.

    Parameters
    ----------
    shares_of
        The queues there are by now: asked before each look.
    slots
        What all of them may take together.
    goes_on
        Asked before each look.
    """
    locks: dict[str, Held] = {}
    try:
        while goes_on():
            shares = shares_of()
            for share in shares:
                if share.name not in locks:
                    with contextlib.suppress(BlockingIOError, OSError):
                        locks[share.name] = Held(share.supervisor.store.place / LOCK)
                        share.supervisor.store.take_in()
            step([share for share in shares if share.name in locks], slots)
            time.sleep(LOOK_S)
    finally:
        for lock in locks.values():
            lock.give_back()


def _waiting(share: Share) -> list[Job]:
    """Jobs that may start; none, and those that run are stopped, where the share is used up."""
    why, before = share.why_not(), share.held
    share.held = why
    if why:
        share.supervisor.stop(why)
        share.supervisor.hold(why)
        return []
    if before:
        share.supervisor.hold("", instead_of=before)
    return share.supervisor.ready().jobs


def _cores(running: Sequence[Job], slots: Slots) -> int:
    return sum(slots.taken_by(job.needs).cores for job in running)
