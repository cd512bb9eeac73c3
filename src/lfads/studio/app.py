"""The app: pages of one studio behind its guard, and a thread that runs the jobs."""

import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from lfads.checks import UserError
from lfads.files import PathLike
from lfads.jobs.queue import Jobs
from lfads.studio.bucket import neurocaas_pages
from lfads.studio.bucket.cloud import Cloud
from lfads.studio.data import data_pages, prepare_pages
from lfads.studio.guard import Guard
from lfads.studio.pages import see
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


def make_app(
    place: PathLike,
    token: str,
    *,
    data: Path | None = None,
    serves: bool = True,
    cloud: Cloud | None = None,
) -> ASGIApp:
    """The studio as an ASGI app.

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

    Raises
    ------
    UserError
        If the place cannot be written to, or `data` is no folder.
    """
    studio = studio_at(place, token, data, cloud)
    app = Starlette(
        routes=routes(),
        exception_handlers={UserError: complaint, OSError: complaint},
        lifespan=_running(studio.jobs) if serves else None,
    )
    app.state.studio = studio
    return Guard(app, studio.keys)


def routes() -> list[Route | Mount]:
    """Every page."""
    static = Mount("/static", StaticFiles(packages=STATIC))
    return [
        Route("/", _first), *data_pages.ROUTES, *prepare_pages.ROUTES, *run_pages.ROUTES,
        *watch_pages.ROUTES, *follow_pages.ROUTES, *result_pages.ROUTES, *trials_pages.ROUTES,
        *search_pages.ROUTES, *curves_pages.ROUTES, *neurocaas_pages.ROUTES,
        *api.ROUTES, static,
    ]  # fmt: skip


def _first(request: Request) -> Response:
    return see(request, "data")


def _running(jobs: Jobs):
    """Runs the jobs in a thread as long as the app is there; jobs that run live on."""

    @contextlib.asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(jobs, over), daemon=True, name="jobs")
        thread.start()
        try:
            yield
        finally:
            over.set()

    return running


def _serve(jobs: Jobs, over: threading.Event) -> None:
    over.wait(BEGIN_S)
    while not over.is_set():
        with contextlib.suppress(UserError, OSError):  # such as a full disk, which is made room on
            jobs.serve(goes_on=lambda: not over.is_set())
        over.wait(AGAIN_S)
