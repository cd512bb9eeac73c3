"""Prepare: trials of counts from a recording, by choosing from what it holds; the command grows beside."""

import json
import sys
from typing import Any

from lfads.checks import NotThere, UserError
from lfads.studio.data.asked_cut import (
    CUTS,
    READ,
    UNITS_OF_TIME,
    as_command,
    asked_cut,
    first_words,
    name_of_cut,
    reading_words,
    sets_of,
)
from lfads.studio.data.shelf import Item
from lfads.studio.looks import Look, state_of
from lfads.studio.pages import see
from lfads.studio.studio import Studio, changing, of, texts
from lfads.studio.web import FormData, Request, Response, Route

LFADS = (sys.executable, "-m", "lfads")
DOING = "cutting trials from the recording"
HOW = "prepare.json"
"""Beside data that were cut: from what, and by which command."""


def prepare(request: Request) -> Response:
    """The form, once it is known what can be chosen; until then a sentence."""
    words = dict(request.query_params)
    return _page(request, _item(request), words)


def command(request: Request) -> Response:
    """The command as far as it was chosen, for a part of the page."""
    item, words = _item(request), dict(request.query_params)
    try:
        text, said = as_command(item.path, "TRIALS.h5", _flags(of(request), item, words)), ""
    except UserError as error:
        text, said = "", str(error)
    return of(request).pages.show(request, "data/command.html", {"command": text, "said": said})


def cut(request: Request, form: FormData) -> Response:
    """Cut the trials, in a process of their own; mistakes come back with the form."""
    studio, item, words = of(request), _item(request), texts(form)
    words.pop("csrf", None)
    try:
        flags = _flags(studio, item, words)
    except UserError as error:
        return _page(request, item, words, said=str(error))
    name = name_of_cut(item.name, words)
    out = studio.shelf.reserve(name, repr((str(item.path), state_of(item.path), flags)))
    told = {
        "source": item.id, "source_name": item.name, "words": words, "out": str(out),
        "command": as_command(item.path, name, flags),
        "run": ["prepare", str(item.path), "--out", str(out), "--overwrite", *flags],
    }  # fmt: skip
    (out.parent / HOW).write_text(json.dumps(told), encoding="utf-8")
    studio.makes.forget(out.parent.name)
    return see(request, f"data/{out.parent.name}/made")


def made(request: Request) -> Response:
    """How the cutting stands: a sentence, the form with what was wrong, or the data."""
    studio, name = of(request), request.path_params["id"]
    told = how_made(studio, name)
    if told is None:
        raise NotThere("these data are not here, or not any more")
    words = [*LFADS, *told["run"]]
    look = studio.makes.ask_for(name, words, studio.shelf.place, doing=DOING)
    if look.state == "ready":
        return see(request, f"data/{name}")
    if look.state == "failed":
        return _page(request, studio.shelf.get(told["source"]), told["words"], said=look.text)
    values = {"title": f"Cutting {told['source_name']}", "look": look}
    return studio.pages.show(request, "waits.html", values)


def how_made(studio: Studio, name: str) -> dict[str, Any] | None:
    """From what data were cut, and by which command; None of data that came as they are."""
    if name not in [upload.id for upload in studio.shelf.known()]:
        return None
    try:
        return json.loads((studio.shelf.place / name / HOW).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def contents_of(look: Look) -> dict[str, Any]:
    """What can be chosen; nothing of data that hold trials already, or if that is not known yet."""
    return json.loads(look.text or "{}") if look.state == "ready" else {}


def _flags(studio: Studio, item: Item, words: dict[str, str]) -> list[str]:
    reading = reading_words(words)
    contents = contents_of(studio.looks.ask(item.path, "contents", more=reading))
    if not contents:
        raise UserError("it is not known yet what can be chosen: reload the page")
    return [*asked_cut(contents, words), *reading]


def _page(request: Request, item: Item, words: dict[str, str], said: str = "") -> Response:
    studio = of(request)
    reading = reading_words(words)
    look = studio.looks.ask(item.path, "contents", more=reading)
    contents, text = contents_of(look), ""
    if look.state == "ready" and not contents:
        raise UserError(
            f"`{item.name}` holds trials already, or is no recording: train on it as it is"
        )
    if contents and "cut" not in words:
        words = {**first_words(contents), **words}
    if contents:
        try:
            text = as_command(item.path, "TRIALS.h5", [*asked_cut(contents, words), *reading])
        except UserError as error:
            said = said or str(error)
    values = {
        "item": item, "look": look, "contents": contents, "words": words, "said": said,
        "command": text, "cuts": CUTS, "read": READ, "units_of_time": UNITS_OF_TIME,
        "sets": {one["key"]: json.dumps(sets_of(one)) for one in contents.get("alignments", ())},
    }  # fmt: skip
    return studio.pages.show(request, "data/prepare.html", values, 400 if said else 200)


def _item(request: Request) -> Item:
    return of(request).shelf.get(request.path_params["id"])


ROUTES = [
    Route("/data/{id}/prepare", prepare),
    Route("/data/{id}/prepare/command", command),
    Route("/data/{id}/cut", changing(cut), methods=["POST"]),
    Route("/data/{id}/made", made),
]
