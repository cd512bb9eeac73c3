"""Groups of files of temporaldata that name their kind; what is none, or odd, is named."""

import contextlib
from collections.abc import Collection, Iterator
from typing import NamedTuple

from lfads.checks import UserError
from lfads.formats.guarded import GuardedGroup
from lfads.paths import printable

KIND = "object"
"""The attribute that names what a group is."""

REGULAR, IRREGULAR, INTERVAL = "RegularTimeSeries", "IrregularTimeSeries", "Interval"

SPIKES, UNITS = "spikes", "units"

DEEPEST = 4
"""Groups within each other that are looked into."""


class Found(NamedTuple):
    """A group, by its path in the file."""

    name: str
    kind: str
    group: GuardedGroup


@contextlib.contextmanager
def named_instead(
    inside: str, name: str, where: str, left_out: list[str], wanted: Collection[str] = ()
) -> Iterator[None]:
    """Name what cannot be read in place of an error.

    Parameters
    ----------
    inside, name
        The path of what it lies in, and its name there.
    where
        The file, which messages begin with.
    left_out
        Gains an entry.
    wanted
        Names whose errors remain.
    """
    try:
        yield
    except UserError as error:
        if name in wanted:
            raise
        said = str(error).removeprefix(f"{where}: ").removeprefix(f"`{name}`").lstrip(": ")
        place = f"{inside}/{printable(name)}" if inside else printable(name)
        left_out.append(f"`{place}` ({said})")


def groups_in(root: GuardedGroup, left_out: list[str]) -> Iterator[Found]:
    """All groups that name their kind; those that hold others once, by their shortest path."""
    known = {root.address: "/"}
    inside = [(root, "", 0)]
    while inside:
        outer, path, depth = inside.pop(0)
        for name in outer.names():
            place = f"{path}/{printable(name)}" if path else printable(name)
            with named_instead(path, name, root.where, left_out):
                if outer.shape(name) is not None:
                    left_out.append(f"`{place}` (an array in no table or series)")
                    continue
                group = outer.group(name)
                kind = group.attribute(KIND)
                if not isinstance(kind, str):
                    left_out.append(f"`{place}` (a group that does not say what it is)")
                    continue
                is_last = kind in (REGULAR, IRREGULAR, INTERVAL) or place in (SPIKES, UNITS)
                if not is_last and group.address in known:  # else it could lie in itself
                    left_out.append(f"`{place}` (another name of `{known[group.address]}`)")
                    continue
                known[group.address] = place
                yield Found(place, kind, group)
                if is_last:
                    continue
                if depth < DEEPEST:
                    inside.append((group, place, depth + 1))
                else:
                    left_out.append(f"`{place}` (lies in more than {DEEPEST} groups)")
