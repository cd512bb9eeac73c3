"""Spikes as lists of trial, unit and time, as affinewarp and others save them in `.npz`."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.headers import Header, column_of
from lfads.formats.npz import arrays_of
from lfads.paths import printable
from lfads.recordings.archives.beside import beside
from lfads.recordings.archives.roles import SpikeArrays
from lfads.recordings.archives.tables import is_in_table, tables_of_archive
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.ids import rows_of
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording, table, with_names
from lfads.recordings.relative import from_triplets

BOUNDS = (("tmin", "tmax"), ("t_min", "t_max"), ("t_start", "t_stop"), ("tstart", "tstop"))
"""Names of the start and stop of all trials on their own clocks."""

FEWEST_TRIALS = 5
"""Below, the order of times says nothing."""


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
    read = partial(_read, path)
    arrays = read([found.times, found.unit, str(found.trial), *bounds])
    times, unit, trial = (column_of(arrays[str(name)], str(name)) for name in found)
    refuse_one_clock(where, found, times, trial)
    others = {k: v for k, v in headers.items() if k not in (*found, *bounds)}
    named = {"trials": str(found.trial), "units": found.unit}
    tables = beside(read, others, named, {"trials": trial, "units": unit}, where)
    trials, units = tables.labels["trials"], tables.labels["units"]
    recording = from_triplets(
        reading.seconds(times),
        rows_of(trials, trial),
        rows_of(units, unit),
        num_trials=len(trials),
        num_units=len(units),
        trials={"trial": trials} | tables.tables["trials"],
        units={"id": units} | tables.tables["units"],
        span_s=_span(arrays, bounds, reading),
        left_out=[*tables.left_out, *([] if tables.tables["trials"] else _silent(trials))],
        trial_seconds=1 / reading.per_second_of_trials,
        name=printable(path.stem),
        source=where,
    )
    said = f"triplets, which count from their trial: {found.in_words()}"
    return replace(recording, read_as=said)


def read_pairs(
    path: Path, headers: Mapping[str, Header], found: SpikeArrays, reading: Reading
) -> Recording:
    """A recording from the times of spikes, on one clock, and the unit of each."""
    where = printable(path)
    others = {
        name: header
        for name, header in headers.items()
        if name not in (found.times, found.unit) and not is_in_table(name)
    }
    rest = tables_of_archive(path, reading)
    read = partial(_read, path)
    arrays = read([found.times, found.unit])
    times, unit = (column_of(arrays[name], name) for name in (found.times, found.unit))
    tables = beside(read, others, {"units": found.unit}, {"units": unit}, where)
    units = tables.labels["units"]
    columns = {"id": units} | tables.tables["units"]
    return replace(
        rest,
        spike_times_s=TimesByUnit(times, unit, where, reading.seconds, units),
        units=with_names(table("units", columns, len(units))),
        left_out=(*tables.left_out, *rest.left_out),
        read_as=f"times and units: {found._replace(trial=None).in_words()}",
    )


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


def _is_bound(headers: Mapping[str, Header], name: str) -> bool:
    header = headers.get(name)
    return header is not None and header.is_numbers and math.prod(header.shape) == 1


def _span(
    arrays: Mapping[str, np.ndarray], bounds: tuple[str, ...], reading: Reading
) -> tuple[Any, Any] | None:
    """Start and stop of all trials, in seconds: on the clock of the spikes, in whose unit they are."""
    if not bounds:
        return None
    start, stop = (float(reading.seconds(arrays[name].reshape(1))[0]) for name in bounds)
    return start, stop
