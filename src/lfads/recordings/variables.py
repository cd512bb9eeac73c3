"""Recordings from named variables, of MATLAB files and NumPy archives."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError, describe, many
from lfads.guarded.messages import quoted
from lfads.paths import printable
from lfads.recordings.gaps import without_gaps
from lfads.recordings.grouped import coded, grouped
from lfads.recordings.ids import about_order, labels_of_rows
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Recording
from lfads.recordings.series import Series

EXPECTED = (
    "expected an NWB file, or a MATLAB or .npz file with `spike_times` (a cell or list of times in "
    "seconds for each unit) and, as a rule, `trials` (a struct of columns)"
)

TABLES = ("units", "trials", "events", "series")
WANTED = ("spike_times", "unit", *TABLES)
"""Variables that are read; others stay in the file."""


def from_variables(
    variables: Mapping[str, Any],
    path: Path,
    in_file: Sequence[str] | None = None,
    reading: Reading | None = None,
    left_out: Sequence[str] = (),
) -> Recording:
    """A recording from named variables.

    `spike_times` is a list of times for each unit, or one list beside `unit` (the unit of each time);
    `units` and `trials` are tables; `events` are lists of times; `series` are tables with `values` and
    `times_s` or `rate_hz` (and `start_s`, `unit`).

    Parameters
    ----------
    variables
        Arrays, text, lists and mappings by name.
    path
        Of the file.
    in_file
        Names of all variables of the file, read or not, for messages.
    reading
        How it is to be read.
    left_out
        What of the file was not read, each with the reason.

    Raises
    ------
    UserError
        If `spike_times` is missing, or something is not as it should be.
    """
    where, reading = printable(path), reading or Reading()
    if "spike_times" not in variables:
        known = quoted(list(in_file or variables))
        raise UserError(f"{where}: `spike_times` is missing; the file has {known}. {EXPECTED}")
    problems = Problems(where)
    tables = {name: variables.get(name, {}) for name in TABLES}
    for name, value in tables.items():
        problems.require(
            isinstance(value, Mapping), f"`{name}` must be a struct; got {_kind(value)}"
        )
    problems.raise_if_any()
    try:
        times, labels = _spike_times(variables)
        units, unlike_units = _readable("units", tables["units"])
        if labels is not None:
            times, units = _joined(times, labels, units)
        unlike_units += _drop_unlike("units", units, len(times))
        trials, unlike_trials = _readable("trials", tables["trials"])
        unlike_trials += _drop_unlike("trials", trials)
        series, no_series = _usable(tables["series"])
        found = Recording.from_spike_times(
            [reading.seconds(one) for one in times],
            units=units,
            trials=trials,
            events={
                k: in_seconds(_numbers(f"events.{k}", v), reading.per_second_of_trials)
                for k, v in tables["events"].items()
            },
            series=series,
            left_out=[*unlike_units, *unlike_trials, *no_series, *left_out],
            name=printable(path.stem),
            source=where,
        )
        return replace(found, trial_seconds=1 / reading.per_second_of_trials)
    except (ValueError, TypeError) as error:
        raise UserError(f"{where}: {error}") from error


def _joined(
    times: list[np.ndarray], labels: np.ndarray, columns: dict[str, Any]
) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Times of each row of the table of units, and the table with the label of each as `id`."""
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    lengths = {len(array) for array in arrays.values()}
    of_rows = labels_of_rows(labels, arrays, lengths, "units", "unit")
    if of_rows is None:
        size = _most_common([len(array) for array in arrays.values()])
        raise UserError(about_order("`units`", size, labels, "units", "unit", "units.id"))
    place = dict(zip(labels.tolist(), times, strict=True))
    none = np.empty(0)
    return [place.get(label, none) for label in of_rows.tolist()], {"id": of_rows} | columns


def _spike_times(variables: Mapping[str, Any]) -> tuple[list[np.ndarray], np.ndarray | None]:
    """Times of each unit; and the label of each, where spikes name theirs."""
    given = variables["spike_times"]
    if "unit" in variables:
        unit = np.asarray(_column("unit", variables["unit"]))
        plain = isinstance(given, np.ndarray) and given.dtype.kind in "iuf"
        times = given.ravel() if plain else _numbers("spike_times", given)
        if times.shape != unit.shape:
            raise UserError(f"`unit` must name one unit for each of {times.size} spike times")
        names, codes = coded(unit)
        if isinstance(
            variables, dict
        ):  # as long as the unit of each spike: nobody needs it any more
            variables.pop("unit")
        del unit
        return grouped(times, codes, len(names)), names
    if isinstance(given, np.ndarray):
        if given.size != max(given.shape, default=1):
            raise UserError(
                f"`spike_times` must be a cell with a list of times for each unit; got a matrix of shape "
                f"{given.shape}"
            )
        return [_numbers("spike_times", given)], None
    if not isinstance(given, list):
        raise UserError(
            f"`spike_times` must be a cell with a list of times for each unit; got {_kind(given)}"
        )
    times = [_numbers(f"spike_times{{{place + 1}}}", one) for place, one in enumerate(given)]
    return times, None


def _kind(value: Any) -> str:
    """What a value is, in words for a message."""
    if isinstance(value, np.ndarray):
        return f"numbers or text, {describe(value)}"
    kinds = {dict: "a struct", list: "a cell", str: "text"}
    return kinds.get(type(value), type(value).__name__)


def _numbers(what: str, value: Any) -> np.ndarray:
    """Numbers in one list."""
    if isinstance(value, list) and not value:
        return np.empty(0)  # an empty cell
    array = np.asarray(_column(what, value))
    if array.dtype.kind not in "biuf":
        raise UserError(f"`{what}` must be numbers; got {_kind(value)}")
    return array.astype(np.float64, copy=False)


def _readable(what: str, columns: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Columns with one value a row, and why others are left out."""
    found: dict[str, Any] = {}
    left_out: list[str] = []
    for name, values in columns.items():
        try:
            found[name] = _column(f"{what}.{name}", values)
        except UserError as error:
            left_out.append(f"`{what}.{name}` ({str(error).partition('` ')[2]})")
    return found, left_out


def _drop_unlike(what: str, found: dict[str, Any], num_rows: int | None = None) -> list[str]:
    """Take out the columns with another number of rows, and say so.

    Rows are those of `start_time`, or of most columns, unless their number is known.
    """
    left_out: list[str] = []
    if num_rows is None:
        alike = [found["start_time"]] if "start_time" in found else found.values()
        num_rows = _most_common([len(column) for column in alike])
    for name in [name for name, column in found.items() if len(column) != num_rows]:
        rows = many(len(found.pop(name)), "row")
        left_out.append(f"`{what}.{name}` ({rows}, where {num_rows:,} were expected)")
    return left_out


def _most_common(numbers: list[int]) -> int:
    """The number that is there most often; the larger one of two."""
    return max(numbers, key=lambda number: (numbers.count(number), number), default=0)


def _column(what: str, values: Any) -> Any:
    """One value a row; an empty cell is NaN among numbers, no text among texts."""
    if isinstance(values, np.ndarray):
        if values.size not in (0, max(values.shape, default=1)):
            raise UserError(f"`{what}` has shape {values.shape}: one value a row is needed")
        return values.reshape(-1)
    if isinstance(values, Mapping) or values is None:
        raise UserError(f"`{what}` must hold one number or text a row; got {_kind(values)}")
    if not isinstance(values, list):
        return np.array([values])
    return without_gaps([_row(what, one) for one in values])


def _row(what: str, value: Any) -> Any:
    """The value of a cell; None for an empty one."""
    if isinstance(value, list) and not value:
        return None
    if isinstance(value, np.ndarray) and value.size <= 1:
        return value.item() if value.size else None
    if isinstance(value, str | bool | int | float | np.generic):
        return value
    raise UserError(
        f"`{what}` must hold one number or text a row; a cell of it holds {_kind(value)}"
    )


def _one_number(what: str, value: Any) -> float:
    found = _numbers(what, value)
    if found.size != 1:
        raise UserError(f"`{what}` must be one number; got {found.size}")
    return float(found[0])


def _usable(series: Mapping[str, Any]) -> tuple[list[Series], list[str]]:
    """Series, and why others are none: one that nobody asked for stops no file."""
    found: list[Series] = []
    left_out: list[str] = []
    for name, value in series.items():
        try:
            found.append(_series(name, value))
        except UserError as error:
            reason = str(error).removeprefix(f"series `{name}`").removeprefix(": ").lstrip()
            left_out.append(f"`series.{name}` ({reason})")
    return found, left_out


def _series(name: str, value: Any) -> Series:
    if not isinstance(value, Mapping) or "values" not in value:
        raise UserError(
            f"series `{name}` must be a struct with `values` and `times_s` or `rate_hz`"
        )
    at = f"series.{name}"
    number = {
        key: _one_number(f"{at}.{key}", value[key])
        for key in ("rate_hz", "start_s")
        if key in value
    }
    times = None if "times_s" not in value else _numbers(f"{at}.times_s", value["times_s"])
    values = value["values"]
    if not isinstance(values, np.ndarray):
        values = _numbers(f"{at}.values", values)
    values = values.T if values.ndim == 2 and values.shape[0] == 1 else values
    unit = str(value.get("unit", ""))
    return Series.from_arrays(name, values, times_s=times, unit=unit, **number)
