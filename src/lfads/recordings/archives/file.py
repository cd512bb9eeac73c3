"""Recordings in `.npz` files, of whatever layout their arrays have."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.formats.headers import Header, column_of, damaged_in, headers_of
from lfads.formats.npz import arrays_of
from lfads.guarded.messages import quoted
from lfads.paths import printable
from lfads.recordings.archives.beside import line_beside
from lfads.recordings.archives.pynapple import pynapple_type, read_pynapple
from lfads.recordings.archives.roles import SpikeArrays, is_times, spike_arrays
from lfads.recordings.archives.tables import is_in_table, read_archive, tables_of_archive
from lfads.recordings.archives.triplets import read_pairs, read_triplets
from lfads.recordings.layouts import chosen_layout, refuse_tables
from lfads.recordings.names import OF_UNIT, is_said_of
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.variables import WANTED, from_variables

SPIKE_TIMES, TRIPLETS, PAIRS, UNIT_BY_UNIT, PYNAPPLE = LAYOUTS = (
    "spike-times", "triplets", "unit-and-time", "unit-by-unit", "pynapple",
)  # fmt: skip

WAYS = (
    "a recording in .npz has `spike_times` (all times, in seconds) and `unit` (the unit of each), or "
    "times, units and trials of spikes as lists of one length, such as `spiketimes`, `neurons`, `trials`"
)

A_UNIT = re.compile(
    rf"(?:{'|'.join(OF_UNIT)})s?_?(\d+)(?:_spikes|_times|_spike_times)?", re.IGNORECASE
)
"""Names of arrays with the times of one unit each."""


def from_archive(path: Path, reading: Reading) -> Recording:
    """The recording in an `.npz`.

    Raises
    ------
    UserError
        If its arrays have none of the layouts, or several and `layout` does not say which; or if one that
        may be wanted is damaged.
    """
    damaged = damaged_in(path)
    wanted = [name for name in damaged if _may_be_wanted(name)]
    if wanted:
        raise UserError(
            f"{printable(path)}: {quoted(wanted)} {'is' if len(wanted) == 1 else 'are'} damaged, or no "
            "plain array: copy or download the file again, or save it without"
        )
    found = _of_layout(path, reading)
    unread = [f"`{name}` (damaged: its header cannot be read)" for name in damaged]
    return replace(found, left_out=(*found.left_out, *unread))


def _may_be_wanted(name: str) -> bool:
    """Whether an array of this name would be read if it were whole."""
    return (
        name.split(".")[0] in WANTED
        or is_times(name)
        or any(is_said_of(name, of) for of in ("units", "trials"))
    )


def _of_layout(path: Path, reading: Reading) -> Recording:
    headers, where = headers_of(path), printable(path)
    kind = pynapple_type(path, headers)
    found = None if kind else spike_arrays(headers, where)
    suiting = [PYNAPPLE] if kind else _layouts_of(headers, found, reading.layout)
    refuse_tables(where, reading, "trials_table", "units_table")
    layout = chosen_layout(where, suiting, LAYOUTS, reading)
    if kind:
        return read_pynapple(path, headers, kind, reading)
    if found and layout == TRIPLETS:
        return read_triplets(path, headers, found, reading)
    if found and layout == PAIRS:
        return read_pairs(path, headers, found, reading)
    if layout == UNIT_BY_UNIT:
        return _unit_by_unit(path, headers, reading)
    if layout is None and headers:
        raise UserError(
            f"{where}: holds {quoted([*headers])}, of which none is known as times of spikes: {WAYS}"
            f"{_matrices(headers)}"
        )
    others = {k: header for k, header in headers.items() if k.split(".")[0] not in WANTED}
    left_out = _unused(others, math.prod(headers["spike_times"].shape) if headers else -1)
    return from_variables(read_archive(path), path, list(headers), reading, left_out)


def is_archive(path: Path) -> bool:
    """Whether an `.npz` holds a recording, or something of pynapple's, rather than trials of counts."""
    headers = headers_of(path)
    if "spikes" in headers:  # counts beside spike times are data
        return False
    if pynapple_type(path, headers) or "spike_times" in headers:
        return True
    return bool(_layouts_of(headers, spike_arrays(headers, printable(path)), None))


def _layouts_of(
    headers: Mapping[str, Header], found: SpikeArrays | None, said: str | None
) -> list[str]:
    """The layouts that arrays have; times and units without trials only if that was said."""
    named = "spike_times" in headers and ("unit" in headers or found is None)
    suiting = [SPIKE_TIMES] if named else []
    if found is not None and found.trial:
        suiting.append(TRIPLETS)
    if found is not None and (said == PAIRS or not suiting):
        suiting.append(PAIRS)
    if not suiting and len(_units(headers)) > 1:
        return [UNIT_BY_UNIT]
    return suiting


def _units(headers: Mapping[str, Header]) -> dict[str, int]:
    """Names of arrays with the times of one unit each, and the number in each name, in order."""
    numbers = {
        name: int(found[1])
        for name, header in headers.items()
        if (found := A_UNIT.fullmatch(name)) and header.is_column and header.is_numbers
    }
    return dict(sorted(numbers.items(), key=lambda item: item[1]))


def _unit_by_unit(path: Path, headers: Mapping[str, Header], reading: Reading) -> Recording:
    units = _units(headers)
    arrays = arrays_of(path, lambda _: {name: name for name in units}, kind=".npz")
    rest = tables_of_archive(path, reading)
    others = {k: v for k, v in headers.items() if k not in units and not is_in_table(k)}
    found = Recording.from_spike_times(
        [reading.seconds(column_of(arrays[name], name)) for name in units],
        units={"id": np.array(list(units.values())), "name": np.array(list(units))},
        left_out=[*_unused(others), *rest.left_out],
        name=printable(path.stem),
        source=printable(path),
    )
    return replace(
        rest, spike_times_s=found.spike_times_s, units=found.units, left_out=found.left_out
    )


def _unused(others: Mapping[str, Header], num_spikes: int = -1) -> list[str]:
    """What is said of arrays that are not used: how to use those that trials may have."""
    return [
        f"`{name}` ({header.in_words()}{line_beside(name, header, num_spikes)})"
        for name, header in others.items()
    ]


def _matrices(headers: Mapping[str, Header]) -> str:
    """What to do with one array whose columns are unit and time, or trial, unit and time."""
    for name, header in headers.items():
        if len(header.shape) == 2 and header.shape[1] in (2, 3) and header.is_numbers:
            three = header.shape[1] == 3
            columns = "trials=a[:, 0], neurons=a[:, 1], spiketimes=a[:, 2]" if three else (
                "unit=a[:, 0], spike_times=a[:, 1]"
            )  # fmt: skip
            return (
                f". If the columns of `{name}`, {header.shape}, are {'trial, ' if three else ''}unit and "
                f"time, save `np.savez('spikes.npz', {columns})`"
            )
    return ""
