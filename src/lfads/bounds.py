"""Bounds that stand at the fields of settings, and the check of values against types and bounds."""

import dataclasses
import math
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from lfads.checks import Problems


@dataclass(frozen=True)
class Bound:
    """Numbers from `least` on, below `below`."""

    words: str
    least: float
    below: float = math.inf


ABOVE_0 = Bound("above 0", math.ulp(0.0))
FROM_0 = Bound("0 or more", 0.0)
ABOVE_2 = Bound("above 2", math.nextafter(2.0, 3.0))

PositiveInt = Annotated[int, ABOVE_0]
PositiveFloat = Annotated[float, ABOVE_0]
NonNegativeInt = Annotated[int, FROM_0]
NonNegativeFloat = Annotated[float, FROM_0]
DegreesOfFreedom = Annotated[float, ABOVE_2]
Share = Annotated[float, Bound("in [0, 1)", 0.0, 1.0)]


def check_fields(config: Any, problems: Problems) -> None:
    """Note every field whose value is not of its annotated type, or out of bounds.

    Whole numbers serve as numbers, and are stored as such.
    """
    hints = typing.get_type_hints(type(config), include_extras=True)
    for f in dataclasses.fields(config):
        value: Any = getattr(config, f.name)
        kinds = [_kind_and_bound(option) for option in alternatives(hints[f.name])]
        if any(kind is float for kind, _ in kinds) and type(value) is int:
            try:
                value = float(value)
            except OverflowError:
                problems.add(f"`{f.name}` must be below 1e308; got a larger whole number")
                continue
            object.__setattr__(config, f.name, value)
        bounds = [bound for kind, bound in kinds if _is_of(value, kind)]
        if not bounds:
            missing = f"`{f.name}` is missing: it must be {_in_words(kinds)}"
            wrong = f"`{f.name}` must be {_in_words(kinds)}; got {value!r}"
            problems.add(missing if value is None else wrong)
        elif (bound := bounds[0]) is not None and not bound.least <= value < bound.below:
            finite = "finite and " if bound.below == math.inf and not math.isfinite(value) else ""
            problems.add(f"`{f.name}` must be {finite}{bound.words}; got {value!r}")


def check_settings(config: Any, where: str) -> None:
    """A UserError that names every field as in `check_fields`."""
    problems = Problems(where)
    check_fields(config, problems)
    problems.raise_if_any()


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The types of a union, or the only one."""
    is_union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    return typing.get_args(hint) if is_union else (hint,)


def _kind_and_bound(hint: Any) -> tuple[Any, Bound | None]:
    is_annotated = typing.get_origin(hint) is Annotated
    return typing.get_args(hint)[:2] if is_annotated else (hint, None)


def _is_of(value: Any, kind: Any) -> bool:
    if typing.get_origin(kind) is Literal:
        return value in typing.get_args(kind)
    kind = typing.get_origin(kind) or kind
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _in_words(kinds: list[tuple[Any, Any]]) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return " or ".join(
        " or ".join(f'"{x}"' for x in typing.get_args(kind))
        if typing.get_origin(kind) is Literal
        else words.get(kind, "left out")
        for kind, _ in kinds
    )
