"""Watch: the queue, and a job with its state, its log as it grows, and its learning curves."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from lfads.jobs.asked import OF_JOB, OUT
from lfads.jobs.folder import LOG
from lfads.jobs.job import ENDED, Job
from lfads.studio.data.shelf import Item
from lfads.studio.drawn import drawing
from lfads.studio.entrance.guard import IMAGE_POLICY
from lfads.studio.pages import see
from lfads.studio.results.results import ADAPTED, follow_ups, result_files
from lfads.studio.runs.waiting import queue_of, sentence
from lfads.studio.studio import Studio, changing, of
from lfads.studio.trials.trials_source import source_if_there
from lfads.studio.web import (
    FormData,
    Request,
    Response,
    Route,
    StreamingResponse,
    run_in_threadpool,
)

LOG_BYTES = 20_000
LOOK_S = 1.0


def queue(request: Request) -> Response:
    """All jobs, with a sentence on each."""
    studio = of(request)
    jobs = studio.jobs.list()[::-1]
    names = names_of(studio)
    standing = queue_of(studio.jobs, jobs[::-1])
    rows = [(job, what(studio, job, names), sentence(studio.jobs, job, standing)) for job in jobs]
    values = {"rows": rows, "served": standing.served}
    return studio.pages.show(request, "runs/queue.html", values)


def one(request: Request) -> Response:
    """A job."""
    studio = of(request)
    job = studio.jobs.get(request.path_params["id"])
    log, at = log_from(studio.jobs.folder(job), -LOG_BYTES)
    values = {
        "job": job, "what": what(studio, job), "sentence": sentence(studio.jobs, job),
        "ended": job.state in ENDED, "log": log, "at": at,
        "curves": metrics_of(studio, job) is not None, "files": result_files(studio.jobs, job),
        "follow_ups": follow_ups(job), "folder": studio.jobs.folder(job),
        "sessions": _sessions(studio, job),
        "trials": source_if_there(studio.jobs, job) is not None,
    }  # fmt: skip
    return studio.pages.show(request, "runs/job.html", values)


async def events(request: Request) -> Response:
    """State and log of a job, as they change."""
    studio = of(request)
    job = await run_in_threadpool(studio.jobs.get, request.path_params["id"])
    begin = request.headers.get("last-event-id") or request.query_params.get("at", "0")
    at = int(begin) if begin.isdecimal() and len(begin) < 20 else 0
    return StreamingResponse(_told(studio, job.id, at), media_type="text/event-stream")


async def _told(studio: Studio, name: str, at: int) -> AsyncIterator[str]:
    before: dict[str, str] = {}
    while True:
        job = await run_in_threadpool(studio.jobs.get, name)
        ended = job.state in ENDED
        text, at = await run_in_threadpool(log_from, studio.jobs.folder(job), at)
        if text:
            yield f"id: {at}\nevent: log\ndata: {json.dumps(text)}\n\n"
            continue
        state = {
            "state": job.state, "sentence": await run_in_threadpool(sentence, studio.jobs, job)
        }  # fmt: skip
        if state != before:
            yield f"event: state\ndata: {json.dumps(state)}\n\n"
            before = state
        if ended:
            yield "event: ended\ndata: {}\n\n"
            return
        yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)


def curves(request: Request) -> Response:
    """Learning curves of a training, as they are now."""
    # Drawing takes seconds to load, which other pages must not wait for.
    from lfads.plots.page import as_svg
    from lfads.plots.training import plot_learning_curves
    from lfads.training.tracking import read_metrics

    studio = of(request)
    job = studio.jobs.get(request.path_params["id"])
    path = metrics_of(studio, job)
    headers = {"content-security-policy": IMAGE_POLICY}
    if path is None or not (metrics := read_metrics(path)):
        return Response("", status_code=404, headers=headers)
    with drawing():
        drawn = as_svg(plot_learning_curves(metrics))
    return Response(drawn, media_type="image/svg+xml", headers=headers)


def cancel(request: Request, form: FormData) -> Response:
    """End a job."""
    job = of(request).jobs.cancel(request.path_params["id"])
    return see(request, f"jobs/{job.id}")


def restart(request: Request, form: FormData) -> Response:
    """Queue a job again."""
    job = of(request).jobs.restart(request.path_params["id"])
    return see(request, f"jobs/{job.id}")


def remove(request: Request, form: FormData) -> Response:
    """Delete a job with its result."""
    of(request).jobs.remove(request.path_params["id"])
    return see(request, "jobs")


def names_of(studio: Studio) -> dict[str, str]:
    """What users call data, by path."""
    return {str(item.path): item.name for item in studio.shelf.items()}


def what(studio: Studio, job: Job, names: Mapping[str, str] | None = None) -> str:
    """A job in words, with data as their user calls them: `names_of`, where many are asked for."""
    names = names_of(studio) if names is None else names
    words = [
        names.get(word, word if word.startswith(OF_JOB) else Path(word).name)
        for word in job.asked.inputs
    ]
    return " ".join([job.asked.command, *words, *job.asked.options])


def _sessions(studio: Studio, job: Job) -> list[Item]:
    """Data that can be fitted to a network that was trained: all that are no recordings."""
    if job.state != "done" or job.asked.command not in ADAPTED:
        return []
    used = job.asked.inputs
    return [
        one
        for one in studio.shelf.items()
        if one.path.is_file() and one.path.suffix != ".nwb" and str(one.path) not in used
    ]


def metrics_of(studio: Studio, job: Job) -> Path | None:
    """Where a training's epochs are written; of a search, those of its best member."""
    name = OUT[job.asked.command]
    if not name or job.asked.out:
        return None
    folder = studio.jobs.folder(job) / name
    found = [
        path for path in (folder / "metrics.jsonl", folder / "best/metrics.jsonl") if path.is_file()
    ]
    return found[0] if found else None


def log_from(folder: Path, at: int) -> tuple[str, int]:
    """Whole lines of a log from a place on, or of so many bytes at its end; and the place behind them."""
    path = folder / LOG
    if not path.is_file():
        return "", 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size + at) if at < 0 else at)
        begin = file.tell()
        found = file.read(LOG_BYTES * 4)
    whole = found.rfind(b"\n") + 1
    if not whole and len(found) == LOG_BYTES * 4:
        whole = len(found)
    return found[:whole].decode(errors="replace"), begin + whole


ROUTES = [
    Route("/jobs", queue),
    Route("/jobs/{id}", one),
    Route("/jobs/{id}/events", events),
    Route("/jobs/{id}/curves.svg", curves),
    Route("/jobs/{id}/cancel", changing(cancel), methods=["POST"]),
    Route("/jobs/{id}/restart", changing(restart), methods=["POST"]),
    Route("/jobs/{id}/remove", changing(remove), methods=["POST"]),
]
