"""The app of a studio that a lab shares: people log in, groups have their own, one machine runs it all."""

import threading
from pathlib import Path

from lfads.files import PathLike
from lfads.jobs.engine import Engine
from lfads.jobs.local import LocalEngine
from lfads.jobs.sharing import serve_shares
from lfads.jobs.slots import Slots, of_this_machine
from lfads.studio.app import ready_app, routes
from lfads.studio.entrance.guard import Guard
from lfads.studio.entrance.where import Where
from lfads.studio.people import people_pages
from lfads.studio.people.desk import desk_at
from lfads.studio.people.door import PeopleDoor
from lfads.studio.web import ASGIApp, Mount, Route


def make_lab_app(
    place: PathLike,
    *,
    data: Path | None = None,
    where: Where | None = None,
    engine: Engine | None = None,
    slots: Slots | None = None,
    serves: bool = True,
) -> ASGIApp:
    """The studio of a lab as an ASGI app.

    Parameters
    ----------
    place
        Folder of the studio: the register of people, and a folder for each group, lie in it.
    data
        A folder whose files all groups are offered, and only read.
    where
        Under which names it is reached.
    engine
        What runs the jobs: processes of this machine by default.
    slots
        What all jobs may take together: this machine by default.
    serves
        Run the jobs, too.

    Raises
    ------
    UserError
        If the place cannot be written to, or `data` is no folder.
    """
    where, slots = where or Where(), slots or of_this_machine()
    desk = desk_at(Path(place).absolute(), slots, where, data)

    def run_jobs(over: threading.Event) -> None:
        runs = engine or LocalEngine()
        serve_shares(lambda: desk.houses.shares(runs), slots, lambda: not over.is_set())

    app = ready_app(lab_routes(), desk.pages, run_jobs if serves else None)
    app.state.desk = desk
    door = PeopleDoor(desk.sessions, desk.houses, desk.audit, cookie=desk.cookie, root=where.root)
    return Guard(app, door, where)


def lab_routes() -> list[Route | Mount]:
    """Every page, those of people too."""
    return [*people_pages.ROUTES, *routes()]
