"""Jobs in a bucket of NeuroCAAS: data sets, configurations, start, monitor, download."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lfads.checks import NotThere, UserError, many, reason_of
from lfads.neurocaas.buckets import Away, is_safe, silent
from lfads.neurocaas.fetching import is_shown
from lfads.neurocaas.job_config import doubts_of, limits_in
from lfads.neurocaas.layout import CONFIG_ENDINGS, RESULTS, Folder
from lfads.neurocaas.limits import MULTISESSION
from lfads.neurocaas.sending import Sending, send_config
from lfads.neurocaas.standing import Standing
from lfads.neurocaas.submitting import ask_for, check_name, new_timestamp
from lfads.studio.bucket.cloud import Cloud
from lfads.studio.data.shelf import Item
from lfads.studio.pages import see
from lfads.studio.studio import changing, of, texts
from lfads.studio.web import (
    BackgroundTask,
    FileResponse,
    FormData,
    Request,
    Response,
    Route,
    UploadFile,
)

MOST_LINES = 400


def page(request: Request) -> Response:
    """All of it: data sets and configurations to choose from, and jobs with how they stand."""
    return _page(request)


def send(request: Request, form: FormData) -> Response:
    """Send files of the studio to the bucket, beside other work; a folder of several is one of sessions."""
    cloud, words = _cloud(request), texts(form)
    items = [_item(request, name) for name in _ticked(words, "item-")]
    if not items:
        raise UserError("tick the files that are to be sent first")
    folder = words.get("folder", "").strip()
    check_name(folder)
    names = [Path(item.name).name for item in items]
    if len({*names}) < len(names):
        raise UserError(f"two of these files have one name in the bucket: {', '.join(names)}")
    for item in items:
        if item.path.is_dir() or not is_safe(Path(item.name).name):
            raise UserError(f"`{item.name}` cannot be sent: expected files of trials")
    prefix = f"{folder}/" if folder else ""
    files = {f"{prefix}{name}": item.path for name, item in zip(names, items, strict=True)}
    cloud.send(files)
    return see(request, "neurocaas#data")


def configure(request: Request, form: FormData) -> Response:
    """Send a configuration from a file of the browser's machine."""
    cloud, file = _cloud(request), form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise UserError("no file came: choose a configuration first")
    name = Path(file.filename.replace("\\", "/")).name
    suffix = Path(name).suffix.lower()
    if suffix not in CONFIG_ENDINGS or not is_safe(name):
        raise UserError(f"a configuration ends in {', '.join(CONFIG_ENDINGS)}; got `{name}`")
    file.file.seek(0)
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"configuration{suffix}"
        path.write_bytes(file.file.read())
        if doubts := doubts_of(path):  # what is no configuration is refused
            said.append(f"Servers of lfads will refuse {name}; others may not. {doubts}")
        sending = Sending(cloud.bucket, False, said.append, lambda key: silent)
        send_config(sending, cloud.group, path, name, new_timestamp(cloud.bucket, cloud.group))
    cloud.look_anew()
    return _page(request, said="\n".join(said)) if said else see(request, "neurocaas#configs")


def start(request: Request, form: FormData) -> Response:
    """Ask for a job of what was ticked; mistakes come back with the page."""
    cloud, words = _cloud(request), texts(form)
    data, config = _ticked(words, "data-"), words.get("config", "")
    try:
        name = words.get("name", "").strip()
        check_name(name)
        _check_choice(cloud, data, config)
        timestamp = new_timestamp(cloud.bucket, cloud.group)
        job = ask_for(cloud.bucket, cloud.group, data, config, timestamp, name=name)
    except (UserError, Away) as error:
        return _page(request, said=reason_of(error), words=words, status=400)
    cloud.look_anew()
    return see(request, f"neurocaas/jobs/{job.folder.prefix.rpartition('/')[2]}")


def one(request: Request) -> Response:
    """A job: its steps, what each data set said, and files to download."""
    job = _cloud(request).job(request.path_params["job"])
    shown = _shown(request, job)
    return of(request).pages.show(request, "bucket/neurocaas_job.html", {"job": job, **shown})


def file(request: Request) -> Response:
    """A file that a job left, fetched from the bucket for the browser."""
    cloud = _cloud(request)
    job = cloud.job(request.path_params["job"])
    folder = Folder(f"{cloud.group}/{RESULTS}/{job.job}")
    key = folder.key(request.path_params["name"])
    found = {entry.key for entry in cloud.bucket.entries(f"{folder.prefix}/")}
    if not is_safe(key) or key not in found or not is_shown(folder, key):
        raise NotThere("this job has no such file")
    with tempfile.NamedTemporaryFile(prefix="lfads-fetched-", delete=False) as kept:
        path = Path(kept.name)
    try:
        cloud.bucket.fetch(key, path, silent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    name = key.rpartition("/")[2].replace(":", "_")
    return FileResponse(
        path, media_type="application/octet-stream", filename=name,
        background=BackgroundTask(path.unlink, missing_ok=True),
    )  # fmt: skip


def _page(
    request: Request, *, said: str = "", words: dict[str, str] | None = None, status: int = 200
) -> Response:
    cloud, words = _cloud(request), words or {}
    items = [item for item in of(request).shelf.items() if not item.path.is_dir()]
    values = {
        "cloud": cloud, "seen": cloud.seen(), "items": items, "said": said,
        "ticked": set(_ticked(words, "data-")), "config": words.get("config", ""),
        "name": words.get("name", ""), "multisession": MULTISESSION,
    }  # fmt: skip
    return of(request).pages.show(request, "bucket/neurocaas.html", values, status)


def _shown(request: Request, job: Standing) -> dict[str, Any]:
    """What the page of a job says of it."""
    folder = Folder(f"{job.group}/{RESULTS}/{job.job}")
    lines = [line.partition("\t")[0] for line in job.log]
    log = [line for one in job.datasets for line in one.lines][-MOST_LINES:]
    return {
        "certificate": "\n".join(lines), "log": "\n".join(log),
        "files": [
            (entry, entry.key.removeprefix(f"{folder.prefix}/")) for entry in job.results
        ],
        "place": _cloud(request).bucket.place,
    }  # fmt: skip


def _check_choice(cloud: Cloud, data: list[str], config: str) -> None:
    """Refuse what does not go together, or is not there."""
    seen = cloud.seen()
    if not data or not config:
        missing = "a data set" if not data else "a configuration"
        raise UserError(f"choose {missing} first")
    there = {one.key for one in (*seen.data, *seen.configs)}
    if gone := [key for key in (*data, config) if key not in there]:
        raise UserError(f"{gone[0]} is not in {cloud.bucket.place} any more: choose another")
    folders = [key for key in data if key.endswith("/")]
    multisession = _is_multisession(cloud, config)
    if multisession is False and folders:
        raise UserError(
            f"{folders[0]} is a folder of sessions: the configuration must say `{MULTISESSION}: True`"
        )
    if multisession and (len(data) > 1 or not folders):
        raise UserError(
            f"the configuration says `{MULTISESSION}: True`: choose one folder of sessions; got "
            f"{many(len(data), 'data set')}"
        )


def _is_multisession(cloud: Cloud, config: str) -> bool | None:
    """What a configuration in the bucket says; None if it cannot be read there."""
    try:
        content = cloud.bucket.read(config)
    except (Away, FileNotFoundError):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"configuration{Path(config).suffix}"
        path.write_bytes(content)
        return limits_in(path).is_multisession


def _ticked(words: dict[str, str], begin: str) -> list[str]:
    """What was ticked, by the names of the fields."""
    return _unique(name.removeprefix(begin) for name in words if name.startswith(begin))


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _item(request: Request, name: str) -> Item:
    return of(request).shelf.get(name)


def _cloud(request: Request) -> Cloud:
    found = of(request).cloud
    if found is None:
        raise NotThere(
            "this studio has no bucket: open it with `lfads studio --neurocaas BUCKET --group GROUP`"
        )
    return found


ROUTES = [
    Route("/neurocaas", page),
    Route("/neurocaas/send", changing(send), methods=["POST"]),
    Route("/neurocaas/configure", changing(configure), methods=["POST"]),
    Route("/neurocaas/start", changing(start), methods=["POST"]),
    Route("/neurocaas/jobs/{job}", one),
    Route("/neurocaas/jobs/{job}/files/{name:path}", file),
]
