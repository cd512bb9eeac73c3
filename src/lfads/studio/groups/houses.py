"""A studio for each group, in a folder of its own, and how they share the machine."""

import threading
from dataclasses import dataclass
from pathlib import Path

from lfads.checks import UserError
from lfads.jobs.engine import Engine
from lfads.jobs.job import ON_A_MACHINE, Needs
from lfads.jobs.ledger import Ledger
from lfads.jobs.queue import Jobs
from lfads.jobs.sharing import Share
from lfads.jobs.slots import Slots
from lfads.studio.data.shelf import Shelf
from lfads.studio.groups.admission import Admission
from lfads.studio.groups.allowance import Allowance
from lfads.studio.looks import Looks
from lfads.studio.pages import Pages
from lfads.studio.people.people import Group, People
from lfads.studio.people.register import own_folder
from lfads.studio.studio import MOST_MAKING_S, Studio

FOLDER = "groups"
RECENT_DAYS = 7.0
"""Who has had fewer hours in so many last days comes first."""


@dataclass(frozen=True)
class House:
    """What a group has.

    Parameters
    ----------
    studio
        Its data, queue and results.
    allowance
        What it may use.
    """

    studio: Studio
    allowance: Allowance


class Houses:
    """Studios of all groups of a place.

    Parameters
    ----------
    place
        Folder of the studio's jobs; those of the groups lie in `groups` in it.
    people
        Who may use it.
    slots
        What all jobs may take together.
    offered
        Folder that all groups may read; None for none.
    """

    def __init__(
        self, place: Path, people: People, slots: Slots, offered: Path | None = None
    ) -> None:
        self.place, self.people, self.slots, self.offered = place, people, slots, offered
        self._pages = Pages()
        self._lock = threading.Lock()
        self._open: dict[str, House] = {}
        Shelf(place, offered)  # what is offered must be a folder

    def of(self, name: str) -> House:
        """What a group has; made if it is new.

        Raises
        ------
        UserError
            If there is no such group, or its folder cannot be written to.
        """
        self.people.group(name)
        with self._lock:
            if name not in self._open:
                self._open[name] = self._opened(name)
            return self._open[name]

    def shares(self, engine: Engine) -> list[Share]:
        """The queues of all groups, for who runs their jobs."""
        return [
            one for group in self.people.groups() if (one := self._share(group, engine)) is not None
        ]

    def _opened(self, name: str) -> House:
        place = self.place / FOLDER / name
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            own_folder(self.place / FOLDER)
            own_folder(place)
        except OSError as error:
            raise UserError(f"the folder of the group {name} cannot be used: {error}") from error
        own = place / "studio"
        looks = Looks(own / "looks")

        def unfinished() -> int:
            return sum(upload.size_bytes for upload in shelf.unfinished())

        allowance = Allowance(
            place,
            lambda: self.people.group(name),
            lambda: jobs.list(states=ON_A_MACHINE),
            unfinished,
        )
        shelf = Shelf(own / "data", self.offered, allowance)
        gate = Admission(place=place, offered=shelf.offered, looks=looks, allowance=allowance)
        needs = Needs(max_memory_bytes=self.slots.memory_bytes)
        jobs = Jobs(place, group=name, gate=gate, needs=needs)
        studio = Studio(
            jobs=jobs, shelf=shelf, looks=looks, makes=Looks(own / "made", most_s=MOST_MAKING_S),
            pages=self._pages,
        )  # fmt: skip
        return House(studio, allowance)

    def _share(self, group: Group, engine: Engine) -> Share | None:
        try:
            house = self.of(group.name)
        except (UserError, OSError):  # such as a folder that cannot be reached: others go on
            return None
        ledger: Ledger = house.allowance.ledger
        supervisor = house.studio.jobs.supervisor(
            engine, self.slots,
            took=lambda job, seconds: ledger.add(job.id, job.attempt, seconds),
        )  # fmt: skip
        return Share(
            group.name, supervisor, lambda: ledger.hours(RECENT_DAYS), house.allowance.why_not
        )
