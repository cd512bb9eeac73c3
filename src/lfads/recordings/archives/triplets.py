"""Spikes as lists of trial, unit and time, as affinewarp and others save them in `.npz`."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.headers import Header, column_of
from lfads.formats.npz import arrays_of
from lfads.paths import printable
from lfads.recordings.archives.roles import OF_TRIAL, OF_UNIT, SpikeArrays, is_about, labels_of
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Recording, table, with_names
from lfads.recordings.relative import ZERO, from_triplets

BOUNDS = (("tmin", "tmax"), ("t_min", "t_max"), ("t_start", "t_stop"), ("tstart", "tstop"))
"""Names of the start and stop of all trials on their own clocks."""

IN_PARTS = ("start_time", "stop_time", ZERO)
"""Columns that trials get, in the unit of the file."""

FEWEST_TRIALS = 5
"""Below, the order of times says nothing."""


class Beside(NamedTuple):
    """Arrays beside the spikes: names of those with a value a trial, a value a unit, and the rest."""

    trials: list[str]
    units: list[str]
    left_out: list[str]


def read_triplets(
    path: Path, headers: Mapping[str, Header], found: SpikeArrays, reading: Reading
) -> Recording:
    """A recording from triplets, whose times count from their trial.

    Raises
    ------
    UserError
        If times rise from trial to trial, so that they do not count from it.
    """
    where = printable(path)
    bounds = next((pair for pair in BOUNDS if all(_is_bound(headers, name) for name in pair)), ())
    arrays = _read(path, [found.times, found.unit, str(found.trial), *bounds])
    times, unit, trial = (column_of(arrays[str(name)], str(name)) for name in found)
    refuse_one_clock(where, found, times, trial)
    others = {k: v for k, v in headers.items() if k not in (*found, *bounds)}
    trials = labels_of(trial, _rows(others, OF_TRIAL))
    units = labels_of(unit, _rows(others, OF_UNIT))
    beside = beside_of(others, len(trials), len(units))
    tables = _read(path, [*beside.trials, *beside.units])
    beside.left_out.extend(_silent(trials))
    of_trials = {name: _plain(tables[name]) for name in beside.trials}
    per_second = reading.per_second(reading.time_unit)
    if reading.per_second_of_trials != per_second:
        raise UserError(
            f"{where}: times that count from their trial have one unit: leave out `trial_time_unit=`"
        )
    if "start_time" in of_trials and of_trials["start_time"].dtype.kind in "iuf":
        of_trials["start_time"] = in_seconds(of_trials["start_time"], per_second)
    recording = from_triplets(
        reading.seconds(times),
        np.searchsorted(trials, trial),
        np.searchsorted(units, unit),
        num_trials=len(trials),
        num_units=len(units),
        trials={"trial": trials, **of_trials},
        units={"id": units, **{name: _plain(tables[name]) for name in beside.units}},
        span_s=_span(arrays, bounds, per_second),
        left_out=beside.left_out,
        name=printable(path.stem),
        source=where,
    )
    recording = replace(
        recording, read_as=f"triplets, which count from their trial: {found.in_words()}"
    )
    return in_unit_of_file(recording, per_second)


def read_pairs(
    path: Path, headers: Mapping[str, Header], found: SpikeArrays, reading: Reading
) -> Recording:
    """A recording from the times of spikes, on one clock, and the unit of each."""
    where = printable(path)
    others = {k: v for k, v in headers.items() if k not in (found.times, found.unit)}
    arrays = _read(path, [found.times, found.unit])
    times, unit = (column_of(arrays[name], name) for name in (found.times, found.unit))
    units = labels_of(unit, _rows(others, OF_UNIT))
    beside = beside_of(others, -1, len(units))
    tables = _read(path, beside.units)
    grouped = TimesByUnit(times, unit, where, reading.seconds, units)
    columns = {"id": units, **{name: _plain(tables[name]) for name in beside.units}}
    return Recording(
        name=printable(path.stem),
        source=where,
        spike_times_s=grouped,
        units=with_names(table("units", columns, len(units))),
        trial_seconds=1 / reading.per_second_of_trials,
        left_out=tuple(beside.left_out),
        read_as=f"times and units: {found._replace(trial=None).in_words()}",
    )


def beside_of(others: Mapping[str, Header], num_trials: int, num_units: int) -> Beside:
    """Which of the other arrays have one value a trial, or a unit."""
    beside = Beside([], [], [])
    for name, header in others.items():
        plain = header.is_column and (header.is_numbers or header.is_text)
        fits = [n == header.shape[0] for n in (num_trials, num_units)] if plain else [False, False]
        if all(fits):  # as many trials as units: the name decides
            fits = [is_about(name, OF_TRIAL), is_about(name, OF_UNIT)]
        if fits == [True, False]:
            beside.trials.append(name)
        elif fits == [False, True]:
            beside.units.append(name)
        else:
            beside.left_out.append(f"`{name}` ({_reason(header, num_trials, num_units)})")
    return beside


def in_unit_of_file(recording: Recording, per_second: float) -> Recording:
    """Trials in the unit of their file, in which its own columns of times are."""
    if per_second == 1:
        return recording
    trials = {
        name: column * per_second if name in IN_PARTS else column
        for name, column in recording.trials.items()
    }
    return replace(recording, trials=trials, trial_seconds=1 / per_second)


def refuse_one_clock(where: str, found: SpikeArrays, times: np.ndarray, trial: np.ndarray) -> None:
    """A UserError if each trial's times lie behind those of the trial before."""
    labels, rows = np.unique(trial, return_inverse=True)
    if len(labels) < FEWEST_TRIALS or times.dtype.kind not in "iuf":
        return
    first, last = np.full(len(labels), np.inf), np.full(len(labels), -np.inf)
    np.minimum.at(first, rows, times)
    np.maximum.at(last, rows, times)
    if (first[1:] >= last[:-1]).all():
        raise UserError(
            f"{where}: times in `{found.times}` rise from trial to trial, from {first[0]:g} to "
            f"{last[-1]:g} over {many(len(labels), 'trial')}: they count from the start of the recording, "
            "not of their trial; say `layout='unit-and-time'`, and cut trials around their times"
        )


def _silent(trials: np.ndarray) -> list[str]:
    """What is said of numbers of trials that no spike has."""
    if trials.dtype.kind not in "iu" or not trials.size:
        return []
    missing = int(trials[-1] - trials[0]) + 1 - len(trials)
    if not missing:
        return []
    return [
        f"{many(missing, 'number')} of trials between {trials[0]} and {trials[-1]} (no spike has them; if "
        "these are trials too, save an array with a value for each, such as `trial_condition`)"
    ]


def _read(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    return arrays_of(path, lambda _: {name: name for name in names}, kind=".npz")


def _rows(others: Mapping[str, Header], things: tuple[str, ...]) -> set[int]:
    """How many rows the arrays have whose names say that they are about these things."""
    return {
        header.shape[0]
        for name, header in others.items()
        if header.is_column and is_about(name, things)
    }


def _reason(header: Header, num_trials: int, num_units: int) -> str:
    if header.dtype.hasobject or not (header.is_numbers or header.is_text):
        return header.in_words()
    sizes = [many(n, word) for n, word in ((num_trials, "trial"), (num_units, "unit")) if n >= 0]
    return f"{header.in_words()}: not one value for each of {' or of '.join(sizes)}"


def _is_bound(headers: Mapping[str, Header], name: str) -> bool:
    header = headers.get(name)
    return header is not None and header.is_numbers and math.prod(header.shape) == 1


def _span(
    arrays: Mapping[str, np.ndarray], bounds: tuple[str, ...], per_second: float
) -> tuple[Any, Any] | None:
    if not bounds:
        return None
    start, stop = (float(in_seconds(arrays[k].reshape(1), per_second)[0]) for k in bounds)
    return start, stop


def _plain(array: np.ndarray) -> np.ndarray:
    """One value a row, of (n,) or (n, 1)."""
    return array.reshape(len(array))
