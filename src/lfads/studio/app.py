"""The app: pages of one studio behind its guard, and a thread that runs the jobs."""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from lfads.checks import UserError
from lfads.files import PathLike
from lfads.jobs.engine import Engine
from lfads.jobs.slots import Slots
from lfads.studio.bucket import neurocaas_pages
from lfads.studio.bucket.cloud import Cloud
from lfads.studio.data import data_pages, prepare_pages
from lfads.studio.entrance.guard import Guard
from lfads.studio.entrance.keys import Keys
from lfads.studio.entrance.own_door import OwnDoor
from lfads.studio.entrance.where import Where
from lfads.studio.pages import Pages, see
from lfads.studio.programs import api
from lfads.studio.results import follow_pages, result_pages
from lfads.studio.runs import curves_pages, run_pages, search_pages, watch_pages
from lfads.studio.studio import complaint, studio_at
from lfads.studio.trials import trials_pages
from lfads.studio.web import ASGIApp, Mount, Request, Response, Route, Starlette, StaticFiles

BEGIN_S = 1.0
"""Before jobs are run, which takes JAX: the first page comes before."""

STATIC: list[str | tuple[str, str]] = [("lfads.studio", "static"), ("lfads.report", "trials")]
"""Where scripts and styles lie; those of single trials are those of the page that stands by itself."""

AGAIN_S = 5.0
"""Between two tries to run the jobs where the folder cannot be used for now."""

RunJobs = Callable[[threading.Event], None]
"""Runs jobs until an event says that it is over."""


def make_app(
    place: PathLike,
    token: str,
    *,
    data: Path | None = None,
    serves: bool = True,
    cloud: Cloud | None = None,
    where: Where | None = None,
    engine: Engine | None = None,
    slots: Slots | None = None,
) -> ASGIApp:
    """The studio of one user as an ASGI app.

    Parameters
    ----------
    place
        Folder of jobs, as of `Jobs`; the studio's own files lie in `studio` in it.
    token
        Who does not show it sees nothing.
    data
        A folder whose files are offered, and only read.
    serves
        Run the jobs, too, unless another process serves the queue; then once that is gone.
    cloud
        A bucket of NeuroCAAS to which jobs can be sent.
    where
        Under which names it is reached.
    engine
        What runs the jobs: processes of this machine by default.
    slots
        What they may take together: this machine by default.

    Raises
    ------
    UserError
        If the place cannot be written to, or `data` is no folder.
    """
    where = where or Where()
    studio = studio_at(place, data, cloud)

    def run_jobs(over: threading.Event) -> None:
        studio.jobs.serve(engine, slots=slots, goes_on=lambda: not over.is_set())

    app = ready_app(routes(), studio.pages, run_jobs if serves else None)
    app.state.studio = studio
    return Guard(app, OwnDoor(studio, Keys(token), where.root), where)


def ready_app(
    pages: Sequence[Route | Mount], templates: Pages, run_jobs: RunJobs | None
) -> Starlette:
    """An app with these pages, which says mistakes, and runs jobs as long as it is there."""
    app = Starlette(
        routes=pages,
        exception_handlers={UserError: complaint, OSError: complaint},
        lifespan=None if run_jobs is None else _running(run_jobs),
    )
    # Such a redirection would hold a whole address, with a name that who asks can choose.
    app.router.redirect_slashes = False
    app.state.pages = templates
    return app


def routes() -> list[Route | Mount]:
    """Every page of one studio."""
    static = Mount("/static", StaticFiles(packages=STATIC))
    return [
        Route("/", _first), *data_pages.ROUTES, *prepare_pages.ROUTES, *run_pages.ROUTES,
        *watch_pages.ROUTES, *follow_pages.ROUTES, *result_pages.ROUTES, *trials_pages.ROUTES,
        *search_pages.ROUTES, *curves_pages.ROUTES, *neurocaas_pages.ROUTES,
        *api.ROUTES, static,
    ]  # fmt: skip


def _first(request: Request) -> Response:
    return see(request, "data")


def _running(run_jobs: RunJobs):
    """Runs the jobs in a thread as long as the app is there; jobs that run live on."""

    @contextlib.asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(run_jobs, over), daemon=True, name="jobs")
        thread.start()
        try:
            yield
        finally:
            over.set()

    return running


def _serve(run_jobs: RunJobs, over: threading.Event) -> None:
    over.wait(BEGIN_S)
    while not over.is_set():
        with contextlib.suppress(UserError, OSError):  # such as a full disk, which is made room on
            run_jobs(over)
        over.wait(AGAIN_S)
