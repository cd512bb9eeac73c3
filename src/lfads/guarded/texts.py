"""JSON from users' files: deep, huge or damaged text ends in one message that names the file."""

import json
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.guarded.memory import require_memory
from lfads.guarded.messages import one_message
from lfads.paths import printable, regular_file

BYTES_A_CHARACTER = 30
"""The most memory that a character of JSON or TOML takes once it is read: lists of empty lists."""

RAISED = (OSError, ValueError, RecursionError)
"""What parsers raise: of text that is cut short, numbers of thousands of digits, lists within lists."""


def read_text(path: Path, expected: str) -> str:
    """The text of a file, of which there is memory for what it says.

    Raises
    ------
    UserError
        If there is no regular file, or it is too large.
    OSError, UnicodeDecodeError
        If it cannot be read, or is no text.
    """
    file = regular_file(path, expected)
    size = float(BYTES_A_CHARACTER) * file.stat().st_size
    require_memory(size, printable(file), "is this the right file?")
    return file.read_text(encoding="utf-8-sig")  # Windows begins with a mark of the order of bytes


def json_object(text: str | bytes, where: str, advice: str) -> dict[str, Any]:
    """The object that a text of JSON holds.

    Parameters
    ----------
    text
        To be parsed.
    where
        What messages begin with.
    advice
        What to do if it is damaged.

    Raises
    ------
    UserError
        If it is no JSON, or no object.

    Examples
    --------
    >>> json_object('{"epochs": 3}', "summary.json", "Delete it")
    {'epochs': 3}
    """
    with one_message(where, "JSON", RAISED, advice):
        found = json.loads(text)
    if not isinstance(found, dict):
        raise UserError(f"{where}: expected one object in JSON; got {_kind(found)}. {advice}")
    return found


def read_json(path: Path, advice: str) -> dict[str, Any]:
    """The object in a file of JSON; errors as in `json_object`."""
    where = printable(path)
    with one_message(where, "JSON", RAISED, advice):
        text = read_text(path, "expected a file of JSON")
    return json_object(text, where, advice)


def _kind(value: Any) -> str:
    named = {list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return named.get(type(value), "a number")
