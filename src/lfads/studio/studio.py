"""What every page of a studio works with, and how pages are asked for and changed."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lfads.checks import NotThere
from lfads.files import PathLike
from lfads.jobs.queue import Jobs
from lfads.studio.bucket.cloud import Cloud
from lfads.studio.data.shelf import Shelf
from lfads.studio.looks import Looks
from lfads.studio.pages import ADMITTED, Pages
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
    pages
        The templates.
    cloud
        A bucket of NeuroCAAS, if jobs can be sent to one.
    """

    jobs: Jobs
    shelf: Shelf
    looks: Looks
    makes: Looks
    pages: Pages
    cloud: Cloud | None = None


def studio_at(place: PathLike, data: Path | None = None, cloud: Cloud | None = None) -> Studio:
    """The studio of a folder of jobs; its own files lie in `studio` in it.

    Raises
    ------
    UserError
        If the folder cannot be written to, or `data` is no folder.
    """
    jobs = Jobs(place)
    own = jobs.place / "studio"
    return Studio(
        jobs=jobs, shelf=Shelf(own / "data", data), looks=Looks(own / "looks"),
        makes=Looks(own / "made", most_s=MOST_MAKING_S),
        pages=Pages(cloud is not None), cloud=cloud,
    )  # fmt: skip


def of(request: Request) -> Studio:
    """The studio that a request is for: that of its visitor's group."""
    return request.scope[ADMITTED].studio


def changing(
    change: Callable[[Request, FormData], Response],
    most_bytes: int = MOST_FORM_BYTES,
    room: Callable[[Request, int], None] = lambda request, num_bytes: None,
) -> Callable[[Request], Awaitable[Response]]:
    """What answers a form: only one that holds our secret, and is no larger than it may be.

    `room` is told its size before any of it is taken, and raises where there is no room.
    """

    async def answer(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] not in FORMS:
            return not_from_us()
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > most_bytes:
            return PlainTextResponse("Refused: this is too much for a form.\n", status_code=413)
        await run_in_threadpool(room, request, int(length))
        async with request.form(max_files=1, max_fields=300) as form:
            if not is_ours(request, _text(form, "csrf")):
                return not_from_us()
            return await run_in_threadpool(change, request, form)

    return answer


def scripted(
    change: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """What answers our script, which sends our secret as a header."""

    async def answer(request: Request) -> Response:
        if not is_ours(request, request.headers.get("x-csrf-token", "")):
            return not_from_us()
        return await change(request)

    return answer


def is_api(request: Request) -> bool:
    """Whether it is a program that asks, which shows the token itself instead of a cookie."""
    path = request.scope["path"]
    return path == "/api" or path.startswith("/api/")


def is_ours(request: Request, text: str) -> bool:
    """Whether a secret is that of the visitor's forms."""
    return hmac.compare_digest(text.encode(), request.scope[ADMITTED].visitor.csrf.encode())


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
    said, status = str(error), 404 if isinstance(error, NotThere) else 400
    if is_api(request) and request.scope["path"] != "/api":
        return JSONResponse({"error": said}, status_code=status)
    if request.headers.get("x-csrf-token"):
        return PlainTextResponse(said, status_code=status)
    values = {"title": "This did not work", "said": said}
    return request.app.state.pages.show(request, "complaint.html", values, status)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
