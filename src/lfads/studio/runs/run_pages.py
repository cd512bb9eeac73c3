"""Run: a form for a training or a search on one file, the same as text to copy, and into the queue."""

import json
from collections.abc import Mapping
from typing import Any

from lfads.checks import UserError
from lfads.config import preset_names
from lfads.parts import parts
from lfads.studio.data.shelf import Item
from lfads.studio.pages import see
from lfads.studio.runs.asked_run import AskedRun, asked_run, width_of
from lfads.studio.runs.fields import form_fields
from lfads.studio.studio import changing, of, texts
from lfads.studio.web import FormData, Request, Response, Route

COMMANDS = ("train", "search")


def run(request: Request) -> Response:
    """The form, once it is known what suits the data; until then a sentence."""
    item, query = _item(request), request.query_params
    command = query.get("command", "train")
    if command not in COMMANDS:
        raise UserError("a run is a training or a search")
    width = width_of(query.get("bin_width_s", ""))
    words = {"bin_width_s": "" if width is None else f"{width:g}", "also": query.get("also", "")}
    return _page(request, item, command, words)


def sessions(request: Request) -> Response:
    """Go on to the form for all that were ticked: several sessions, one network."""
    names = [
        name.removeprefix("data-") for name in request.query_params if name.startswith("data-")
    ]
    if not names:
        raise UserError("tick the sessions that are to be trained together first")
    first, *others = [of(request).shelf.get(name).id for name in names]
    return see(request, f"data/{first}/run?also={','.join(others)}")


def baseline(request: Request, form: FormData) -> Response:
    """Queue a baseline on the same data."""
    item, words = _item(request), texts(form)
    if words.get("name") not in parts("baselines"):
        raise UserError("choose a baseline")
    asked = AskedRun(
        command="train", data=item.path, bin_width_s=width_of(words.get("bin_width_s", ""))
    )
    files = [item.path, *(other.path for other in _others(request, words))]
    job = of(request).jobs.submit("baseline", [words["name"], *files], options=asked.options)
    return see(request, f"jobs/{job.id}")


def submit(request: Request, form: FormData) -> Response:
    """Put the run into the queue, or show it as text to copy; mistakes come back with the form."""
    item, words = _item(request), texts(form)
    command = words.get("command", "")
    try:
        width = width_of(words.get("bin_width_s", ""))
        more = [other.path for other in _others(request, words)]
        asked = asked_run(command, item.path, words, width, more)
        if words.get("do") == "copy":
            return _page(request, item, command, words, asked=asked)
        job = of(request).jobs.submit(
            command, asked.files, settings=asked.settings, options=asked.options,
            anew=words.get("anew") == "true",
        )  # fmt: skip
    except UserError as error:
        if command not in COMMANDS:
            raise
        return _page(request, item, command, words, said=str(error))
    return see(request, f"jobs/{job.id}")


def _page(
    request: Request,
    item: Item,
    command: str,
    words: dict[str, str],
    *,
    asked: AskedRun | None = None,
    said: str = "",
) -> Response:
    studio = of(request)
    try:
        width = width_of(words.get("bin_width_s", ""))
    except UserError:
        width = None
    others = _others(request, words)
    look = studio.looks.ask(
        item.path, "suits", width, [str(other.path.absolute()) for other in others]
    )
    suits: dict[str, Any] = {}
    if look.state == "ready":
        suits = json.loads(look.text)[command]
    values = {
        "item": item, "command": command, "words": words, "look": look, "suits": suits,
        "tables": form_fields(command, suits.get("settings", {})), "presets": preset_names(),
        "asked": asked, "said": said, "others": others, "baselines": list(parts("baselines")),
    }  # fmt: skip
    return studio.pages.show(request, "runs/run.html", values, 400 if said else 200)


def _item(request: Request) -> Item:
    return of(request).shelf.get(request.path_params["id"])


def _others(request: Request, words: Mapping[str, str]) -> list[Item]:
    """Further sessions, by their ids."""
    names = [name for name in words.get("also", "").split(",") if name]
    return [of(request).shelf.get(name) for name in dict.fromkeys(names)]


ROUTES = [
    Route("/sessions", sessions),
    Route("/data/{id}/baseline", changing(baseline), methods=["POST"]),
    Route("/data/{id}/run", run),
    Route("/data/{id}/submit", changing(submit), methods=["POST"]),
]
