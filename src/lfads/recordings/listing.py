"""What can be chosen of a recording, for `lfads show`."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lfads.checks import first_of, many
from lfads.recordings.clock import about_unit, clock_of, in_time
from lfads.recordings.recording import OPEN_S, Columns, Recording
from lfads.recordings.series import Series

MOST_EXAMPLES = 4
MOST_ROWS = 40
"""Columns, events or series that are listed one by one."""


def rows_of(recording: Recording) -> list[tuple[str, str]]:
    """Label and value of each line of a table, in the order to show them."""
    rows = [("recording", recording.source)]
    if recording.read_as:
        rows.append(("read as", recording.read_as))
    if recording.span_s is not None:
        start, end = recording.span_s
        lasting = f"{end:g} s ({(end - start) / 60:.1f} min)" if end < OPEN_S else "the end"
        rows.append(("observed", f"{start:g} to {lasting}"))
    if recording.invalid_s:
        lost = sum(stop - start for start, stop in recording.invalid_s)
        why = dict.fromkeys(one for one in recording.invalid_reasons if one)
        because = f": {first_of(why, MOST_EXAMPLES)}" if why else ""
        rows.append(
            ("invalid", f"{in_time(lost)} in {many(len(recording.invalid_s), 'interval')}{because}")
        )
    num_units, num_trials = recording.num_units, recording.num_trials
    rows.append(("units", many(num_units, "unit") if num_units else _no_units(recording)))
    rows += _spikes(recording)
    rows += _each("unit column", recording.units, _examples)
    rows += [("table of units", f"{k}: {v}") for k, v in recording.unit_tables.items()]
    rows.append(
        ("trials", _trials(recording, num_trials) if recording.trials else _no_trials(recording))
    )
    rows += _each("trial column", recording.trials, _examples)
    others = {k: v for k, v in recording.tables.items() if v is not recording.trials}
    rows += _each("table", others, _table)
    rows += _each("events", recording.events, _events)
    rows += _each("series", recording.series, _series)
    rows += [("note", one) for one in recording.remarks]
    return rows + [("not used", one) for one in recording.left_out]


def _spikes(recording: Recording) -> list[tuple[str, str]]:
    """How many spikes, over which time, how often; and what speaks against seconds."""
    clock = clock_of(recording.spike_times_s)
    total = int(clock.num_spikes.sum())
    if not total:
        return []
    span = f"{clock.first_s:g} to {clock.last_s:g} s, {in_time(clock.span_s)} in all"
    rows = [("spikes", f"{many(total, 'spike')}, {span}")]
    if clock.span_s:
        rates = clock.num_spikes / clock.span_s
        low, middle, high = np.quantile(rates, [0, 0.5, 1])
        rows.append(("rates", f"{low:.3g} to {high:.3g} spikes/s, median {middle:.3g}"))
    said = (recording.reading or {}).get("time_unit")
    rows.append(("unit of time", f"seconds, from {said}" if said not in (None, "s") else "seconds"))
    problem = (
        "" if recording.is_in_seconds else about_unit(clock, in_memory=recording.reading is None)
    )
    return [*rows, ("problem", problem)] if problem else rows


def _no_units(recording: Recording) -> str:
    if recording.unit_tables:
        return "none chosen: `units_table=` takes one of the tables below"
    return "no units with spike times"


def _trials(recording: Recording, num_trials: int) -> str:
    """How many, and of which table where it is not called so."""
    name = next((k for k, v in recording.tables.items() if v is recording.trials), "trials")
    of = "" if name == "trials" else f", of the table `{name}`"
    return many(num_trials, "trial") + of


def _no_trials(recording: Recording) -> str:
    if recording.tables:
        return "none chosen: `trials_table=` takes one of the tables below"
    return "no table"


def _table(columns: Columns) -> str:
    number = len(next(iter(columns.values()))) if columns else 0
    return f"{many(number, 'row')}: {first_of(columns, 12)}"


def _each(
    label: str, things: Mapping[str, Any], about: Callable[[Any], str]
) -> list[tuple[str, str]]:
    rows = [(label, f"{name}: {about(one)}") for name, one in list(things.items())[:MOST_ROWS]]
    hidden = len(things) - len(rows)
    return [*rows, (label, f"and {hidden} more")] if hidden else rows


def _examples(values: np.ndarray) -> str:
    """The range of numbers with their gaps, or some of the texts."""
    if values.dtype.kind == "b":
        return f"true or false, {int(values.sum())} true"
    if values.dtype.kind in "iuf":
        number = values.astype(np.float64)
        known = number[np.isfinite(number)]
        if not known.size:
            return "no value"
        few = np.unique(known)
        missing = (
            f", {many(number.size - known.size, 'row')} without" if known.size < number.size else ""
        )
        if few.size <= MOST_EXAMPLES:
            return ", ".join(f"{value:g}" for value in few) + missing
        return f"{known.min():g} to {known.max():g}{missing}"
    if not values.size:
        return "no value"
    different = list(dict.fromkeys(values.tolist()))
    more = f" and {len(different) - MOST_EXAMPLES} more" if len(different) > MOST_EXAMPLES else ""
    return ", ".join(repr(value) for value in different[:MOST_EXAMPLES]) + more


def _events(times: np.ndarray) -> str:
    if not times.size:
        return "none"
    return f"{many(times.size, 'time')}, {np.nanmin(times):g} to {np.nanmax(times):g} s"


def _series(one: Series) -> str:
    if one.problem:
        return f"cannot be used: {one.problem}"
    rate = f"{one.rate_hz:g} Hz" if one.rate_hz is not None else "irregular"
    unit = f", {one.unit}" if one.unit else ""
    return f"{many(one.num_channels, 'channel')}, {many(one.num_samples, 'sample')}, {rate}{unit}"
