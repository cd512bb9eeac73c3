"""What a MATLAB file holds under names of its own: spike times of units, times of trials, counts of trials.

Told by structure and by values, from a glimpse of each: sorted times that are no whole numbers of one
length, or matrices of whole numbers. Names decide only among several; messages and `layout=` use them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lfads.formats.matlab.values import Cell, Glimpse, Shape, StructArray

Form = Literal["units", "grid", "rasters"]

NAMES = (
    "spike_times", "spiketimes", "times", "ts", "timestamps", "st", "spikes", "spk", "spks", "sptimes",
)  # fmt: skip
"""Of spike times, the first that is there counts within one struct."""

SPIKY = re.compile(r"spike|spk|raster|^units?$|neuron|cluster", re.IGNORECASE)
"""In names of what neurons did."""

FEWEST = 3
"""Times from which on even spacing tells samples of a signal."""


@dataclass(frozen=True)
class Find:
    """Something that could be the spikes of a file.

    Parameters
    ----------
    place
        Of the variable and of the fields on the way: `("spikes", "times")`.
    form
        Times of each unit; times of each trial and unit, on two levels; or matrices of counts.
    shape
        Of what holds them: of the cell, or of the array of structs.
    """

    place: tuple[str, ...]
    form: Form
    shape: Shape

    @property
    def name(self) -> str:
        """As `layout=` names it."""
        return ".".join(self.place)

    @property
    def rank(self) -> int:
        """How little the name says of spikes: 0 to 2."""
        if self.place[-1].lower() in NAMES or SPIKY.search(self.place[-1]):
            return 0
        return 1 if any(SPIKY.search(part) for part in self.place) else 2


def finds_in(variables: Mapping[str, Any]) -> list[Find]:
    """Everything that could be spikes in variables or in glimpses of them."""
    return [find for name, value in variables.items() for find in _finds(value, (name,))]


def likely_in(variables: Mapping[str, Any]) -> list[Find]:
    """What could be spikes, those whose names say so alone, if any do."""
    found = finds_in(variables)
    best = min((find.rank for find in found), default=0)
    found = [find for find in found if find.rank == best]
    return [find for find in found if not _is_second(find, found)]


def records_of(value: Any) -> list[Mapping[str, Any]] | None:
    """Structs one by one, of an array of structs or a cell of structs; None for anything else."""
    if isinstance(value, StructArray):
        num = min((len(cell) for cell in value.values()), default=0)
        return [{key: cell[k] for key, cell in value.items()} for k in range(num)]
    if not isinstance(value, Cell) or not value:
        return None
    single = all(isinstance(x, Mapping) and not isinstance(x, StructArray) for x in value)
    return list(value) if single else None


def shape_of(value: Any) -> Shape:
    """Shape of numbers, or of a glimpse of them; () for anything else."""
    return tuple(value.shape) if isinstance(value, Glimpse | np.ndarray) else ()


def is_vector(shape: Shape) -> bool:
    """Whether at most one axis is longer than 1."""
    return bool(shape) and sum(size != 1 for size in shape) <= 1


def are_times(items: Sequence[Any]) -> bool:
    """Whether each item holds the sorted times of some events; nothing is known of empty ones."""
    shapes = [shape_of(item) for item in items]
    if not all(is_vector(shape) or 0 in shape for shape in shapes if shape) or () in shapes:
        return False
    known = [item for item in map(_values, items) if len(item)]
    if not known or any(item.dtype.kind not in "iuf" for item in known):
        return False
    if not all((np.diff(item) >= 0).all() for item in known):
        return False
    long = [item for item in known if len(item) >= FEWEST]
    if long and all(np.allclose(np.diff(x), x[1] - x[0], rtol=1e-3) for x in long):
        return False  # the times of samples
    whole = all((item == np.round(item)).all() for item in known)
    one_length = len({shape for shape in shapes if 0 not in shape}) == 1 and len(known) > 1
    return (bool(long) and not (whole and one_length)) or (not whole and not long)


def are_counts(items: Sequence[Any]) -> bool:
    """Whether the items are matrices of whole numbers from 0 on."""
    known = [item for item in items if shape_of(item) and 0 not in shape_of(item)]
    if not known or len(known) < len([i for i in items if not isinstance(i, Cell) or i]) / 2:
        return False
    if any(len(shape_of(item)) != 2 for item in known):
        return False
    if all(is_vector(shape_of(item)) for item in known):
        return False
    values = [_values(item) for item in known]
    return all(
        v.dtype.kind in "buif" and (v >= 0).all() and (v == np.round(v)).all() for v in values
    )


def _values(item: Any) -> np.ndarray:
    return item.values if isinstance(item, Glimpse) else np.asarray(item).ravel(order="F")


def _finds(value: Any, place: tuple[str, ...]) -> Iterator[Find]:
    records = records_of(value)
    if records is not None:
        yield from _in_records(records, place, value.shape)
    elif isinstance(value, Cell):
        if form := _form(value):
            yield Find(place, form, value.shape)
    elif isinstance(value, Mapping) and len(place) < 3:
        for key, inside in value.items():
            yield from _finds(inside, (*place, key))


def _in_records(
    records: Sequence[Mapping[str, Any]], place: tuple[str, ...], shape: Shape
) -> Iterator[Find]:
    """What the fields of several structs hold: times or counts themselves, or cells or structs of them."""
    for key in records[0] if records else ():
        items = [record[key] for record in records if key in record]
        if are_counts(items):
            yield Find((*place, key), "rasters", shape)
        elif are_times(items):
            yield Find((*place, key), "units", shape)
        else:
            for inner in _inner_places(items):
                yield Find((*place, key, *inner), "grid", shape)


def _inner_places(items: Sequence[Any]) -> Iterator[tuple[str, ...]]:
    """Where times lie within each item: in the cell that it is, or in a field of its structs."""
    if all(isinstance(item, Cell) for item in items):
        times = [time for item in items for time in item]
        if times and are_times(times):
            yield ()
    inner = [_as_records(item) for item in items]
    if inner and all(found is not None for found in inner):
        records = [record for found in inner for record in found or ()]
        for key in records[0] if records else ():
            if are_times([record[key] for record in records if key in record]):
                yield (key,)


def _as_records(item: Any) -> list[Mapping[str, Any]] | None:
    """Structs of one item; one struct is one of them, an empty item none."""
    if isinstance(item, Mapping) and not isinstance(item, StructArray):
        return [item]
    if shape_of(item) and 0 in shape_of(item):
        return []
    return records_of(item)


def _form(cell: Cell) -> Form | None:
    """What a cell is, if it is of spikes."""
    if are_counts(cell):
        return "rasters"
    if are_times(cell):
        return "units" if cell.is_vector else "grid"
    if cell.is_vector and cell and all(isinstance(item, Cell) for item in cell):
        inner = [time for item in cell for time in item]
        return "grid" if inner and are_times(inner) else None
    return None


def _is_second(find: Find, found: Sequence[Find]) -> bool:
    """Whether another field of the same struct holds times, too, and comes first in `NAMES`."""
    if find.form == "rasters":
        return False
    beside = [
        other.place[-1].lower()
        for other in found
        if other.place[:-1] == find.place[:-1] and other.form == find.form and find.place[:-1]
    ]
    order = {name: place for place, name in enumerate(NAMES)}
    mine = order.get(find.place[-1].lower(), len(NAMES))
    return any(order.get(name, len(NAMES)) < mine for name in beside)
