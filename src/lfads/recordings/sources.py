"""Recordings of every source behind one door, and from objects of other libraries."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError, first_of
from lfads.files import PathLike, address_of
from lfads.formats.matlab import is_matlab
from lfads.formats.npz import array_names
from lfads.paths import printable, regular_file
from lfads.recordings.matlab import holds_times, opened_matlab
from lfads.recordings.nwb import is_nwb, opened_nwb
from lfads.recordings.reading import Reading, TimeUnit
from lfads.recordings.recording import Recording
from lfads.recordings.series import Series
from lfads.recordings.variables import EXPECTED, from_variables, read_archive

MOST_NAMED = 8
"""Things that are not used, in the one warning of them; `lfads show` lists all."""


@contextlib.contextmanager
def open_recording(
    place: PathLike,
    *,
    layout: str | None = None,
    trials_table: str | None = None,
    units_table: str | None = None,
    time_unit: TimeUnit | None = None,
    trial_time_unit: TimeUnit | None = None,
    sampling_rate_hz: float | None = None,
) -> Iterator[Recording]:
    """The recording in a file or folder; its arrays can be read as long as the block lasts.

    What the source holds and is not used is named in one warning.

    Parameters
    ----------
    place
        NWB (also at an address), MATLAB of any version, `.npz`, or the folder of a sorter.
    layout
        Which of several layouts that suit is meant, by the name that messages give.
    trials_table, units_table
        Which table of intervals holds the trials, which table holds the units, where there are several.
    time_unit
        The unit of spike times: `s`, `ms` or `samples`. Without it they are taken as seconds, and refused
        where they can hardly be that.
    trial_time_unit
        The unit of times of trials and events, where it differs from that of the spikes.
    sampling_rate_hz
        Samples per second, for times in samples and for rasters.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind, or holds no such table.
    """
    reading = Reading(
        layout=layout, trials_table=trials_table, units_table=units_table, time_unit=time_unit,
        trial_time_unit=trial_time_unit, sampling_rate_hz=sampling_rate_hz,
    )  # fmt: skip
    with opened_recording(place, reading) as recording:
        if recording.left_out:
            warnings.warn(
                f"{recording.source}: not used: {first_of(recording.left_out, MOST_NAMED)}",
                UserWarning,
                stacklevel=3,
            )
        yield recording


@contextlib.contextmanager
def opened_recording(place: PathLike, reading: Reading) -> Iterator[Recording]:
    """`open_recording` without a word on what is not used, which `Recording.left_out` has."""
    with _opened(place, reading) as recording:
        yield replace(
            recording,
            reading=reading.said,
            is_in_seconds=recording.is_in_seconds or reading.time_unit is not None,
        )


@contextlib.contextmanager
def _opened(place: PathLike, reading: Reading) -> Iterator[Recording]:
    if address_of(place) or is_nwb(place):
        with opened_nwb(place, reading) as recording:
            yield recording
        return
    path = regular_file(place, EXPECTED)
    if is_matlab(path):
        yield opened_matlab(path, reading)
    elif path.suffix == ".npz":
        yield from_variables(read_archive(path), path, array_names(path), reading)
    elif path.suffix == ".nwb":
        with opened_nwb(path, reading) as recording:  # which says what is wrong with it
            yield recording
    else:
        raise UserError(f"{printable(path)}: is no recording; {EXPECTED}")


def is_recording(path: Path) -> bool:
    """Whether `lfads show` lists what can be chosen of a file."""
    if address_of(path) or is_nwb(path):
        return is_nwb(path)
    if is_matlab(path):
        return holds_times(path)
    if Path(path).suffix != ".npz" or not Path(path).is_file():  # a pipe would be waited for
        return False
    names = array_names(Path(path))
    return "spike_times" in names and "spikes" not in names  # counts beside spike times are data


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
