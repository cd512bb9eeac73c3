"""The studio for programs: data, jobs and results as JSON at `/api`, told by its own OpenAPI document."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any

from lfads.checks import NotThere, UserError
from lfads.jobs.asked import OF_JOB, OF_SERVICES
from lfads.jobs.job import Job
from lfads.studio.data.data_pages import COPIED_BYTES, MOST_PIECE_BYTES, taken
from lfads.studio.data.shelf import MOST_BYTES, Item
from lfads.studio.programs.operations import ASKED, COMMANDS, TEXT, WHOLE, Operation, openapi
from lfads.studio.results.result_pages import archive
from lfads.studio.results.results import result_files
from lfads.studio.runs.waiting import Queue, queue_of, sentence
from lfads.studio.runs.watch_pages import log_from
from lfads.studio.studio import Studio, of
from lfads.studio.web import (
    FileResponse,
    JSONResponse,
    Request,
    Response,
    Route,
    run_in_threadpool,
)

Answers = Callable[[Request], Response | Awaitable[Response]]
_ID = re.compile(r"[ef]-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z][\w-]{0,80}")


def listed_data(request: Request) -> Response:
    """All data."""
    return JSONResponse([_of_item(item) for item in of(request).shelf.items()])


def one_data(request: Request) -> Response:
    """One file of data."""
    return JSONResponse(_of_item(of(request).shelf.get(request.path_params["id"])))


def removed_data(request: Request) -> Response:
    """Delete an upload."""
    of(request).shelf.remove(request.path_params["id"])
    return JSONResponse(None)


def begun(request: Request) -> Response:
    """Begin an upload, or go on with the one that was broken off."""
    query, shelf = request.query_params, of(request).shelf
    upload = shelf.begin(query.get("name", ""), _whole(request, "size_bytes"), query.get("key", ""))
    offset = shelf.part(upload).stat().st_size
    return JSONResponse({"id": upload.id, "offset": offset, "done": False})


async def piece(request: Request) -> Response:
    """The next bytes of an upload."""
    shelf = of(request).shelf
    upload = await run_in_threadpool(shelf.upload, request.path_params["id"])
    part, begins = shelf.part(upload), _whole(request, "offset")
    told = {"id": upload.id, "offset": part.stat().st_size, "done": False}
    if begins != told["offset"]:
        return JSONResponse(told, status_code=409)
    if not await taken(request, shelf, upload, begins):
        raise UserError("this is more than the file has, or a piece may have")
    told["offset"] = part.stat().st_size
    if told["offset"] == upload.size_bytes:
        await run_in_threadpool(shelf.finish, upload)
        told["done"] = True
    return JSONResponse(told)


def listed_jobs(request: Request) -> Response:
    """All jobs."""
    studio = of(request)
    ids = {str(item.path): item.id for item in studio.shelf.items()}
    jobs = studio.jobs.list()
    queue = queue_of(studio.jobs, jobs)
    return JSONResponse([_of_job(studio, job, ids, queue) for job in jobs])


async def submitted(request: Request) -> Response:
    """Put a command into the queue."""
    asked = await _sent(request)
    studio = of(request)
    unknown = set(asked) - set(ASKED["properties"])
    if unknown or not isinstance(asked.get("command"), str):
        raise UserError(
            f"expected an object with `command` and some of {', '.join(ASKED['properties'])}; got "
            f"{', '.join(sorted(map(str, asked))) or 'nothing'}"
        )

    if not isinstance(asked.get("anew", False), bool):
        raise UserError("`anew` must be true or false")
    if asked["command"] in OF_SERVICES:
        raise UserError(f"`command` must be one of {', '.join(COMMANDS['enum'])}")

    def queued() -> Job:
        inputs = [_input(studio, word) for word in _texts(asked, "inputs")]
        return studio.jobs.submit(
            asked["command"], inputs, settings=_table(asked, "settings"),
            options=_texts(asked, "options"), anew=asked.get("anew", False),
        )  # fmt: skip

    return JSONResponse(_of_job(studio, await run_in_threadpool(queued)))


def one_job(request: Request) -> Response:
    """One job as it stands."""
    return JSONResponse(_of_job(of(request), _job(request)))


def log(request: Request) -> Response:
    """What a job has said, in whole lines."""
    text, at = log_from(of(request).jobs.folder(_job(request)), _whole(request, "offset", "0"))
    return JSONResponse({"text": text, "offset": at})


def cancelled(request: Request) -> Response:
    """End a job."""
    return JSONResponse(_of_job(of(request), of(request).jobs.cancel(_job(request).id)))


def restarted(request: Request) -> Response:
    """Queue a job again that has ended."""
    return JSONResponse(_of_job(of(request), of(request).jobs.restart(_job(request).id)))


def removed_job(request: Request) -> Response:
    """Delete a job with its result."""
    of(request).jobs.remove(_job(request).id)
    return JSONResponse(None)


def files(request: Request) -> Response:
    """Names of the files of a result."""
    return JSONResponse(list(result_files(of(request).jobs, _job(request))))


def file(request: Request) -> Response:
    """A file of a result."""
    found = result_files(of(request).jobs, _job(request)).get(request.path_params["name"])
    if found is None:
        raise NotThere("this result has no such file")
    return FileResponse(found, media_type="application/octet-stream", filename=found.name)


def document(request: Request) -> Response:
    """What there is to ask, for programs."""
    return JSONResponse(openapi(OPERATIONS))


def page(request: Request) -> Response:
    """What there is to ask, for people."""
    return of(request).pages.show(request, "programs/api.html", {"operations": OPERATIONS})


def _of_item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id, "name": item.name, "size_bytes": item.size_bytes, "offered": item.offered
    }  # fmt: skip


def _of_job(
    studio: Studio,
    job: Job,
    ids: Mapping[str, str] | None = None,
    queue: Queue | None = None,
) -> dict[str, Any]:
    if ids is None:
        ids = {str(item.path): item.id for item in studio.shelf.items()}
    asked = job.asked
    return {
        "id": job.id, "command": asked.command, "inputs": [ids.get(w, w) for w in asked.inputs],
        "settings": asked.settings, "options": list(asked.options), "state": job.state,
        "sentence": sentence(studio.jobs, job, queue), "reason": job.reason,
        "submitted_at": job.submitted_at, "started_at": job.started_at, "ended_at": job.ended_at,
        "predicted_minutes": job.predicted_minutes,
    }  # fmt: skip


def _input(studio: Studio, word: str) -> str:
    """A file of data by its id, a job's result, or the name of a part; no path of this machine."""
    if _ID.fullmatch(word):
        return str(studio.shelf.get(word).path)
    if word.startswith(OF_JOB) or _NAME.fullmatch(word):
        return word
    raise UserError(f"`inputs` are ids of data, `job:ID` and names of parts; got {word[:60]!r}")


async def _sent(request: Request) -> Mapping[str, Any]:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > COPIED_BYTES:
        raise UserError(f"a request has at most {COPIED_BYTES:,} bytes, and says how many")
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise UserError("the request must be JSON") from None
    if not isinstance(found, dict):
        raise UserError("the request must be an object of JSON")
    return found


def _texts(asked: Mapping[str, Any], name: str) -> list[str]:
    found = asked.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UserError(f"`{name}` must be a list of texts")
    return found


def _table(asked: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = asked.get(name, {})
    if not isinstance(found, dict):
        raise UserError(f"`{name}` must be an object")
    return found


def _whole(request: Request, name: str, default: str = "") -> int:
    text = request.query_params.get(name, default)
    if not text.isdecimal() or len(text) > len(str(MOST_BYTES)):
        raise UserError(f"`{name}` must be a whole number, 0 or more")
    return int(text)


def _job(request: Request) -> Job:
    return of(request).jobs.get(request.path_params["id"])


_SIZE = {**WHOLE, "minimum": 1, "maximum": MOST_BYTES}
_FROM = {**WHOLE, "default": 0}
_KEY = {**TEXT, "default": "", "description": "Tells apart files of one name and size."}
_PIECE = f"The next bytes of an upload, at most {MOST_PIECE_BYTES:,}."

OPERATIONS = [
    Operation(method="GET", path="/api/data", name="listData", summary="All data.", answer=listed_data,
              gives="Data", many=True),
    Operation(method="POST", path="/api/data", name="beginUpload", answer=begun, gives="Upload",
              summary="Begin an upload, or go on with the one of the same name, size and key.",
              query={"name": TEXT, "size_bytes": _SIZE, "key": _KEY}),
    Operation(method="POST", path="/api/data/{id}/pieces", name="uploadPiece", answer=piece, gives="Upload",
              summary=_PIECE, query={"offset": WHOLE}, body="bytes"),
    Operation(method="GET", path="/api/data/{id}", name="getData", summary="One file of data.",
              answer=one_data, gives="Data"),
    Operation(method="DELETE", path="/api/data/{id}", name="deleteData", summary="Delete an upload.",
              answer=removed_data),
    Operation(method="GET", path="/api/jobs", name="listJobs", summary="All jobs.", answer=listed_jobs,
              gives="Job", many=True),
    Operation(method="POST", path="/api/jobs", name="submit", summary="Put a command into the queue.",
              answer=submitted, gives="Job", body=ASKED),
    Operation(method="GET", path="/api/jobs/{id}", name="getJob", summary="One job as it stands.",
              answer=one_job, gives="Job"),
    Operation(method="DELETE", path="/api/jobs/{id}", name="deleteJob", answer=removed_job,
              summary="Delete a job that does not run, with its result."),
    Operation(method="GET", path="/api/jobs/{id}/log", name="getLog", answer=log, gives="Log",
              summary="What a job has said, in whole lines from a place on.", query={"offset": _FROM}),
    Operation(method="POST", path="/api/jobs/{id}/cancel", name="cancel", answer=cancelled, gives="Job",
              summary="End a job; a training keeps a checkpoint."),
    Operation(method="POST", path="/api/jobs/{id}/restart", name="restart", answer=restarted, gives="Job",
              summary="Queue a job again that has ended."),
    Operation(method="GET", path="/api/jobs/{id}/files", name="listFiles", answer=files, gives="File",
              many=True, summary="Names of the files of a result."),
    Operation(method="GET", path="/api/jobs/{id}/files/{name:path}", name="getFile", answer=file,
              gives="file", summary="A file of a result."),
    Operation(method="GET", path="/api/jobs/{id}/all.zip", name="getAll", answer=archive, gives="file",
              summary="All files of a result as one archive."),
]  # fmt: skip


def _routes() -> list[Route]:
    """One route for each path, so that whoever asks in a wrong way is told all that there are."""
    ways: dict[str, dict[str, Answers]] = {}
    for one in OPERATIONS:
        ways.setdefault(one.path, {})[one.method] = one.answer
    return [Route(path, _answering(each), methods=[*each]) for path, each in ways.items()]


def _answering(ways: Mapping[str, Answers]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        way = ways["GET" if request.method == "HEAD" else request.method]
        if iscoroutinefunction(way):
            return await way(request)
        found = await run_in_threadpool(way, request)
        return found if isinstance(found, Response) else await found

    return answer


ROUTES = [Route("/api", page), Route("/api/openapi.json", document), *_routes()]
