"""Arguments by name as words of the command line, by the parameters and flags of a command."""

import inspect
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from lfads.checks import UserError, suggestion

UNCOMMON = "search.space."
"""How names begin that no short name stands for."""


def words_of(
    function: Callable[..., Any], flags: Collection[str], arguments: Mapping[str, Any]
) -> list[str]:
    """The words behind a command's name: flags, then what stands without one.

    Parameters
    ----------
    function
        The command.
    flags
        Its flags, among them those that say no.
    arguments
        By the names of its parameters; a setting as `training.num_epochs`, as a struct (`training` with a
        field `num_epochs`), or as `num_epochs`, if only one is called so.

    Raises
    ------
    UserError
        If a name is of no parameter.

    Examples
    --------
    >>> def cut(source: str, /, *, window_s: tuple[float, float], units: list[str]): ...
    >>> asked = {"source": "a.nwb", "window_s": ["-0.2", "0.6"], "units": ["a", "b"]}
    >>> words_of(cut, ["--window-s", "--units"], asked)
    ['--window-s', '-0.2', '0.6', '--units', 'a', '--units', 'b', 'a.nwb']
    """
    placed = [
        p.name for p in inspect.signature(function).parameters.values() if _has_no_flag(p, flags)
    ]
    hints = typing.get_type_hints(function)
    words: list[str] = []
    for name, value in _flat(arguments):
        if name not in placed:
            together = _is_tuple(hints.get(name))
            words += _flag(_known(name, flags, placed), flags, value, together)
    for name in placed:
        words += [_place(one) for one in _items(arguments.get(name, []))]
    return words


def _has_no_flag(parameter: inspect.Parameter, flags: Collection[str]) -> bool:
    return parameter.kind is not parameter.KEYWORD_ONLY and flag_of(parameter.name) not in flags


def flag_of(name: str) -> str:
    """The flag of a parameter.

    >>> flag_of("training.num_epochs")
    '--training.num-epochs'
    """
    return f"--{name.replace('_', '-')}"


def _flat(arguments: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Structs of settings, field by field."""
    for key, value in arguments.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _known(name: str, flags: Collection[str], placed: Collection[str]) -> str:
    """The flag that a name stands for."""
    flag = flag_of(name)
    if flag in flags:
        return flag
    ending = f".{flag.removeprefix('--')}"
    common = [one for one in flags if not one.removeprefix("--").startswith(UNCOMMON)]
    found = [one for one in common if one.endswith(ending)]
    if len(found) == 1:
        return found[0]
    if found:
        several = " and ".join(f"`{_name(one)}`" for one in found)
        raise UserError(f"there are several arguments `{name}`: {several}")
    known = [*placed, *map(_name, common)]
    short = [one.rpartition(".")[2] for one in known]
    raise UserError(f"there is no argument `{name}`.{suggestion(name, {*known, *short})}")


def _name(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _is_tuple(hint: Any) -> bool:
    """Whether a flag is followed by several words at once."""
    return typing.get_origin(hint) is tuple or any(map(_is_tuple, typing.get_args(hint)))


def _flag(flag: str, flags: Collection[str], value: Any, together: bool) -> Iterator[str]:
    if value is True:
        yield flag
    elif value is False:  # a switch that is off by default has no flag that says so
        head, dot, tail = flag.removeprefix("--").rpartition(".")
        off = f"--{head}{dot}no-{tail}"
        yield from [off] if off in flags else []
    else:
        words = [_text(one) for one in _items(value)]
        for group in [words] if together else [[word] for word in words]:
            if len(group) == 1 and group[0].startswith("-"):
                yield f"{flag}={group[0]}"
            elif group:
                yield from [flag, *group]


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    """A value as a word; MATLAB knows no whole numbers but writes them as such."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _place(value: Any) -> str:
    """A word without a flag, which must not begin as flags do."""
    text = _text(value)
    return f"./{text}" if text.startswith("-") else text
