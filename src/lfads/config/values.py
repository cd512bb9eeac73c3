"""Checks of the values of settings against their annotated types and bounds."""

import dataclasses
import math
import types
import typing
from typing import Any, Literal

from lfads.checks import Problems


def check_fields(config: Any, problems: Problems) -> None:
    """Note every field whose value is not of the annotated type; whole numbers may be floats'."""
    hints = typing.get_type_hints(type(config))
    for f in dataclasses.fields(config):
        value = getattr(config, f.name)
        allowed = _alternatives(hints[f.name])
        if float in allowed and isinstance(value, int) and not isinstance(value, bool):
            try:
                object.__setattr__(config, f.name, float(value))
            except OverflowError:
                problems.add(f"`{f.name}` must be below 1e308; got a larger whole number")
        elif not any(_is_of(value, kind) for kind in allowed):
            problems.add(f"`{f.name}` must be {_in_words(allowed)}; got {value!r}")


def check_positive(config: Any, problems: Problems, may_be_zero: set[str]) -> None:
    """Note every number that is not finite, negative, or zero without being allowed to.

    Values of another type are left to `check_fields`, so that each is noted once.
    """
    hints = typing.get_type_hints(type(config))
    for f in dataclasses.fields(config):
        value = getattr(config, f.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not any(_is_of(value, kind) for kind in _alternatives(hints[f.name])):
            continue
        infinite = isinstance(value, float) and not math.isfinite(value)
        if infinite or value < 0 or (value == 0 and f.name not in may_be_zero):
            bound = "0 or more" if f.name in may_be_zero else "above 0"
            problems.add(f"`{f.name}` must be {bound}; got {value!r}")


def _alternatives(hint: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    return typing.get_args(hint) if is_union else (hint,)


def _is_of(value: Any, kind: Any) -> bool:
    if typing.get_origin(kind) is Literal:
        return value in typing.get_args(kind)
    kind = typing.get_origin(kind) or kind
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _in_words(kinds: tuple[Any, ...]) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    options = [
        " or ".join(f'"{x}"' for x in typing.get_args(kind))
        if typing.get_origin(kind) is Literal
        else words.get(kind, "left out")
        for kind in kinds
    ]
    return " or ".join(options)
