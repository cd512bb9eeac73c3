"""What can be chosen of a recording, for `lfads show`."""

from collections.abc import Iterable

import numpy as np

from lfads.checks import many
from lfads.recordings.recording import Columns, Recording
from lfads.recordings.series import Series

MOST_EXAMPLES = 4
MOST_ROWS = 40
"""Columns or series that are listed one by one."""


def rows_of(recording: Recording) -> list[tuple[str, str]]:
    """Label and value of each line of a table, in the order to show them."""
    rows = [("recording", recording.source)]
    if recording.span_s is not None:
        start, end = recording.span_s
        rows.append(("observed", f"{start:g} to {end:g} s ({(end - start) / 60:.1f} min)"))
    rows.append(("units", _units(recording)))
    rows += _column_rows("unit column", recording.units)
    rows.append(("trials", many(recording.num_trials, "trial") if recording.trials else "no table"))
    rows += _column_rows("trial column", recording.trials)
    rows += [("events", f"{name}: {_events(times)}") for name, times in recording.events.items()]
    shown = list(recording.series.values())[:MOST_ROWS]
    rows += [("series", f"{one.name}: {_series(one)}") for one in shown]
    hidden = len(recording.series) - len(shown)
    return [*rows, ("series", f"and {hidden} more")] if hidden else rows


def _units(recording: Recording) -> str:
    if not recording.num_units:
        return "no units with spike times"
    return many(recording.num_units, "unit")


def _column_rows(label: str, columns: Columns) -> list[tuple[str, str]]:
    shown = list(columns.items())[:MOST_ROWS]
    rows = [(label, f"{name}: {_examples(values)}") for name, values in shown]
    hidden = len(columns) - len(shown)
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
            return _listed(f"{value:g}" for value in few) + missing
        return f"{known.min():g} to {known.max():g}{missing}"
    if not values.size:
        return "no value"
    different = list(dict.fromkeys(values.tolist()))
    more = f" and {len(different) - MOST_EXAMPLES} more" if len(different) > MOST_EXAMPLES else ""
    return _listed(repr(value) for value in different[:MOST_EXAMPLES]) + more


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


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
