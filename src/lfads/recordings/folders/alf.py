"""Folders in ALF (ALyx Files), as the International Brain Laboratory and others share them.

Files of spikes, clusters and trials, and signals and events of other objects. What is not needed and cannot
be read is named and left out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError, first_of, many
from lfads.formats.headers import column_of, mapped
from lfads.guarded.messages import quoted
from lfads.paths import printable
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.folders.alf_files import (
    OF_SPIKES,
    AlfFile,
    files_of,
    only,
    session_folders,
    told_apart,
)
from lfads.recordings.folders.beside import WHERE, trials_beside
from lfads.recordings.folders.clusters import labels_of, of_clusters
from lfads.recordings.folders.tables import table_or_said
from lfads.recordings.folders.unreadable import others_in, read_or_said
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Recording, as_column, table, with_names
from lfads.recordings.series import Series

OF_TIME = ("times", "timestamps")


@dataclass
class Contents:
    """What was found so far: columns, the file of each, and what is not used."""

    columns: dict[str, Any] = field(default_factory=dict)
    files: dict[str, AlfFile] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, one: AlfFile, columns: dict[str, Any]) -> None:
        """Take columns of a file, except those that are there already."""
        again = [name for name in columns if name in self.columns]
        if again:
            of = dict.fromkeys(self.files[name].name for name in again)
            self.left_out.append(
                f"{quoted(again)} of `{one.name}` (taken from {quoted(list(of))} instead)"
            )
        new = {name: column for name, column in columns.items() if name not in self.columns}
        self.columns |= new
        self.files |= dict.fromkeys(new, one)

    def check_lengths(self) -> None:
        """Refuse columns of which some have more or fewer rows."""
        rows = {name: len(column) for name, column in self.columns.items()}
        usual = max(Counter(rows.values()).items(), key=lambda item: item[1], default=(0, 0))[0]
        for name, number in rows.items():
            if number != usual:
                other = next(self.files[k].name for k, v in rows.items() if v == usual)
                raise UserError(
                    f"{printable(self.files[name].path)}: has {many(number, 'row')}, where `{other}` has "
                    f"{usual:,}: one of them is of another session or cut short; mend it, or take it out "
                    "of the folder"
                )


def from_alf(folder: Path, reading: Reading) -> Recording:
    """The recording in a folder in ALF: rows of `clusters` as units.

    Times are in seconds by the rules of ALF, which files do not all keep: they are looked at like others.

    Trials lie beside the spikes, or in the session's folder `alf`; a table that the user puts there or
    names comes before them.

    Raises
    ------
    UserError
        If files are damaged, do not fit together, or are there several times.
    """
    where = printable(folder)
    mine = files_of(folder)
    # Clusters are those of the probe, whatever lies in the folder of the session.
    beside = [
        one
        for outer in session_folders(folder)
        for one in files_of(outer)
        if one.object not in ("spikes", "clusters")
    ]
    spikes = {of: only(mine, "spikes", of, where) for of in ("times", *OF_SPIKES)}
    unit_file = next(spikes[of] for of in OF_SPIKES if spikes[of] is not None)
    times, unit = _column(spikes["times"]), labels_of(_column(unit_file))
    files, twice = told_apart([one for one in (*mine, *beside) if one.object != "spikes"])
    units, labels = _clusters([one for one in files if one.object == "clusters"], unit)
    given = trials_beside(folder, reading)
    of_trials = _trials([one for one in files if one.object == "trials"], given.files)
    events, series, unused = _others(
        [one for one in files if one.object not in ("clusters", "trials")], reading
    )
    of_spikes = [
        one.name
        for one in mine
        if one.object == "spikes" and one not in (spikes["times"], unit_file)
    ]
    said = [f"{first_of(of_spikes, 6)} (of single spikes, which are counted)"] if of_spikes else []
    known = [one.path.name for one in mine]
    said += others_in(folder, [*known, *given.files], "not in ALF")
    return Recording(
        name=printable(folder.name) or "session",
        source=where,
        spike_times_s=TimesByUnit(times, unit, where, reading.seconds, labels),
        units=with_names(table("units", {"id": labels, **units.columns}, len(labels))),
        trials=table("trials", given.columns or of_trials.columns),
        events=events,
        series=series,
        where_trials=WHERE,
        trial_seconds=1 / reading.per_second_of_trials,
        read_as=f"ALF{_about_trials(given.files, of_trials.columns)}",
        left_out=(*twice, *units.left_out, *of_trials.left_out, *given.left_out, *unused, *said),
    )


def _about_trials(given: Sequence[str], columns: Any) -> str:
    """Where the trials are from."""
    if given:
        return f", trials of `{given[0]}`"
    return ", trials of `trials.*`" if columns else ", no trials"


def _column(one: AlfFile | None) -> np.ndarray:
    if one is None:
        return np.empty(0)
    return column_of(mapped(one.path), printable(one.path))


def _arrays(files: Sequence[AlfFile], left_out: list[str]) -> list[tuple[AlfFile, np.ndarray]]:
    """The files that hold arrays, with these; why, where one cannot be read."""
    found = [(one, read_or_said(mapped, one.path, left_out)) for one in files if one.is_array]
    return [(one, array) for one, array in found if array is not None]


def _clusters(files: Sequence[AlfFile], unit: np.ndarray) -> tuple[Contents, np.ndarray]:
    """Columns of the units: rows of `clusters.*.npy`, and `clusters.metrics` by their numbers."""
    found = Contents()
    arrays = _arrays(files, found.left_out)
    plain = [(one, v.reshape(len(v))) for one, v in arrays if _is_plain(v)]
    found.left_out += [_of_shape(one, v) for one, v in arrays if not _is_plain(v)]
    spiking = np.unique(unit)
    numbered = spiking.dtype.kind in "iu"
    high = int(spiking[-1]) if spiking.size and numbered else -1
    rows = {len(column) for _, column in plain}
    if numbered and len(rows) == 1 and max(rows) > high:
        labels = np.arange(max(rows))
        for one, column in plain:
            found.add(one, {one.attribute: as_column(np.asarray(column))})
    else:
        labels = spiking
        up_to = f"up to {high}" if numbered else "by these names"
        found.left_out += [
            f"`clusters.{one.attribute}` ({len(column):,} rows, which do not fit clusters {up_to})"
            for one, column in plain
        ]
    for one in files:
        columns = None if one.is_array else table_or_said(one.path, one.object, found.left_out)
        joined = None if columns is None else of_clusters(columns, labels)
        if joined is not None:
            found.add(one, joined)
        elif columns is not None:
            found.left_out.append(f"`{one.name}` (has no column `cluster_id`)")
    return found, labels


def _trials(files: Sequence[AlfFile], given: Sequence[str]) -> Contents:
    """Columns of the trials: of `trials.*`, `intervals` as `start_time` and `stop_time`."""
    found = Contents()
    if given:
        names = [one.name for one in files if one.name not in given]
        found.left_out += [f"{first_of(names, 6)} (a table of trials is beside)"] if names else []
        return found
    for one, array in _arrays(files, found.left_out):
        if _is_plain(array):
            found.add(one, {one.attribute: as_column(np.asarray(array.reshape(len(array))))})
        elif one.attribute == "intervals" and array.ndim == 2 and array.shape[1] == 2:
            found.add(one, {"start_time": array[:, 0], "stop_time": array[:, 1]})
        else:
            found.left_out.append(_of_shape(one, array))
    named = {
        "intervals_0": "start_time",
        "intervals_1": "stop_time",
    }  # as tables in parquet have them
    for one in files:
        columns = None if one.is_array else table_or_said(one.path, one.object, found.left_out)
        found.add(one, {named.get(name, name): v for name, v in (columns or {}).items()})
    found.check_lengths()
    return found


def _others(
    files: Sequence[AlfFile], reading: Reading
) -> tuple[dict[str, np.ndarray], dict[str, Series], list[str]]:
    """Events (objects with times alone), signals (values at times), and what is neither."""
    events: dict[str, np.ndarray] = {}
    series: dict[str, Series] = {}
    said: list[str] = []
    unused = [one.name for one in files if not one.is_array]
    arrays = _arrays(files, said)
    for of in dict.fromkeys(one.object for one, _ in arrays):
        mine = [(one, array) for one, array in arrays if one.object == of]
        clock = next((array for one, array in mine if one.attribute in OF_TIME), None)
        if clock is None or not _is_plain(clock) or clock.dtype.kind not in "iuf":
            unused += [one.name for one, _ in mine]
            continue
        times = clock.reshape(len(clock))
        values = [(one, array) for one, array in mine if array is not clock]
        for one, array in values:
            signal = _signal(f"{of}.{one.attribute}", array, times, reading)
            if signal is None:
                unused.append(one.name)
            else:
                series[signal.name] = signal
        if not values:
            events[of] = in_seconds(times, reading.per_second_of_trials)
    said += [f"{first_of(unused, 6)} (neither values at times nor times)"] if unused else []
    return events, series, said


def _signal(name: str, array: np.ndarray, times: np.ndarray, reading: Reading) -> Series | None:
    """Values at times; None if they are no numbers, or of other samples."""
    if array.dtype.kind not in "biuf" or array.shape[:1] != times.shape or array.ndim > 2:
        return None
    values = array.reshape(len(array), -1) if array.size else array.reshape(len(array), 1)
    return Series(
        name=name,
        num_samples=len(values),
        num_channels=values.shape[1],
        times=lambda a, b: in_seconds(times[a:b], reading.per_second_of_trials),
        values=lambda a, b: np.asarray(values[a:b], np.float64),
    )


def _is_plain(array: np.ndarray) -> bool:
    """Whether there is one number or text a row."""
    flat = array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)
    return flat and array.dtype.kind in "biufSU"


def _of_shape(one: AlfFile, array: np.ndarray) -> str:
    found = f"{array.dtype} of shape {array.shape}"
    return f"`{one.object}.{one.attribute}` ({found}: one value a row is needed)"
