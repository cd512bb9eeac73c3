"""Records from users' files, checked against the dataclass that says what they hold.

What a file has beyond its fields is left out: files may come from a version that says more.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from lfads.checks import Problems, UserError, printed

T = TypeVar("T")

_WORDS = {
    str: "text", int: "a whole number", float: "a number", bool: "true or false",
    types.NoneType: "nothing",
}  # fmt: skip
_MOST_SHOWN = 60
_LARGEST = 10**300  # of whole numbers that stand for others


def checked_record(kind: type[T], found: Any, where: str, advice: str) -> T:
    """A dataclass from what a file says; lists become tuples.

    Parameters
    ----------
    kind
        A dataclass whose fields are text, numbers, `Mapping`, `Sequence`, dataclasses or `Any`.
    found
        What the file says, as JSON gives it.
    where
        What messages begin with.
    advice
        What to do if it is damaged.

    Raises
    ------
    UserError
        Naming what is missing or of another type.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Course:
    ...     epoch: int
    ...     scores: Sequence[float] = ()
    >>> checked_record(Course, {"epoch": 3, "scores": [1, 2.5]}, "last.npz", "Train again")
    Course(epoch=3, scores=(1.0, 2.5))
    >>> checked_record(Course, {"epoch": "x"}, "last.npz", "Train again")
    Traceback (most recent call last):
        ...
    lfads.checks.UserError: last.npz: is damaged: `epoch` must be a whole number; got 'x'. Train again
    """
    problems = Problems()
    made = _checked(kind, found, "", problems)
    if problems.found:
        first, *others = problems.found
        more = (
            f", and {len(others)} more of its entries are not as they should be" if others else ""
        )
        raise UserError(f"{where}: is damaged: {first}{more}. {advice}")
    return made


def _checked(kind: Any, value: Any, name: str, problems: Problems) -> Any:
    plain: Any = kind
    origin, inside = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, name, problems)
    if origin in (Union, types.UnionType):
        return _one_of(inside, value, name, problems)
    if origin is not None and issubclass(origin, Mapping):
        if isinstance(value, Mapping):
            return {k: _checked(inside[1], v, _within(name, k), problems) for k, v in value.items()}
        return _note(name, "named values", value, problems)
    if origin is not None and issubclass(origin, Sequence):
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            each = enumerate(value)
            return tuple(_checked(inside[0], v, f"{name}[{k}]", problems) for k, v in each)
        return _note(name, "a list", value, problems)
    if kind is float and isinstance(value, int) and abs(value) < _LARGEST:
        value = value if isinstance(value, bool) else float(value)
    if isinstance(value, plain) and (kind is bool or not isinstance(value, bool)):
        return value
    return _note(name, _WORDS.get(kind, str(kind)), value, problems)


def _record(kind: type, value: Any, name: str, problems: Problems) -> Any:
    if not isinstance(value, Mapping):
        return _note(name, "named values", value, problems)
    hints, before, made = get_type_hints(kind), len(problems.found), dict[str, Any]()
    for field in fields(kind):
        if field.name in value:
            place = _within(name, field.name)
            made[field.name] = _checked(hints[field.name], value[field.name], place, problems)
        elif _is_needed(field):
            problems.add(f"`{_within(name, field.name)}` is missing")
    return kind(**made) if len(problems.found) == before else None


def _one_of(kinds: Sequence[Any], value: Any, name: str, problems: Problems) -> Any:
    for kind in kinds:
        tried = Problems()
        made = _checked(kind, value, name, tried)
        if not tried.found:
            return made
    return _checked(kinds[0], value, name, problems)


def _is_needed(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _within(name: str, key: object) -> str:
    return f"{name}.{key}" if name else str(key)


def _note(name: str, expected: str, value: Any, problems: Problems) -> None:
    got = printed(repr(value), _MOST_SHOWN)
    what = f"`{printed(name, _MOST_SHOWN)}` must be" if name else "expected"
    problems.add(f"{what} {expected}; got {got}")
