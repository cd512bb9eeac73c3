"""What pages of people work with: users, sessions, tries, the audit log, and the groups' allowances."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lfads.jobs.slots import Slots
from lfads.studio.entrance.where import Where
from lfads.studio.groups.houses import Houses
from lfads.studio.pages import Pages
from lfads.studio.people.audit import Audit
from lfads.studio.people.people import People
from lfads.studio.people.register import Register
from lfads.studio.people.sessions import Sessions
from lfads.studio.people.tries import Tries
from lfads.studio.web import Request


@dataclass(frozen=True)
class Desk:
    """All that belongs to a register.

    Parameters
    ----------
    people, sessions, tries, audit
        Of the register.
    houses
        Of the groups.
    pages
        The templates.
    where
        Where the studio is reached.
    cookie
        Name of the cookie: another one for each folder, since browsers do not tell ports apart.
    """

    people: People
    sessions: Sessions
    tries: Tries
    audit: Audit
    houses: Houses
    pages: Pages
    where: Where
    cookie: str


def desk_at(place: Path, slots: Slots, where: Where, offered: Path | None = None) -> Desk:
    """The desk of a folder of jobs.

    Raises
    ------
    UserError
        If the register cannot be used, or what is offered is no folder.
    """
    register = Register(place)
    people = People(register)
    return Desk(
        people=people, sessions=Sessions(register), tries=Tries(register), audit=Audit(place),
        houses=Houses(place, people, slots, offered), pages=Pages(), where=where,
        cookie=cookie_of(place),
    )  # fmt: skip


def cookie_of(place: Path) -> str:
    """The name of the cookie of a studio."""
    digest = hashlib.sha256(str(place.absolute()).encode()).hexdigest()
    return f"lfads-studio-{digest[:8]}"


def desk_of(request: Request) -> Desk:
    """The desk of the studio that a request is for."""
    return request.app.state.desk
