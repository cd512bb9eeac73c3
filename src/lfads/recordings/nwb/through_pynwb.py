"""Tables and signals of an NWB file as pynwb reads it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lfads.checks import reason_of
from lfads.recordings.nwb.contents import Column, Contents, Path, Signal, Table

PLACES = ("acquisition", "stimulus", "intervals", "events", "analysis", "scratch")
"""Where tables and signals lie, besides modules of processing and the tables below."""

TABLES = (("intervals", "trials"), ("intervals", "epochs"), ("intervals", "invalid_times"))
"""Which pynwb keeps apart from others, and as some versions have it among them as well."""

MOST_SAID = 200
"""Letters of what pynwb says, which may list all types that it knows."""


def contents_of(content: Any) -> Contents:
    """All tables and signals of an `NWBFile` of pynwb."""
    tables: list[Table] = []
    signals: list[Signal] = []
    for path, one in _everything(content):
        if hasattr(one, "colnames"):
            tables.append(table_of(one, path))
        else:
            signals.append(_signal(one, path))
    return Contents(tables=tables, signals=signals)


def about_refusal(error: Exception) -> str:
    """What pynwb says of a file that it refuses, and of which group, in a line.

    Errors of hdmf hold the part that was being built, with all that lies in it, and the reason.
    """
    group = getattr(error.args[0], "path", "") if error.args else ""
    reason = str(error.args[-1]) if group else reason_of(error)
    reason = reason.rpartition(" due to: ")[2].split("\n")[0][:MOST_SAID]
    return f"`/{group.removeprefix('root/')}`: {reason}" if group else reason


def table_of(one: Any, path: Path) -> Table:
    """A `DynamicTable` of pynwb."""
    columns = {str(name): _column(one[name]) for name in one.colnames}
    return Table(path=path, columns=columns, ids=one.id.data, num_rows=len(one))


def _everything(content: Any) -> Iterator[tuple[Path, Any]]:
    """Each table and signal with its path."""
    if content.units is not None:
        yield ("units",), content.units
    for path in TABLES:
        if (table := getattr(content, path[-1])) is not None:
            yield path, table
    for place in PLACES:
        inside = getattr(content, place, None) or {}
        for name in inside:
            if (place, name) not in TABLES:
                yield from _inside((place,), inside[name])
    for module in content.processing.values():
        for one in module.data_interfaces.values():
            yield from _inside((module.name,), one)


def _inside(path: Path, one: Any) -> Iterator[tuple[Path, Any]]:
    """A table or signal, or those of a container."""
    path = (*path, one.name)
    if hasattr(one, "colnames") or hasattr(one, "timestamps"):
        yield path, one
        return
    for child in sorted(getattr(one, "children", ()), key=lambda child: child.name):
        yield from _inside(path, child)


def _column(column: Any) -> Column:
    ends, nested = None, False
    if hasattr(column, "target"):
        ends, column = column.data, column.target
        nested = hasattr(column, "target")
        column = column.target if nested else column
    elements, table = getattr(column, "elements", None), getattr(column, "table", None)
    return Column(
        data=column.data if hasattr(column, "data") else column,
        ends=ends,
        nested=nested,
        labels=getattr(elements, "data", None),
        rows_of=None if table is None else lambda: table_of(table, (table.name,)),
    )


def _signal(one: Any, path: Path) -> Signal:
    labels, data = getattr(one, "labels", None), getattr(one, "data", None)
    return Signal(
        path=path,
        kind=type(one).__name__,
        data=None if isinstance(data, list | np.ndarray) else data,  # pynwb's stand-in for none
        timestamps=one.timestamps,
        rate=getattr(one, "rate", None),
        starting_time=getattr(one, "starting_time", None),
        conversion=getattr(one, "conversion", None),
        offset=getattr(one, "offset", None),
        channel_conversion=getattr(one, "channel_conversion", None),
        unit=getattr(one, "unit", ""),
        labels=getattr(one, "data__labels", None) if labels is None else labels,
    )
