"""Which code numbers depend on, as text: a function, and what it calls and reads in these packages.

So that numbers that were kept under another text are computed again. What is called through attributes of
objects is not followed, beyond the classes that are named.
"""

import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

PACKAGES = ("lfads.paper", "lfads.evaluation", "lfads.numerics", "lfads.analysis")
_PLAIN = (bool, int, float, str, tuple, list, dict, set, frozenset)


def code_of(function: Callable[..., Any], packages: tuple[str, ...] = PACKAGES) -> str:
    """Sources of a function and of all functions, classes and plain values that it reaches.

    >>> "def code_of" in code_of(code_of)
    True
    """
    found: dict[str, str] = {}
    first = inspect.unwrap(function)
    _follow(first, (*packages, first.__module__), found)
    return "\n".join(found[name] for name in sorted(found))


def _follow(thing: Any, packages: tuple[str, ...], found: dict[str, str]) -> None:
    module = getattr(thing, "__module__", "") or ""
    if not module.startswith(packages) or (name := f"{module}.{thing.__qualname__}") in found:
        return
    found[name] = inspect.getsource(thing)
    functions = [thing] if isinstance(thing, FunctionType) else vars(thing).values()
    for function in functions:
        if isinstance(function, FunctionType):
            _follow_names(inspect.unwrap(function), packages, found)


def _follow_names(function: FunctionType, packages: tuple[str, ...], found: dict[str, str]) -> None:
    for name in _names_of(function.__code__):
        value = function.__globals__.get(name)
        if isinstance(value, _PLAIN):
            found[f"{function.__module__}.{name}"] = f"{name} = {value!r}"
        elif inspect.isfunction(value) or inspect.isclass(value):
            _follow(inspect.unwrap(value), packages, found)


def _names_of(code: CodeType) -> Iterator[str]:
    """Global names that a function or those inside it read."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_of(inner)
