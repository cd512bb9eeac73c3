"""Single trials: a page to step through them, the bytes of each, and the same page as one file."""

import re
from pathlib import Path
from typing import Any

from lfads.checks import NotThere, UserError
from lfads.jobs.job import ENDED
from lfads.studio.looks import Look
from lfads.studio.pages import see
from lfads.studio.runs.watch_pages import what
from lfads.studio.studio import Studio, of
from lfads.studio.trials.trials_source import Source, source_of
from lfads.studio.web import FileResponse, Request, Response, Route

_KEY = re.compile(r"[0-9a-f]{20}")
USUAL_BYTES = 50e6
"""Of trials before they are packed, for the number of them that the form of a file proposes."""


def newest(request: Request) -> Response:
    """On to the trials as they are now: of a run that trains, those of its best weights so far."""
    studio = of(request)
    job = studio.jobs.get(request.path_params["id"])
    source = source_of(studio.jobs, job)
    look = _asked(studio, source)
    if look.state == "failed":  # whoever comes again wants it tried again
        studio.looks.again(source.path, "trials", more=source.words)
        look = _asked(studio, source)
    return see(request, f"jobs/{job.id}/trials/{look.path.stem}")


def one(request: Request) -> Response:
    """The page, or a sentence as long as trials are being laid out."""
    studio = of(request)
    job = studio.jobs.get(request.path_params["id"])
    look = studio.looks.standing(_key(request), "trials")
    if look is None:
        return see(request, f"jobs/{job.id}/trials")
    if look.state == "failed":
        raise UserError(look.text)
    values = {"job": job, "what": what(studio, job), "look": look, "live": job.state not in ENDED}
    if look.state == "waits":
        return studio.pages.show(request, "trials/trials_wait.html", values)
    from lfads.report.trials_page import SCRIPTS

    index = _opened(look.path).index
    number = sum(count for _, _, count in index)
    fits = int(USUAL_BYTES / max(num_bytes for _, num_bytes, _ in index))
    values |= {
        "key": look.path.stem, "number": number, "scripts": SCRIPTS,
        "proposed": max(1, min(fits // len(index), max(count for _, _, count in index))),
    }  # fmt: skip
    return studio.pages.show(request, "trials/trials.html", values)


def about(request: Request) -> Response:
    """What records hold."""
    return Response(_pack(request).about(), media_type="application/json")


async def record(request: Request) -> Response:
    """One trial, of which nothing else is read: at once, since handing it to a thread takes longer."""
    place = request.path_params
    found = _pack(request).record(place["session"], place["position"])
    return Response(found, media_type="application/octet-stream")


def as_page(request: Request) -> Response:
    """The page as one file that works from a disk, once it is written; until then a page that waits."""
    studio, key = of(request), _key(request)
    pack = studio.looks.standing(key, "trials")
    if pack is None or pack.state != "ready":
        raise NotThere("these trials are not there any more: go back to the job, and to its trials")
    number = request.query_params.get("num_trials", "")
    if not number.isdecimal() or len(number) > 9:
        raise UserError(f"the number of trials must be a whole number, 1 or more; got `{number}`")
    words = ("--num-trials", number)
    look = studio.looks.ask(pack.path, "trials-page", more=words)
    if look.state == "ready":
        name = f"{request.path_params['id']}-trials.html"
        return FileResponse(look.path, media_type="application/octet-stream", filename=name)
    if look.state == "failed":
        studio.looks.again(pack.path, "trials-page", more=words)
        raise UserError(look.text)
    return studio.pages.show(
        request, "waits.html", {"title": "Single trials as one file", "look": look}
    )


def _asked(studio: Studio, source: Source) -> Look:
    return studio.looks.ask(source.path, "trials", more=source.words)


def _key(request: Request) -> str:
    key = request.path_params["key"]
    if not _KEY.fullmatch(key):
        raise NotThere("there are no such trials")
    return key


def _opened(path: Path) -> Any:
    # Reports bring JAX and Matplotlib along, which the first page must not wait for.
    from lfads.report.trial_pack import Pack

    return Pack(path)


def _pack(request: Request) -> Any:
    look = of(request).looks.standing(_key(request), "trials")
    if look is None or look.state != "ready":
        raise NotThere("these trials are not there any more: reload the page")
    return _opened(look.path)


ROUTES = [
    Route("/jobs/{id}/trials", newest),
    Route("/jobs/{id}/trials/{key}", one),
    Route("/jobs/{id}/trials/{key}/about", about),
    Route("/jobs/{id}/trials/{key}/page", as_page),
    Route("/jobs/{id}/trials/{key}/{session:int}/{position:int}", record),
]
