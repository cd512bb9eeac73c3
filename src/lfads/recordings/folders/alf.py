"""Folders in ALF (ALyx Files), as the International Brain Laboratory and others share them.

Files are `object.attribute.extension`, with a namespace before (`_ibl_trials.choice.npy`) and more parts in
between (`spikes.times.<uuid>.npy`): spikes, clusters and trials, and signals and events of other objects.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, first_of
from lfads.formats.guarded import one_message, quoted
from lfads.formats.headers import column_of, mapped
from lfads.paths import printable
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.folders.beside import trials_beside
from lfads.recordings.folders.clusters import of_clusters
from lfads.recordings.folders.text_tables import is_text_table, read_text_table
from lfads.recordings.gaps import without_gaps
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Recording, as_column, table, with_names
from lfads.recordings.series import Series

OF_SPIKES = ("clusters", "templates")
"""Attributes of spikes that are their unit: as curated, else as sorted."""

OF_TIME = ("times", "timestamps")

ROOT = "alf"
"""The folder of a session, in whose folders those of probes lie; trials lie in it."""

DEEPEST = 3

PARQUET = (".pqt", ".parquet")

SAFE_PYARROW = 15
"""Earlier ones may run code that a file holds (CVE-2023-47248)."""


class AlfFile(NamedTuple):
    """A file and what its name says."""

    object: str
    attribute: str
    path: Path


@dataclass
class Contents:
    """What was found so far."""

    columns: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def is_alf(names: Sequence[str]) -> bool:
    """Whether files of these names are spikes in ALF."""
    parsed = {
        (one.object, one.attribute)
        for one in map(_parsed, names)
        if one is not None and one.path.suffix == ".npy"
    }
    return ("spikes", "times") in parsed and any(("spikes", of) in parsed for of in OF_SPIKES)


def from_alf(folder: Path, reading: Reading) -> Recording:
    """The recording in a folder in ALF: times in seconds, rows of `clusters` as units.

    Trials lie beside the spikes, or in the session's folder `alf`; a table that the user puts there or
    names comes before them.

    Raises
    ------
    UserError
        If files are damaged, do not fit together, or are there several times.
    """
    where = printable(folder)
    files = _files_of(folder)
    beside = [one for outer in _session_folders(folder) for one in _files_of(outer)]
    spikes = {of: _only(files, "spikes", of, where) for of in ("times", *OF_SPIKES)}
    unit_file = next(spikes[of] for of in OF_SPIKES if spikes[of] is not None)
    times, unit = (_column(one) for one in (spikes["times"], unit_file))
    clusters = [one for one in files if one.object == "clusters"]
    units, labels = _clusters(clusters, unit)
    given = trials_beside(folder, reading)
    of_trials = _trials([one for one in (*files, *beside) if one.object == "trials"], given.files)
    events, series, unused = _others(
        [one for one in (*files, *beside) if one.object not in ("spikes", "clusters", "trials")],
        reading,
    )
    return Recording(
        name=printable(folder.name) or "session",
        source=where,
        spike_times_s=TimesByUnit(times, unit, where, reading.seconds, labels),
        units=with_names(table("units", {"id": labels, **units.columns}, len(labels))),
        trials=table("trials", given.columns or of_trials.columns),
        events=events,
        series=series,
        trial_seconds=1 / reading.per_second_of_trials,
        is_in_seconds=True,
        read_as=f"ALF{_about_trials(given.files, of_trials.columns)}",
        left_out=(*units.left_out, *of_trials.left_out, *given.left_out, *unused),
    )


def _about_trials(given: Sequence[str], columns: Any) -> str:
    """Where the trials are from."""
    if given:
        return f", trials of `{given[0]}`"
    return ", trials of `trials.*`" if columns else ", no trials"


def _parsed(name: str | Path) -> AlfFile | None:
    path = Path(name)
    parts = path.name.split(".")
    if len(parts) < 3 or path.name.startswith("."):
        return None
    return AlfFile(re.sub(r"^_[a-z0-9]+_", "", parts[0]), parts[1], path)


def _files_of(folder: Path) -> list[AlfFile]:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    return [one for one in map(_parsed, paths) if one is not None]


def _session_folders(folder: Path) -> Iterable[Path]:
    """The folder `alf` that a probe's folder lies in, if it lies in one."""
    outer = folder.absolute().parents[:DEEPEST]
    return [one for one in outer if one.name == ROOT][:1]


def _only(files: Sequence[AlfFile], of: str, attribute: str, where: str) -> AlfFile | None:
    """The file of an attribute; several are of several probes or revisions."""
    found = [
        one
        for one in files
        if (one.object, one.attribute) == (of, attribute) and one.path.suffix == ".npy"
    ]
    if len(found) > 1:
        raise UserError(
            f"{where}: holds {quoted([printable(one.path.name) for one in found])}: leave the one in the "
            "folder that is meant"
        )
    return found[0] if found else None


def _column(one: AlfFile | None) -> np.ndarray:
    if one is None:
        return np.empty(0)
    return column_of(mapped(one.path), printable(one.path.name))


def _clusters(files: Sequence[AlfFile], unit: np.ndarray) -> tuple[Contents, np.ndarray]:
    """Columns of the units: rows of `clusters.*.npy`, and `clusters.metrics` by their numbers."""
    found = Contents()
    arrays = {one.attribute: mapped(one.path) for one in files if one.path.suffix == ".npy"}
    plain = {k: v.reshape(len(v)) for k, v in arrays.items() if _is_plain(v)}
    found.left_out += [_of_shape("clusters", k, v) for k, v in arrays.items() if k not in plain]
    spiking = np.unique(unit)
    high = int(spiking[-1]) if spiking.size else -1
    rows = {len(column) for column in plain.values()}
    if len(rows) == 1 and max(rows) > high and spiking.dtype.kind in "iu":
        labels = np.arange(max(rows))
        found.columns |= {name: as_column(np.asarray(column)) for name, column in plain.items()}
    else:
        labels = spiking
        found.left_out += [
            f"`clusters.{name}` ({len(column):,} rows, which do not fit clusters up to {high})"
            for name, column in plain.items()
        ]
    for one in files:
        if one.path.suffix == ".npy":
            continue
        columns = _text_or_parquet(one, found)
        joined = None if columns is None else of_clusters(columns, labels)
        if joined is not None:
            found.columns |= {k: v for k, v in joined.items() if k not in found.columns}
        elif columns is not None:
            found.left_out.append(f"`{printable(one.path.name)}` (has no column `cluster_id`)")
    return found, labels


def _trials(files: Sequence[AlfFile], given: Sequence[str]) -> Contents:
    """Columns of the trials: of `trials.*`, `intervals` as `start_time` and `stop_time`."""
    found = Contents()
    if given:
        names = [name for one in files if (name := printable(one.path.name)) not in given]
        found.left_out += [f"{first_of(names, 6)} (a table of trials is beside)"] if names else []
        return found
    for one in files:
        if one.path.suffix != ".npy":
            found.columns |= _text_or_parquet(one, found) or {}
            continue
        array = mapped(one.path)
        if _is_plain(array):
            found.columns[one.attribute] = as_column(np.asarray(array.reshape(len(array))))
        elif one.attribute == "intervals" and array.ndim == 2 and array.shape[1] == 2:
            found.columns |= {"start_time": array[:, 0], "stop_time": array[:, 1]}
        else:
            found.left_out.append(_of_shape("trials", one.attribute, array))
    for name, column in (("start_time", "intervals_0"), ("stop_time", "intervals_1")):
        if column in found.columns:  # as tables in parquet have them
            found.columns[name] = found.columns.pop(column)
    return found


def _others(
    files: Sequence[AlfFile], reading: Reading
) -> tuple[dict[str, np.ndarray], dict[str, Series], list[str]]:
    """Events (objects with times alone), signals (values at times), and what is neither."""
    events: dict[str, np.ndarray] = {}
    series: dict[str, Series] = {}
    unused: list[str] = []
    for of in dict.fromkeys(one.object for one in files):
        mine = [one for one in files if one.object == of]
        clock = next(
            (one for one in mine if one.attribute in OF_TIME and one.path.suffix == ".npy"), None
        )
        times = None if clock is None else mapped(clock.path)
        if times is None or not _is_plain(times) or times.dtype.kind not in "iuf":
            unused += [printable(one.path.name) for one in mine]
            continue
        times = times.reshape(len(times))
        values = [one for one in mine if one is not clock]
        for one in values:
            signal = _signal(f"{of}.{one.attribute}", one, times, reading)
            if signal is None:
                unused.append(printable(one.path.name))
            else:
                series[signal.name] = signal
        if not values:
            events[of] = in_seconds(times, reading.per_second_of_trials)
    said = [f"{first_of(unused, 6)} (neither values at times nor times)"] if unused else []
    return events, series, said


def _signal(name: str, one: AlfFile, times: np.ndarray, reading: Reading) -> Series | None:
    """Values at times; None if they are no numbers, or of other samples."""
    array = mapped(one.path) if one.path.suffix == ".npy" else np.empty(0)
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


def _text_or_parquet(one: AlfFile, found: Contents) -> dict[str, Any] | None:
    """Columns of a table; None, and why, where it cannot be read."""
    if is_text_table(one.path):
        return dict(read_text_table(one.path))
    name = printable(one.path.name)
    if one.path.suffix not in PARQUET:
        found.left_out.append(f"`{name}` (no table that is known)")
        return None
    parquet = _parquet()
    if parquet is None:
        found.left_out.append(
            f"`{name}` (a table in parquet, which needs `pip install pyarrow`; or save it as text: "
            f"`pandas.read_parquet('{name}').to_csv('{one.object}.csv', index=False)`)"
        )
        return None
    with one_message(name, "a table in parquet", (Exception,)):  # pyarrow has errors of its own
        columns = parquet.read_table(one.path).to_pydict()
    plain: dict[str, Any] = {}
    for key, values in columns.items():
        if any(isinstance(value, list | dict) for value in values):
            found.left_out.append(f"`{one.object}.{key}` (lists: one value a row is needed)")
        elif not key.startswith("__index"):
            plain[key] = as_column(without_gaps(values))
    return plain


def _parquet() -> Any:
    """The reader of pyarrow, if it is installed and new enough to run no code of a file."""
    try:
        safe = int(import_module("pyarrow").__version__.split(".")[0]) >= SAFE_PYARROW
        return import_module("pyarrow.parquet") if safe else None
    except ImportError:
        return None


def _is_plain(array: np.ndarray) -> bool:
    """Whether there is one number or text a row."""
    flat = array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)
    return flat and array.dtype.kind in "biufSU"


def _of_shape(of: str, name: str, array: np.ndarray) -> str:
    return f"`{of}.{name}` ({array.dtype} of shape {array.shape}: one value a row is needed)"
