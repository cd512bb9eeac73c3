"""Messages of the library in the words of the command line.

The library names a parameter of a function with its equals sign, `` `window_s=` `` or
`` `window_s=(-0.2, 0.6)` ``, so that it is told from columns and arrays, which stand in backquotes as well;
and a function or method by its Python name, `` `lfads.prepare` ``. What the running command has as a flag,
and what is a command, is renamed here, and nowhere else.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

PARAMETER = re.compile(r"`([A-Za-z_][\w.]*)=([^`]*)`")
FUNCTION = re.compile(r"`(?:lfads|run)\.(\w+)[^`]*`")
SHORTER = {"search_population": "search"}
"""Commands that are not called as their function is."""


def in_flags(message: str, command: str, commands: Mapping[str, Callable[..., Any]]) -> str:
    """A message of the library, as the user of a command is told it.

    Parameters
    ----------
    message
        Of an error or a warning.
    command
        Name of the running command, as typed.
    commands
        The functions of all commands, by name.

    Examples
    --------
    >>> def prepare(source, /, *, window_s, out): ...
    >>> in_flags("`window_s=(-0.2, 0.6)`, or `lfads.prepare`", "prepare", {"prepare": prepare})
    '`--window-s -0.2 0.6`, or `lfads prepare`'
    """
    function = commands.get(command)
    known = () if function is None else inspect.signature(function).parameters

    def flag(found: re.Match[str]) -> str:
        name, value = found.groups()
        if name.partition(".")[0] not in known:
            return found[0]
        words = value.strip("()[]").replace(",", "").replace("'", "")
        return f"`--{name.replace('_', '-')} {'' if words == 'True' else words}".rstrip() + "`"

    def renamed(found: re.Match[str]) -> str:
        name = SHORTER.get(found[1], found[1]).replace("_", "-")
        return f"`lfads {name}`" if name in commands else found[0]

    return FUNCTION.sub(renamed, PARAMETER.sub(flag, message))
