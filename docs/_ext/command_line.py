"""`{command} train`: what a command does and takes, from the function that runs it."""

import inspect
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docstrings import parameters, summary
from docutils import nodes
from settings_tables import markdown_table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lfads.cli.flags import Settings
from lfads.cli.main import COMMANDS, GROUPED, NESTED
from lfads.config import tables_of_config


def usage(name: str, arguments: list[inspect.Parameter]) -> str:
    """`lfads NAME ARGUMENT --needed VALUE [OPTIONS]`."""
    words = ["lfads", name]
    for argument in arguments:
        required = argument.default is inspect.Parameter.empty
        if argument.kind is inspect.Parameter.KEYWORD_ONLY:
            words += [flag_text(argument)] if required else []
        else:
            word = argument.name.upper() + (" …" if takes_several(argument) else "")
            words.append(word if required else f"[{word}]")
    return " ".join([*words, "[OPTIONS]"])


def takes_several(argument: inspect.Parameter) -> bool:
    """Whether an argument without a flag may be several words."""
    return argument.kind is argument.VAR_POSITIONAL or "list" in str(argument.annotation)


def flag_text(argument: inspect.Parameter) -> str:
    """`--bin-width-s NUMBER`; a switch has no value."""
    flag = "--" + argument.name.replace("_", "-")
    kinds = [
        told_apart(k)[0] for k in typing.get_args(argument.annotation) or (argument.annotation,)
    ]
    values = {Path: "PATH", int: "N", float: "NUMBER", str: "NAME"}
    word = next((values[kind] for kind in kinds if kind in values), "")
    return f"{flag} {word}".strip()


def row(argument: inspect.Parameter, text: str) -> list[str]:
    """Argument or flag, default, meaning."""
    if argument.kind is not inspect.Parameter.KEYWORD_ONLY:
        return [f"`{argument.name.upper()}`", "", text]
    default = argument.default
    if default is inspect.Parameter.empty:
        return [f"`{flag_text(argument)}`", "required", text]
    shown = "" if default is None or default is False else f"`{default}`"
    return [f"`{flag_text(argument)}`", shown, text]


def flattened(function: types.FunctionType) -> Iterator[inspect.Parameter]:
    """The parameters of a command; in the place of `settings` its fields."""
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if parameter.name == "settings":
            yield from inspect.signature(Settings, eval_str=True).parameters.values()
        else:
            yield parameter


def told_apart(annotation: Any) -> tuple[Any, ...]:
    """The type of a parameter, then what is said of it to the command line."""
    is_annotated = typing.get_origin(annotation) is typing.Annotated
    return typing.get_args(annotation) if is_annotated else (annotation,)


class Command(SphinxDirective):
    """`{command} NAME`."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Summary, usage and options."""
        name = self.arguments[0]
        function: types.FunctionType = {
            **{command.__name__.replace("_", "-"): command for command in COMMANDS},
            **{
                f"{group} {word}": command
                for group, (_, commands) in (GROUPED | NESTED).items()
                for word, command in commands.items()
            },
        }[name]
        texts = parameters(function) | parameters(Settings)
        arguments = []
        for argument in flattened(function):
            if argument.name not in tables_of_config():
                kind, *more = told_apart(argument.annotation)
                for said in more:
                    texts[argument.name] = said.help or texts.get(argument.name, "")
                arguments.append(argument.replace(annotation=kind))
        rows = [row(argument, texts[argument.name]) for argument in arguments]
        text = f"{summary(function)}\n\n```text\n{usage(name, arguments)}\n```\n\n"
        text += markdown_table(["argument", "default", "meaning"], rows)
        return [nodes.container("", *self.parse_text_to_nodes(text), classes=["command"])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("command", Command)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
