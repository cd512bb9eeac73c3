"""Tables and signals of an NWB file as HDF5 stores them, for files that pynwb refuses as a whole.

One part that breaks the rules of NWB, or whose extension is not known, makes pynwb refuse the file; here
it is named, and the others are read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import h5py
import numpy as np

from lfads.guarded.links import held, lies_inside
from lfads.recordings.nwb.contents import (
    LARGEST_TABLE,
    Column,
    Contents,
    Path,
    Signal,
    Table,
    as_text,
)

PLACES = {
    "acquisition": ("acquisition",),
    "stimulus/presentation": ("stimulus",),
    "intervals": ("intervals",),
    "events": ("events",),
    "analysis": ("analysis",),
    "scratch": ("scratch",),
    "processing": (),
}
"""Groups that tables and signals lie in, and how paths of these begin."""

APART = ("scratch", "analysis")

UNITS, TYPE = "units", "neurodata_type"

Parts = tuple[list[Table], list[Signal], list[str]]


def contents_as_stored(file: h5py.File) -> Contents:
    """All tables and signals of an NWB file; those that cannot be read are named.

    Parameters
    ----------
    file
        Open; links out of it are refused before.
    """
    found: Parts = ([], [], [])
    for path, one in _parts(file):
        _add(found, one, path)
    tables, signals, left_out = found
    return Contents(tables=tables, signals=signals, left_out=left_out)


def ids_of_parts(file: h5py.File) -> set[str]:
    """Identifiers of the tables and signals that are stored, where they have one."""
    ids = [one.attrs.get("object_id") for _, one in _parts(file)]
    return {as_text(one) for one in ids if one is not None}


def arrays_apart(file: h5py.File) -> list[str]:
    """Arrays that lie by themselves, which nothing reads, as they are named to users."""
    found = []
    for place in APART:
        group = held(file, place)
        if not isinstance(group, h5py.Group):
            continue
        arrays = [(str(name), _array(group, str(name))) for name in group]
        found += [
            f"`{place}/{name}` (an array of shape {array.shape}, neither a table nor a signal)"
            for name, array in arrays
            if array is not None
        ]
    return found


def _parts(file: h5py.File) -> Iterator[tuple[Path, h5py.Group]]:
    """Groups that are tables or signals, with their paths."""
    units = held(file, UNITS)
    if isinstance(units, h5py.Group) and _is_table(units):
        yield (UNITS,), units
    seen: set[h5py.Group] = set()
    for place, path in PLACES.items():
        group = held(file, place)
        if isinstance(group, h5py.Group):
            yield from _groups(group, path, seen)


def _groups(
    group: h5py.Group, path: Path, seen: set[h5py.Group]
) -> Iterator[tuple[Path, h5py.Group]]:
    """Those in a group and the groups in it, each once; links are not followed."""
    for name in group:
        if not lies_inside(group, str(name)):
            continue
        one = group[name]
        if not isinstance(one, h5py.Group) or one in seen:
            continue
        seen.add(one)
        inside = (*path, str(name))
        if _is_table(one) or _is_signal(one):
            yield inside, one
        else:
            yield from _groups(one, inside, seen)


def _is_table(group: h5py.Group) -> bool:
    return "colnames" in group.attrs


def _is_signal(group: h5py.Group) -> bool:
    """Whether a group is a signal, of which parts may be missing, rather than a container of some."""
    if any(_array(group, name) is not None for name in ("timestamps", "starting_time", "data")):
        return True
    kind = as_text(group.attrs.get(TYPE, ""))
    return kind.endswith("Series") and not any(
        isinstance(one, h5py.Group) for one in group.values()
    )


def _add(found: Parts, one: h5py.Group, path: Path) -> None:
    tables, signals, left_out = found
    try:
        if _is_table(one):
            tables.append(_table(one, path))
        else:
            signals.append(_signal(one, path))
    except (KeyError, ValueError, TypeError, OSError, RuntimeError) as error:
        left_out.append(f"`{'/'.join(path)}` (cannot be read: {error})")


def _table(group: h5py.Group, path: Path) -> Table:
    names = [as_text(name) for name in np.ravel(np.asarray(group.attrs["colnames"]))]
    columns = {name: _column(group, name) for name in names}
    ids = _array(group, "id")
    first = next((one for one in columns.values() if one.data is not None), None)
    if ids is not None:
        num_rows = len(ids)
    elif first is not None:
        num_rows = len(first.data if first.ends is None else first.ends)
    else:
        num_rows = 0
    return Table(path=path, columns=columns, ids=ids, num_rows=num_rows)


def _array(group: h5py.Group, name: str) -> h5py.Dataset | None:
    """An array of a group by name, if it is there."""
    found = held(group, name)
    return found if isinstance(found, h5py.Dataset) else None


def _column(group: h5py.Group, name: str) -> Column:
    data = _array(group, name)
    if data is None:
        return Column(data=None)
    elements, table = (_referred(data, attribute) for attribute in ("elements", "table"))
    return Column(
        data=_names(data) if _holds_references(data) else data,
        ends=_array(group, f"{name}_index"),
        nested=lies_inside(group, f"{name}_index_index"),
        labels=elements,
        rows_of=(lambda: _table(table, (_name(table),))) if isinstance(table, h5py.Group) else None,
    )


def _referred(data: h5py.Dataset, attribute: str) -> Any:
    """What an attribute points to; None if it points to nothing."""
    found: Any = data.attrs.get(attribute)
    return data.file[found] if isinstance(found, h5py.Reference) and found else None


def _holds_references(data: h5py.Dataset) -> bool:
    return h5py.check_ref_dtype(data.dtype) is h5py.Reference and len(data.shape) == 1


def _names(data: h5py.Dataset) -> list[str]:
    """Names of the groups that a column points to."""
    if len(data) > LARGEST_TABLE:
        raise ValueError(f"column `{_name(data)}` says it has {len(data)} rows")
    return [_name(data.file[one]) if one else "" for one in data[:]]


def _name(one: Any) -> str:
    """The name of a group or array, without what it lies in."""
    return str(one.name).rsplit("/", 1)[-1]


def _signal(group: h5py.Group, path: Path) -> Signal:
    data, start = _array(group, "data"), _array(group, "starting_time")
    about: Mapping[str, Any] = {} if data is None else data.attrs
    labels = about.get("labels", group.attrs.get("labels"))
    return Signal(
        path=path,
        kind=as_text(group.attrs.get(TYPE, "TimeSeries")),
        data=data,
        timestamps=_array(group, "timestamps"),
        rate=None if start is None else start.attrs.get("rate"),
        starting_time=None if start is None else start[()],
        conversion=about.get("conversion"),
        offset=about.get("offset"),
        channel_conversion=_array(group, "channel_conversion"),
        unit=as_text(about.get("unit", "")),
        labels=_array(group, "labels") if labels is None else labels,
    )
