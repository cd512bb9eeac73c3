"""Writes the help of the toolbox's functions from the docstrings and flags of the commands behind them.

    python matlab/make_help.py [--check]

The comment behind the first line of `+lfads/NAME.m` is written anew; with --check nothing is written, and
the exit status is 1 if a file differs. `matlab/help_pages.toml` holds what only MATLAB has: the form of the
call, what it gives back, examples.
"""

import inspect
import re
import sys
import textwrap
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lfads.cli.commands import BY_NAME
from lfads.cli.main import make_app
from lfads.matlab.functions import FUNCTIONS, function_named
from lfads.matlab.toolbox import function_names
from lfads.matlab.wording import in_matlab

HERE = Path(__file__).parent
PAGES = HERE / "help_pages.toml"
WIDTH = 112
COLUMN = 26
UNSAID = ("--help", "--version", "-h", "*")
WITHOUT_MEANING = ("resume", "track", "coordinator", "num_processes", "process_id")
"""Flags that another function stands for, or that need processes side by side."""


class Entry(NamedTuple):
    """One argument: its name in MATLAB, its group, its kind, and what is said of it."""

    name: str
    group: str
    kind: str
    text: str


def help_of(name: str, page: dict[str, Any]) -> str:
    """The comment of a function."""
    functions = function_names()
    command = page.get("command", name)
    own = command in FUNCTIONS
    if own:
        summary, entries = _of_function(function_named(command))
    elif command in BY_NAME:
        summary, entries = _of_command(command)
    else:
        summary, entries = page["summary"], []
    summary = page.get("summary", summary)
    lines = [f"{name.upper()}  {in_matlab(summary, functions)}", ""]
    lines += [f"  {usage}" for usage in page["usage"]]
    for paragraph in page.get("about", []):
        lines += ["", *_wrapped(paragraph, "  ")]
    places = page.get("places", {})
    about = {entry.name: entry.text for entry in entries}
    if places:
        lines += [""]
        for place, said in places.items():
            text = said or about[place]
            lines += _item(place.upper(), in_matlab(text, functions))
    free = [e for e in entries if e.name not in places and e.name not in page.get("hidden", [])]
    more = [Entry(key, "", "", text) for key, text in page.get("arguments", {}).items()]
    named = {entry.name for entry in more}
    free = [*more, *(entry for entry in free if entry.name not in named)]
    for group in dict.fromkeys(entry.group for entry in free):
        lines += ["", *([f"  {group}"] if group else [])]
        for entry in free:
            if entry.group == group:
                text = f"{in_matlab(entry.text, functions)} {entry.kind}".strip()
                lines += _item(f"'{entry.name}'", text)
    if "settings" in page:
        lines += ["", *_wrapped(page["settings"], "  ")]
    for paragraph in page.get("gives", []):
        lines += ["", *_wrapped(paragraph, "  ")]
    if "example" in page:
        lines += ["", "  Example", *(f"    {line}" for line in page["example"].strip().split("\n"))]
    if "see" in page:
        lines += [
            "",
            *_wrapped(f"See also {', '.join(f'lfads.{one}' for one in page['see'])}", "  "),
        ]
    return "\n".join(
        f"%{' ' if line and not line.startswith((' ', name.upper())) else ''}{line}".rstrip()
        for line in lines
    )


def _item(name: str, text: str) -> list[str]:
    first = f"  {name}".ljust(COLUMN)
    if len(first) > COLUMN:
        return [first, *_wrapped(text, " " * COLUMN)]
    wrapped = _wrapped(text, " " * COLUMN) or [""]
    return [first + wrapped[0].lstrip(), *wrapped[1:]]


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()), WIDTH - 2, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _of_command(command: str) -> tuple[str, list[Entry]]:
    """The first sentence of a command's docstring, and its arguments."""
    summary = (inspect.getdoc(BY_NAME[command]) or "").split("\n\n")[0]
    return " ".join(summary.split()), list(_entries(command))


def _entries(command: str) -> Iterator[Entry]:
    for one in make_app()[command].assemble_argument_collection(parse_docstring=True):
        name = one.names[0] if one.names else ""
        plain = name.removeprefix("--").replace("-", "_").lower()
        if name in UNSAID or plain in WITHOUT_MEANING or not one.show:
            continue
        groups: Any = one.parameter.group
        group = next((g.name for g in groups if g.name not in ("Parameters", "Arguments")), "")
        yield Entry(
            plain, group, _kind(one.hint, _default(one)), _sentence(one.parameter.help or "")
        )


def _default(argument: Any) -> str:
    shown = argument.parameter.show_default
    if shown is False:
        return ""
    if callable(shown):
        return re.sub(r"^(\d+)\.0$", r"\1", str(shown(argument.field_info.default)))
    default = argument.field_info.default
    if default in (None, inspect.Parameter.empty, "") or isinstance(default, list | tuple):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "?")) else f"{text}."


def _kind(hint: Any, default: str) -> str:
    """What a value is, and what holds without it, in brackets."""
    said = [_word(hint), f"default: {default}" if default else ""]
    words = "; ".join(filter(None, said))
    return f"[{words}]" if words else ""


def _word(hint: Any) -> str:
    if typing.get_origin(hint) is typing.Annotated:
        return _word(typing.get_args(hint)[0])
    if typing.get_origin(hint) is Literal:
        return " or ".join(f"'{one}'" for one in typing.get_args(hint))
    if typing.get_origin(hint) in (list, tuple):
        inside = typing.get_args(hint)[0]
        return "numbers" if _word(inside) == "number" else "text, or a cell of text"
    inside = [one for one in typing.get_args(hint) if one is not type(None)]
    if inside:
        return _word(inside[0])
    return {bool: "true or false", int: "whole number", float: "number"}.get(hint, "text")


def _of_function(function: Any) -> tuple[str, list[Entry]]:
    """The first sentence of a function's docstring, and what it says of its parameters."""
    text = inspect.getdoc(function) or ""
    summary, _, rest = text.partition("\n\n")
    _, _, parameters = rest.partition("----------\n")
    found = re.findall(r"^(\w+)\n((?:    .+\n?)+)", parameters, re.MULTILINE)
    return summary, [Entry(name, "", "", " ".join(said.split())) for name, said in found]


def written(path: Path, comment: str) -> str:
    """The text of a file with another comment behind its first line."""
    first, *rest = path.read_text(encoding="utf-8").split("\n")
    while rest and rest[0].startswith("%"):
        rest.pop(0)
    return "\n".join([first, comment, *rest])


def main() -> int:
    """Write the comments, or look whether they are as they should be."""
    pages = tomllib.loads(PAGES.read_text(encoding="utf-8"))
    other = []
    for name, page in pages.items():
        path = HERE / "+lfads" / f"{name}.m"
        text = written(path, help_of(name, page))
        if text != path.read_text(encoding="utf-8"):
            other.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and other:
        sys.stderr.write(
            f"the help of {', '.join(other)} is not that of the commands: run `make matlab-help`\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
