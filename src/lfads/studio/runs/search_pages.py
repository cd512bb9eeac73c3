"""A search as it goes: scores of its members, paths of hyperparameters, who went on from whom."""

from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.jobs.asked import OUT
from lfads.jobs.job import ENDED, Job
from lfads.studio.drawn import as_image, drawing
from lfads.studio.runs.waiting import sentence
from lfads.studio.runs.watch_pages import what
from lfads.studio.studio import of
from lfads.studio.web import JSONResponse, Request, Response, Route


def one(request: Request) -> Response:
    """The page; figures come by themselves whenever a generation has ended."""
    studio = of(request)
    job = _search(request)
    folder = _folder(request, job)
    values: dict[str, Any] = {
        "job": job, "what": what(studio, job), "ended": job.state in ENDED, "stamp": _stamp(folder),
        "sentence": sentence(studio.jobs, job), "sentences": (), "warnings": (), "figures": (),
    }  # fmt: skip
    if values["stamp"]:
        from lfads.report.search import search_so_far  # Matplotlib comes with it

        found = search_so_far(folder)
        values |= {
            "sentences": found.sentences(),
            "warnings": found.warnings(),
            "figures": found.figures(),
        }
    return studio.pages.show(request, "runs/search.html", values)


def figure(request: Request) -> Response:
    """One of its figures, as it is now."""
    from lfads.report.search import search_so_far

    found = search_so_far(_folder(request, _search(request)))
    asked = [each for each in found.figures() if each.key == request.path_params["key"]]
    if not asked:
        raise UserError("a search has no such figure")
    with drawing():
        return as_image(asked[0].draw())


def state(request: Request) -> Response:
    """What the page asks for again and again: whether there is something new, and a sentence."""
    job = _search(request)
    said = sentence(of(request).jobs, job)
    return JSONResponse(
        {"stamp": _stamp(_folder(request, job)), "sentence": said, "ended": job.state in ENDED}
    )


def _search(request: Request) -> Job:
    job = of(request).jobs.get(request.path_params["id"])
    if job.asked.command != "search" or job.asked.out:
        raise UserError("this job is no search that is kept here")
    return job


def _folder(request: Request, job: Job) -> Path:
    return of(request).jobs.folder(job) / OUT["search"]


def _stamp(folder: Path) -> str:
    """Another one after each generation; empty before the first has ended."""
    path = folder / "population.csv"
    return str(path.stat().st_mtime_ns) if path.is_file() else ""


ROUTES = [
    Route("/jobs/{id}/search", one),
    Route("/jobs/{id}/search/state", state),
    Route("/jobs/{id}/search/{key}.svg", figure),
]
