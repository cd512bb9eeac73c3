"""Recordings of every source behind one door, and from objects of other libraries."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError
from lfads.config.paths import printable, regular_file
from lfads.data.npz import arrays_of
from lfads.data.recordings.matlab import is_matlab, read_matlab, variable_names
from lfads.data.recordings.nwb import is_nwb, opened_nwb
from lfads.data.recordings.recording import Recording, Series
from lfads.storage import address_of

PathLike = str | os.PathLike[str]

EXPECTED = (
    "expected an NWB file, or a MATLAB or .npz file with `spike_times` (a cell or list of times in "
    "seconds for each unit) and, as a rule, `trials` (a struct of columns)"
)


@contextlib.contextmanager
def open_recording(place: PathLike) -> Iterator[Recording]:
    """The recording in a file; its arrays can be read as long as the block lasts.

    Parameters
    ----------
    place
        NWB (also at an address), MATLAB of any version, or `.npz`.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind.
    """
    if address_of(place) or is_nwb(place):
        with opened_nwb(place) as recording:
            yield recording
        return
    path = regular_file(place, EXPECTED)
    if is_matlab(path):
        yield from_variables(read_matlab(path), path)
    elif path.suffix == ".npz":
        yield from_variables(_npz(path), path)
    elif path.suffix == ".nwb":
        with opened_nwb(path) as recording:  # which says what is wrong with it
            yield recording
    else:
        raise UserError(f"{printable(path)}: is no recording; {EXPECTED}")


def is_recording(path: Path) -> bool:
    """Whether `lfads show` lists what can be chosen of a file."""
    return is_nwb(path) or (is_matlab(path) and "spike_times" in variable_names(path))


def from_variables(variables: Mapping[str, Any], path: Path) -> Recording:
    """A recording from named variables.

    `spike_times` is a list of times for each unit, or one list beside `unit` (the unit of each time);
    `units` and `trials` are tables; `events` are lists of times; `series` are tables with `values` and
    `times_s` or `rate_hz` (and `start_s`, `unit`).
    """
    where = printable(path)
    if "spike_times" not in variables:
        known = ", ".join(f"`{name}`" for name in variables) or "nothing that can be read"
        raise UserError(f"{where}: `spike_times` is missing; the file has {known}. {EXPECTED}")
    problems = Problems(where)
    tables = {name: variables.get(name, {}) for name in ("units", "trials", "events", "series")}
    for name, value in tables.items():
        problems.require(
            isinstance(value, Mapping), f"`{name}` must be a struct; got {type(value).__name__}"
        )
    problems.raise_if_any()
    try:
        return Recording.from_spike_times(
            _spike_times(variables),
            units={k: _flat(v) for k, v in tables["units"].items()},
            trials={k: _flat(v) for k, v in tables["trials"].items()},
            events={k: _flat(v) for k, v in tables["events"].items()},
            series=[_series(name, value) for name, value in tables["series"].items()],
            name=path.stem,
            source=where,
        )
    except (ValueError, TypeError) as error:
        raise UserError(f"{where}: {error}") from error


def _spike_times(variables: Mapping[str, Any]) -> list[np.ndarray]:
    given = variables["spike_times"]
    if "unit" in variables:
        times, unit = np.asarray(given, float).ravel(), np.asarray(variables["unit"]).ravel()
        if times.shape != unit.shape:
            raise ValueError(f"`unit` must name one unit for each of {times.size} spike times")
        return [times[unit == one] for one in np.unique(unit)]
    if isinstance(given, np.ndarray) and given.dtype.kind != "O":
        if given.size != max(given.shape, default=1):
            raise ValueError(
                f"`spike_times` must be a cell with a list of times for each unit; got a matrix of shape "
                f"{given.shape}"
            )
        return [given.ravel()]
    return [np.asarray(one, float).ravel() for one in given]


def _flat(values: Any) -> Any:
    """A column: one value a row."""
    if isinstance(values, np.ndarray):
        return values.ravel()
    return [one.item() if isinstance(one, np.ndarray) and one.size == 1 else one for one in values]


def _series(name: str, value: Any) -> Series:
    if not isinstance(value, Mapping) or "values" not in value:
        raise ValueError(
            f"series `{name}` must be a struct with `values` and `times_s` or `rate_hz`"
        )
    number = {
        key: float(np.asarray(value[key]).ravel()[0])
        for key in ("rate_hz", "start_s")
        if key in value
    }
    times = None if "times_s" not in value else np.asarray(value["times_s"], float).ravel()
    values = np.asarray(value["values"], float)
    values = values.T if values.ndim == 2 and values.shape[0] == 1 else values
    return Series.from_arrays(
        name, values, times_s=times, rate_hz=number.get("rate_hz"),
        start_s=number.get("start_s", 0.0), unit=str(value.get("unit", "")),
    )  # fmt: skip


def _npz(path: Path) -> dict[str, Any]:
    """Variables of an archive; dots in names make tables: `trials.go_time`."""
    nested: dict[str, Any] = {}
    for name, value in arrays_of(path, kind=".npz").items():
        *tables, last = name.split(".")
        inside = nested
        for key in tables:
            inside = inside.setdefault(key, {})
        inside[last] = value.item() if value.ndim == 0 else value
    return nested


# --- other libraries ------------------------------------------------------------------------------


def from_pynapple(
    units: Any, *, trials: Any = None, series: Mapping[str, Any] | None = None,
    name: str = "session",
) -> Recording:  # fmt: skip
    """A recording from pynapple: a `TsGroup`, an `IntervalSet` of trials, and series by name.

    Columns of the group and of the intervals are kept; nothing of pynapple is imported.
    """
    keys = list(units.keys())
    table = {
        column: [units[column][key] for key in keys]
        for column in getattr(units, "metadata_columns", [])
    }
    span = units.time_support
    return Recording.from_spike_times(
        [np.asarray(units[key].t) for key in keys],
        units={"id": np.array(keys), **table},
        trials=None if trials is None else _intervals(trials),
        series=[
            Series.from_arrays(key, np.asarray(one.d), times_s=np.asarray(one.t))
            for key, one in (series or {}).items()
        ],
        observed_s=list(zip(np.asarray(span.start), np.asarray(span.end), strict=True)),
        name=name,
        source="pynapple",
    )


def _intervals(trials: Any) -> dict[str, Any]:
    table = {"start_time": np.asarray(trials.start), "stop_time": np.asarray(trials.end)}
    more = getattr(trials, "metadata_columns", [])
    return {**table, **{name: np.asarray(trials[name]) for name in more if name not in table}}


def from_spikeinterface(
    sorting: Any, *, trials: Mapping[str, Sequence[Any]] | None = None, segment: int = 0,
    name: str = "session",
) -> Recording:  # fmt: skip
    """A recording from a sorting of SpikeInterface, with a table of trials in seconds.

    Properties of the units are kept; nothing of SpikeInterface is imported.
    """
    ids = list(sorting.get_unit_ids())
    rate = float(sorting.get_sampling_frequency())

    def times(unit: Any) -> np.ndarray:
        try:
            return np.asarray(
                sorting.get_unit_spike_train(unit, segment_index=segment, return_times=True)
            )
        except TypeError:  # earlier versions know frames alone
            return np.asarray(sorting.get_unit_spike_train(unit, segment_index=segment)) / rate

    properties = {key: sorting.get_property(key) for key in sorting.get_property_keys()}
    plain = {key: value for key, value in properties.items() if np.ndim(value) == 1}
    return Recording.from_spike_times(
        [times(unit) for unit in ids],
        units={"id": np.array(ids), **plain},
        trials=trials,
        name=name,
        source="SpikeInterface",
    )
