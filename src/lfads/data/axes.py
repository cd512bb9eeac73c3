"""Axes in another order than (trial, time, neuron), told by the lengths of what stands beside the values.

Labels of trials, columns of neurons and series over time fix which axis is which, all of them together.
Where nothing stands beside the values, nothing is told.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from lfads.data.companions import shape_of
from lfads.data.session import FIELDS

AXES = ("trial", "time", "neuron")

Shape = tuple[int, ...]


def about_turned_axes(what: str, shape: Shape, arrays: Mapping[str, Any]) -> str | None:
    """What to say of values whose axes another order fits better; None if theirs fits, or none does.

    Parameters
    ----------
    what
        `spikes` or `signals`.
    shape
        Of the values.
    arrays
        What stands beside them, by the names of `ARRAYS`, unchecked.

    Examples
    --------
    >>> print(about_turned_axes("spikes", (4, 6, 10), {"condition": np.arange(10)}))
    `spikes` must have shape (trial, time, neuron); got (4, 6, 10), and `condition` says 10 trials: the \
axes look reversed, (neuron, time, trial). Turn them: `np.transpose(spikes, (2, 1, 0))`, in MATLAB \
`permute(spikes, [3 2 1])`. If they are (time, neuron, trial): `np.transpose(spikes, (2, 0, 1))`
    """
    clues = dict(_lengths(arrays)) or dict(_of_series(arrays))
    if not clues or _fits(shape, clues):
        return None
    orders = sorted(permutations(range(3)), key=lambda order: order != (2, 1, 0))
    fitting = [order for order in orders if _fits(tuple(shape[k] for k in order), clues)]
    if not fitting or (len(fitting) > 1 and len(set(shape)) < 3):
        return None
    said = " and ".join(f"`{name}` says {_sizes(sizes)}" for name, sizes in list(clues.items())[:2])
    first, *others = fitting
    look = "reversed, " if first == (2, 1, 0) else ""
    more = "".join(f". If they are {_named(order)}: {_line(what, order)}" for order in others)
    return (
        f"`{what}` must have shape (trial, time, neuron); got {shape}, and {said}: the axes look "
        f"{look}{_named(first)}. Turn them: {_line(what, first)}, in MATLAB `permute({what}, "
        f"[{' '.join(str(k + 1) for k in first)}])`{more}"
    )


def _lengths(arrays: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Number of trials, or of neurons, that each vector says."""
    for about in FIELDS:
        if len(about.axes) == 1:
            for name, value in _each(about.name, arrays):
                sizes = [size for size in shape_of(value) if size != 1]
                if len(sizes) == 1 and not _are_indices(about.name, value):
                    yield name, {about.axes[0]: sizes[0]}


def _of_series(arrays: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Trials and bins that each series says."""
    for about in FIELDS:
        if about.over_time and "neuron" not in about.axes:
            for name, value in _each(about.name, arrays):
                if len(shape := shape_of(value)) > 1:
                    yield name, {"trial": shape[0], "time": shape[1]}


def _each(name: str, arrays: Mapping[str, Any]) -> list[tuple[str, Any]]:
    value = arrays.get(name)
    if isinstance(value, Mapping):
        return [(f"{name}[{key!r}]", inside) for key, inside in value.items()]
    return [] if value is None else [(name, value)]


def _are_indices(name: str, value: Any) -> bool:
    return name == "held_out_neurons" and np.asarray(value).dtype.kind != "b"


def _fits(shape: Shape, clues: Mapping[str, Mapping[str, int]]) -> bool:
    have: dict[str, int] = dict(zip(AXES, shape, strict=True))
    return all(have[axis] == size for sizes in clues.values() for axis, size in sizes.items())


def _sizes(sizes: Mapping[str, int]) -> str:
    words = {"trial": "trials", "time": "bins", "neuron": "neurons"}
    return " and ".join(f"{size} {words[axis]}" for axis, size in sizes.items())


def _named(order: Shape) -> str:
    """The words of the axes as they are, from the order that mends them."""
    return f"({', '.join(AXES[order.index(k)] for k in range(3))})"


def _line(what: str, order: Shape) -> str:
    return f"`np.transpose({what}, {order})`"
