"""Whatever a public signature takes or gives back has a public name, so that users can annotate it."""

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any

import lfads

OWN = ("lfads.model.", "lfads.hyperparameters.HyperParameters")
"""Parts of the network below `LFADS`, and the form of settings that compiled code takes."""


def named(hint: Any) -> Iterator[type]:
    """The classes in an annotation."""
    if isinstance(hint, list | tuple):
        for part in hint:
            yield from named(part)
    elif isinstance(hint, types.UnionType) or typing.get_origin(hint):
        yield from named(typing.get_args(hint))
    elif inspect.isclass(hint):
        yield hint


def annotated(thing: Any) -> Iterator[Any]:
    """The functions, and the class with its fields, whose annotations belong to a public name."""
    if not inspect.isclass(thing):
        yield thing
        return
    yield thing if dataclasses.is_dataclass(thing) else thing.__init__
    for name, member in vars(thing).items():
        if isinstance(member, functools.cached_property):
            member = member.func
        if isinstance(member, property):
            member = member.fget
        member = getattr(member, "__func__", member)
        if inspect.isfunction(member) and not name.startswith("_"):
            yield member


def test_types_of_public_signatures_are_public():
    public = [getattr(lfads, name) for name in lfads.__all__ if name != "__version__"]
    missing = {
        f"{kind.__module__}.{kind.__qualname__} of {getattr(part, '__qualname__', part)}"
        for thing in public
        for part in annotated(thing)
        for hint in typing.get_type_hints(part).values()
        for kind in named(hint)
        if kind.__module__.startswith("lfads.") and kind not in public
    }
    assert not [one for one in sorted(missing) if not one.startswith(OWN)]
