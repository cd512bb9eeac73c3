"""Arrays that a file holds and that are not read: named once, with where each would be read.

What an array could be is told by its name where that is nearly a known one, else by its lengths.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lfads.checks import first_of, many, suggestion
from lfads.data.session import STORED

Shape = tuple[int, ...]

MOST_NAMED = 6

UNDER_NAMES = (
    "Columns of trials are read from `trial_table{joint}NAME`, of neurons from "
    "`neuron_table{joint}NAME`, series over trial and time from `behavior{joint}NAME`"
)
NOT_IN_THIS_LAYOUT = (
    "This layout has no place for more: give what you need to `lfads.Dataset.from_arrays` and save it "
    "with `lfads.write`"
)


def warn_of_unread(
    where: str,
    unread: Iterable[str],
    shapes: Mapping[str, Shape | None],
    values: Shape | None,
    *,
    known: Sequence[str] = (),
    of_file: Sequence[str] = (),
    joint: str = "/",
) -> None:
    """One warning that names all arrays that are not read; none if all are.

    Parameters
    ----------
    where
        The file.
    unread
        Names of these arrays. Those within one group or struct, such as `meta/date`, are one name.
    shapes
        By name, as far as they are known; None for what NumPy has pickled.
    values
        Trials, bins and neurons of the data, to tell what an array could be.
    known
        Keys that the layout has; none where it has no place for columns and series of any name.
    of_file
        Keys of single values, which arrays of several cannot be.
    joint
        What stands between a table and its column.
    """
    names = sorted({_in_one_group(name, known) for name in unread})
    hints = {
        name: _hint(
            name, shapes, values, known if _sizes(name, shapes) else (*known, *of_file), joint
        )
        for name in names
    }
    told = [f"`{name}` ({hints[name]})" for name in names if hints[name]]
    others = [f"`{name}`{_of_shape(name, shapes)}" for name in names if not hints[name]]
    if not names:
        return
    advice = UNDER_NAMES.format(joint=joint) if known else NOT_IN_THIS_LAYOUT
    more = f". {advice}" if others or not known else ""
    number = f"{many(len(names), 'array')} {'is' if len(names) == 1 else 'are'} not read"
    warnings.warn(
        f"{where}: {number}: {first_of([*told, *others], MOST_NAMED)}{more}",
        UserWarning,
        stacklevel=5,
    )


def shape_of_values(arrays: Mapping[str, Any]) -> Shape | None:
    """Trials, bins and neurons of a session; None if its values have other axes."""
    found = next((np.shape(arrays[name]) for name in STORED.values() if name in arrays), ())
    return found if len(found) == 3 else None


def _in_one_group(name: str, known: Sequence[str]) -> str:
    """`meta/…` for all that lies in a group that is not nearly one that is read."""
    group, slash, _ = name.partition("/")
    return f"{group}/…" if slash and not _nearly(group, known) else name


def _nearly(word: str, known: Sequence[str]) -> str:
    found = suggestion(word.lower(), known)
    return found.split("`")[1] if found.startswith(" Did you mean") else ""


def _hint(
    name: str,
    shapes: Mapping[str, Shape | None],
    values: Shape | None,
    known: Sequence[str],
    joint: str,
) -> str:
    """What an array may be, and the name under which it is read; empty if nothing tells."""
    group, slash, inside = name.partition("/")
    if name in shapes and shapes[name] is None:
        return "pickled Python objects, which are never opened"
    if near := _nearly(group, known):
        return f"did you mean `{near}{joint if slash else ''}{inside}`?"
    sizes = _sizes(name, shapes)
    if values is None or not sizes:
        return ""
    trials, bins, neurons = values
    if sizes[:2] == (trials, bins):
        return "over trial and time" + (f": `behavior{joint}{name}`" if known else "")
    of = {"trial": trials, "neuron": neurons}
    fits = [axis for axis, size in of.items() if sizes == (size,)]
    if not fits:
        return ""
    places = " or ".join(f"`{axis}_table{joint}{name}`" for axis in fits)
    return f"one value for each {' or '.join(fits)}" + (f": {places}" if known else "")


def _sizes(name: str, shapes: Mapping[str, Shape | None]) -> Shape:
    """Lengths of the axes along which there is more than one value."""
    return tuple(size for size in shapes.get(name) or () if size != 1)


def _of_shape(name: str, shapes: Mapping[str, Shape | None]) -> str:
    shape = shapes.get(name)
    return f" {shape}" if shape else ""
