"""What programs may ask of the studio: one table, from which routes and the OpenAPI document are made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

from lfads.jobs.asked import OF_SERVICES, OUT
from lfads.jobs.job import STATES
from lfads.studio.web import Request, Response

TEXT: Mapping[str, Any] = {"type": "string"}
WHOLE: Mapping[str, Any] = {"type": "integer", "minimum": 0}
NUMBER: Mapping[str, Any] = {"type": ["number", "null"]}
SWITCH: Mapping[str, Any] = {"type": "boolean"}
TEXTS: Mapping[str, Any] = {"type": "array", "items": TEXT}
COMMANDS: Mapping[str, Any] = {"enum": sorted({*OUT} - {*OF_SERVICES})}

SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "Data": {
        "id": TEXT, "name": {**TEXT, "description": "As its user calls it."},
        "size_bytes": WHOLE, "offered": {**SWITCH, "description": "Of the folder that is only read."},
    },
    "Upload": {
        "id": TEXT, "offset": {**WHOLE, "description": "Bytes that have come."},
        "done": {**SWITCH, "description": "Whether all have come: then it is data of this id."},
    },
    "Job": {
        "id": TEXT, "command": COMMANDS, "inputs": TEXTS,
        "settings": {"type": "object"}, "options": TEXTS, "state": {"enum": list(STATES)},
        "sentence": {**TEXT, "description": "What it waits for, how far it is, or how it ended."},
        "reason": TEXT, "submitted_at": {**NUMBER, "description": "Seconds since 1970."},
        "started_at": NUMBER, "ended_at": NUMBER, "predicted_minutes": NUMBER,
    },
    "Log": {"text": TEXT, "offset": {**WHOLE, "description": "Ask from here on next time."}},
    "Error": {"error": {**TEXT, "description": "What was expected, what came, what to do."}},
}  # fmt: skip
"""Answers; all that a kind has is always there."""

ASKED: Mapping[str, Any] = {
    "type": "object",
    "required": ["command"],
    "additionalProperties": False,
    "properties": {
        "command": COMMANDS,
        "inputs": {
            **TEXTS,
            "description": "Ids of data, `job:ID` for what a job writes, and names of parts, in the "
            "order of the command's words.",
        },
        "settings": {"type": "object", "description": "Tables of settings, as in config.toml."},
        "options": {**TEXTS, "description": "Further words of the command."},
        "anew": {**SWITCH, "description": "Make a new job also where one asks for the same."},
    },
}

Answered = Literal["Data", "Upload", "Job", "Log", "File"]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing to ask.

    Parameters
    ----------
    method, path
        Of the request; words in braces are parameters.
    name, summary
        Of what it does.
    answer
        What answers it.
    gives
        Kind of its answer; empty for files and for nothing.
    many
        Whether it gives a list.
    query
        Parameters of the address, each with its schema; all are needed that have no default.
    body
        Schema of what is sent as JSON; `bytes` for a piece of a file.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    summary: str
    answer: Callable[[Request], Response | Awaitable[Response]]
    gives: Answered | Literal["", "file"] = ""
    many: bool = False
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    body: Mapping[str, Any] | Literal["bytes"] | None = None


def openapi(operations: list[Operation]) -> dict[str, Any]:
    """The document of OpenAPI 3.1 that describes all of them."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        path = one.path.replace(":path}", "}")
        paths.setdefault(path, {})[one.method.lower()] = _described(one)
    schemas: dict[str, Mapping[str, Any]] = {
        name: {"type": "object", "required": list(values), "properties": values}
        for name, values in SCHEMAS.items()
    }
    schemas["File"] = {**TEXT, "description": "Its name, with folders."}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lfads studio", "version": version("lfads"),
            "description": "Data, jobs and results of one studio. Who asks shows the token of the link "
            "that `lfads studio` prints, as `Authorization: Bearer TOKEN`.",
        },
        "servers": [{"url": ".."}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }  # fmt: skip


def _described(one: Operation) -> dict[str, Any]:
    words = [part.strip("{}").partition(":")[0] for part in one.path.split("/") if part[:1] == "{"]
    inside = [{"name": word, "in": "path", "required": True, "schema": TEXT} for word in words]
    beside = [
        {"name": name, "in": "query", "required": "default" not in schema, "schema": schema}
        for name, schema in one.query.items()
    ]
    found: dict[str, Any] = {
        "operationId": one.name, "summary": one.summary, "parameters": [*inside, *beside],
        "responses": {
            "200": _answered(one), "400": _is("Error", "What a user can mend."),
            "401": _is("Error", "Who asks shows no key of a user, where people log in."),
            "403": {"description": "Who asks shows no token, or asks under a name that is not ours."},
            "404": _is("Error", "There is none, or none for who asks."),
        },
    }  # fmt: skip
    if one.body == "bytes":
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
        found["responses"]["409"] = _is("Upload", "It goes on at another place: at `offset`.")
    elif one.body is not None:
        content = {"application/json": {"schema": one.body}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _answered(one: Operation) -> dict[str, Any]:
    if one.gives == "file":
        return {"description": "The file.", "content": {"application/octet-stream": {}}}
    if not one.gives:
        return {"description": "It is done."}
    schema: dict[str, Any] = {"$ref": f"#/components/schemas/{one.gives}"}
    if one.many:
        schema = {"type": "array", "items": schema}
    return {"description": one.summary, "content": {"application/json": {"schema": schema}}}


def _is(kind: str, words: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind}"}
    return {"description": words, "content": {"application/json": {"schema": schema}}}
