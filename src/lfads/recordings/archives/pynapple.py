"""Spikes of all units as pynapple saves them: `TsGroup.save` writes an `.npz`."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.formats.headers import Header, column_of
from lfads.formats.npz import arrays_of
from lfads.paths import printable
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording, table, union_of, with_names

ARRAYS = ("t", "index", "keys", "start", "end")
"""Of a group: times, the key of the unit of each, all keys, and when the group was observed."""

OTHERS = {
    "Ts": "times of one unit or event",
    "Tsd": "a signal",
    "TsdFrame": "a signal of several channels",
    "TsdTensor": "a signal of several channels",
    "IntervalSet": "intervals, such as those of trials",
}
"""What pynapple saves besides, by its `type`."""

METADATA = "_metadata"
"""Which pynapple pickles."""


def pynapple_type(path: Path, headers: Mapping[str, Header]) -> str | None:
    """The kind of object that pynapple saved; None if the archive is none of its own."""
    said = headers.get("type")
    if said is None or said.dtype.kind != "U" or not {"start", "end"} <= set(headers):
        return None
    kind = arrays_of(path, lambda _: {"type": "type"}, kind=".npz")["type"].reshape(-1)
    known = kind.size == 1 and kind[0] in ("TsGroup", *OTHERS)
    return str(kind[0]) if known else None


def read_pynapple(
    path: Path, headers: Mapping[str, Header], kind: str, reading: Reading
) -> Recording:
    """A recording from a saved `TsGroup`.

    Raises
    ------
    UserError
        If another object was saved.
    """
    where = printable(path)
    if kind != "TsGroup":
        raise UserError(
            f"{where}: is {OTHERS[kind]}, saved by pynapple ({kind}); a recording begins with the spikes "
            "of all units, a TsGroup: `lfads.from_pynapple(nap.load_file('spikes.npz'), trials=…, "
            "series={'name': …})` takes it together with intervals and signals"
        )
    missing = [name for name in ARRAYS if name not in headers]
    if missing:
        raise UserError(f"{where}: is a TsGroup of pynapple without `{missing[0]}`: is it damaged?")
    arrays = arrays_of(path, lambda _: {name: name for name in ARRAYS}, kind=".npz")
    t, index, keys, start, end = (column_of(np.atleast_1d(arrays[k]), k) for k in ARRAYS)
    if start.shape != end.shape:
        raise UserError(f"{where}: `start` and `end` differ in length: is the file damaged?")
    if not np.isin(index, keys).all() and np.isin(index, np.arange(len(keys))).all():
        index = keys[index]  # rows of units
    columns = {
        name: header for name, header in headers.items() if name not in (*ARRAYS, "type", METADATA)
    }
    of_units = [
        name
        for name, header in columns.items()
        if header.shape == keys.shape and (header.is_numbers or header.is_text)
    ]
    tables = arrays_of(path, lambda _: {name: name for name in of_units}, kind=".npz")
    left_out = [
        f"`{name}` ({header.in_words()})"
        for name, header in columns.items()
        if name not in of_units
    ]
    if METADATA in headers:
        left_out.append(
            f"`{METADATA}` (columns of units, which pynapple pickles; `lfads.from_pynapple` of the loaded "
            "group has them)"
        )
    return Recording(
        name=printable(path.stem),
        source=where,
        spike_times_s=TimesByUnit(t, index, where, reading.seconds, keys),
        units=with_names(table("units", {"id": keys, **tables}, len(keys))),
        observed_s=union_of(reading.seconds(np.column_stack([start, end]))),
        trial_seconds=1 / reading.per_second_of_trials,
        is_in_seconds=True,
        read_as="a TsGroup of pynapple",
        left_out=tuple(left_out),
    )
