"""What every page of a studio works with, and how pages are asked for and changed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lfads.files import PathLike
from lfads.jobs.queue import Jobs
from lfads.studio.bucket.cloud import Cloud
from lfads.studio.data.shelf import Shelf
from lfads.studio.guard import is_api
from lfads.studio.keys import Keys
from lfads.studio.looks import Looks
from lfads.studio.pages import Pages
from lfads.studio.web import (
    FormData,
    JSONResponse,
    PlainTextResponse,
    Request,
    Response,
    run_in_threadpool,
)

MOST_FORM_BYTES = 2**20
MOST_MAKING_S = 12 * 3600.0
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True)
class Studio:
    """A queue, data, what was found out of them, and pages.

    Parameters
    ----------
    jobs
        The queue.
    shelf
        The data.
    looks
        What is found out in processes of their own.
    makes
        What is made of data in processes of their own, which may take hours.
    keys
        What a browser must show.
    pages
        The templates.
    cloud
        A bucket of NeuroCAAS, if jobs can be sent to one.
    """

    jobs: Jobs
    shelf: Shelf
    looks: Looks
    makes: Looks
    keys: Keys
    pages: Pages
    cloud: Cloud | None = None


def studio_at(
    place: PathLike, token: str, data: Path | None = None, cloud: Cloud | None = None
) -> Studio:
    """The studio of a folder of jobs; its own files lie in `studio` in it.

    Raises
    ------
    UserError
        If the folder cannot be written to, or `data` is no folder.
    """
    jobs, keys = Jobs(place), Keys(token)
    own = jobs.place / "studio"
    return Studio(
        jobs=jobs, shelf=Shelf(own / "data", data), looks=Looks(own / "looks"),
        makes=Looks(own / "made", most_s=MOST_MAKING_S), keys=keys,
        pages=Pages(keys.csrf, cloud is not None), cloud=cloud,
    )  # fmt: skip


def of(request: Request) -> Studio:
    """The studio that a request is for."""
    return request.app.state.studio


def changing(
    change: Callable[[Request, FormData], Response], most_bytes: int = MOST_FORM_BYTES
) -> Callable[[Request], Awaitable[Response]]:
    """What answers a form: only one that holds our secret, and is no larger than it may be."""

    async def answer(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] not in FORMS:
            return not_from_us()
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > most_bytes:
            return PlainTextResponse("Refused: this is too much for a form.\n", status_code=413)
        async with request.form(max_files=1, max_fields=300) as form:
            if not of(request).keys.is_csrf(_text(form, "csrf")):
                return not_from_us()
            return await run_in_threadpool(change, request, form)

    return answer


def scripted(
    change: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """What answers our script, which sends our secret as a header."""

    async def answer(request: Request) -> Response:
        if not of(request).keys.is_csrf(request.headers.get("x-csrf-token", "")):
            return not_from_us()
        return await change(request)

    return answer


def texts(form: FormData) -> dict[str, str]:
    """The fields of a form that are no files."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def not_from_us() -> Response:
    """The answer to who has a cookie, but no form of ours."""
    return PlainTextResponse(
        "Refused: this did not come from a form of the studio; reload the page.\n", status_code=403
    )


def complaint(request: Request, error: Exception) -> Response:
    """A page that says what a user can mend."""
    said = str(error)
    if is_api(request) and request.scope["path"] != "/api":
        return JSONResponse({"error": said}, status_code=400)
    if request.headers.get("x-csrf-token"):
        return PlainTextResponse(said, status_code=400)
    values = {"title": "This did not work", "said": said}
    return of(request).pages.show(request, "complaint.html", values, 400)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
