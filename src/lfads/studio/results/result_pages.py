"""Results: the report in a frame of its own, downloads, what may follow, and the table of runs."""

import math
from collections.abc import Callable
from typing import Any

from lfads.checks import NotThere, UserError
from lfads.jobs.job import Job
from lfads.studio.entrance.guard import IMAGE_POLICY, PAGE_POLICY
from lfads.studio.pages import see
from lfads.studio.results.results import (
    RunRow,
    follow_up,
    follow_ups,
    result_files,
    run_rows,
    zipped,
)
from lfads.studio.runs.watch_pages import names_of, what
from lfads.studio.studio import changing, of, texts
from lfads.studio.web import FileResponse, FormData, Request, Response, Route, StreamingResponse

SORTED_BY: dict[str, Callable[[RunRow], Any]] = {
    "bits": lambda row: -row.bits_per_spike if not math.isnan(row.bits_per_spike) else math.inf,
    "time": lambda row: -(row.job.ended_at or 0.0),
    "epochs": lambda row: -(row.epochs or 0),
    "seconds": lambda row: row.seconds if not math.isnan(row.seconds) else math.inf,
}


IMAGES = {".png": "image/png", ".webp": "image/webp", ".gif": "image/gif"}


def runs(request: Request) -> Response:
    """All runs, in the order that was asked for, of one command or all, whose words hold a word."""
    studio, query = of(request), request.query_params
    by, word, kind = (query.get(name, "") for name in ("by", "word", "kind"))
    by = by if by in SORTED_BY else "time"
    back = query.get("back", "") == "1"
    names = names_of(studio)
    rows = [(row, what(studio, row.job, names)) for row in run_rows(studio.jobs)]
    found = [
        (row, words)
        for row, words in rows
        if word.lower() in f"{words} {row.job.id}".lower() and kind in ("", row.job.asked.command)
    ]
    found.sort(key=lambda pair: SORTED_BY[by](pair[0]), reverse=back)
    values = {
        "rows": found, "by": by, "word": word, "kind": kind, "back": back,
        "kinds": sorted({row.job.asked.command for row, _ in rows}),
    }  # fmt: skip
    return studio.pages.show(request, "results/runs.html", values)


def file(request: Request) -> Response:
    """A file of a result; pages are shown under a policy of their own, all others are given away."""
    name = request.path_params["name"]
    found = result_files(of(request).jobs, _job(request)).get(name)
    if found is None:
        raise NotThere("this result has no such file")
    if found.suffix == ".html":
        headers = {"content-security-policy": PAGE_POLICY}
        return FileResponse(found, media_type="text/html", headers=headers)
    if found.suffix in IMAGES:
        headers = {"content-security-policy": IMAGE_POLICY}
        return FileResponse(found, media_type=IMAGES[found.suffix], headers=headers)
    return FileResponse(found, media_type="application/octet-stream", filename=found.name)


def archive(request: Request) -> Response:
    """The whole result as one file."""
    studio, job = of(request), _job(request)
    files = result_files(studio.jobs, job)
    if not files:
        raise UserError("this job has no result yet")
    headers = {"content-disposition": f'attachment; filename="{job.id}.zip"'}
    pieces = zipped(files, job.id)
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


def as_mat(request: Request) -> Response:
    """The posterior for MATLAB, once a process of its own has written it; until then a page that waits."""
    studio, job = of(request), _job(request)
    posterior = result_files(studio.jobs, job).get("posterior.nc")
    if posterior is None:
        raise UserError("this job has no posterior: infer first")
    look = studio.looks.ask(posterior, "mat")
    if look.state == "ready":
        return FileResponse(
            look.path, media_type="application/octet-stream", filename=f"{job.id}.mat"
        )
    if look.state == "failed":
        raise UserError(look.text)
    return studio.pages.show(request, "waits.html", {"title": "posterior.mat", "look": look})


def follow(request: Request, form: FormData) -> Response:
    """Queue what follows from a run."""
    job, command = _job(request), texts(form).get("command", "")
    if command not in follow_ups(job):
        raise UserError("this cannot follow: the run is not done, or there is no such command")
    next_one = follow_up(job, command)
    new = of(request).jobs.submit(next_one.command, next_one.inputs, options=next_one.options)
    return see(request, f"jobs/{new.id}")


def _job(request: Request) -> Job:
    return of(request).jobs.get(request.path_params["id"])


ROUTES = [
    Route("/runs", runs),
    Route("/jobs/{id}/files/{name:path}", file),
    Route("/jobs/{id}/all.zip", archive),
    Route("/jobs/{id}/posterior.mat", as_mat),
    Route("/jobs/{id}/follow", changing(follow), methods=["POST"]),
]
