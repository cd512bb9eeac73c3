"""Recordings from objects of other libraries: pynapple and SpikeInterface. Neither is imported."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.checks import UserError, many
from lfads.recordings.recording import Recording
from lfads.recordings.series import Series
from lfads.recordings.sources import warn_of_left_out


def from_pynapple(
    units: Any, *, trials: Any = None, series: Mapping[str, Any] | None = None,
    name: str = "session",
) -> Recording:  # fmt: skip
    """A recording from pynapple: a `TsGroup`, an `IntervalSet` of trials, and series by name.

    Columns of the group and of the intervals are kept; nothing of pynapple is imported. Times are in
    seconds, as pynapple has them.

    Raises
    ------
    UserError
        If `units` is no group.

    Examples
    --------
    >>> import pynapple as nap
    >>> units = nap.TsGroup({0: nap.Ts([0.1, 0.4]), 1: nap.Ts([0.2, 0.3])})
    >>> lfads.from_pynapple(units).num_units
    2
    """
    if not hasattr(units, "time_support") or not hasattr(units, "keys"):
        raise UserError(
            f"`units` must be a TsGroup of pynapple; got {type(units).__name__}: for the times of one unit "
            "give `nap.TsGroup({0: times})`"
        )
    keys = list(units.keys())
    left_out: list[str] = []
    columns = {
        column: [units[column][key] for key in keys]
        for column in getattr(units, "metadata_columns", [])
    }
    plain = _plain_columns("units", columns, left_out)
    span = units.time_support
    recording = Recording.from_spike_times(
        [np.asarray(units[key].t) for key in keys],
        units={"id": np.array(keys), **plain},
        trials=None if trials is None else _intervals(trials, left_out),
        series=[
            Series.from_arrays(key, np.asarray(one.d), times_s=np.asarray(one.t))
            for key, one in (series or {}).items()
        ],
        observed_s=list(zip(np.asarray(span.start), np.asarray(span.end), strict=True)),
        is_in_seconds=True,
        left_out=left_out,
        name=name,
        source="pynapple",
    )
    warn_of_left_out(recording)
    return recording


def _intervals(trials: Any, left_out: list[str]) -> dict[str, Any]:
    table = {"start_time": np.asarray(trials.start), "stop_time": np.asarray(trials.end)}
    more = getattr(trials, "metadata_columns", [])
    columns = {name: list(np.asarray(trials[name])) for name in more if name not in table}
    return {**table, **_plain_columns("trials", columns, left_out)}


def _plain_columns(
    of: str, columns: Mapping[str, Sequence[Any]], left_out: list[str]
) -> dict[str, Any]:
    """Columns with one value a row; the others are noted."""
    found: dict[str, Any] = {}
    for name, values in columns.items():
        unlike = next((value for value in values if np.ndim(value)), None)
        if unlike is None:
            found[name] = values
        else:
            shape = np.shape(unlike)
            left_out.append(f"`{of}.{name}` (values of shape {shape}: one value a row is needed)")
    return found


def from_spikeinterface(
    sorting: Any, *, trials: Any = None, segment: int = 0,
    name: str = "session",
) -> Recording:  # fmt: skip
    """A recording from a sorting of SpikeInterface, with a table of trials in seconds.

    A SortingAnalyzer stands for its sorting. Properties of the units are kept; nothing of SpikeInterface is
    imported.

    Raises
    ------
    UserError
        If it is no sorting, or has no such segment.

    Examples
    --------
    >>> from spikeinterface.core import NumpySorting
    >>> sorting = NumpySorting.from_samples_and_labels(
    ...     [np.array([300, 600, 900])], [np.array([0, 0, 1])], sampling_frequency=30000.0
    ... )
    >>> lfads.from_spikeinterface(sorting).spike_times_s[0].tolist()
    [0.01, 0.02]
    """
    sorting = getattr(sorting, "sorting", sorting)
    if not hasattr(sorting, "get_unit_spike_train"):
        raise UserError(
            f"`sorting` must be a sorting of SpikeInterface, or a SortingAnalyzer; got "
            f"{type(sorting).__name__}"
        )
    segments = int(getattr(sorting, "get_num_segments", lambda: 1)())
    if not 0 <= segment < segments:
        raise UserError(
            f"`segment=` must be one of the {many(segments, 'segment')} of the sorting, counted from 0; "
            f"got {segment}"
        )
    ids = list(sorting.get_unit_ids())
    rate = float(sorting.get_sampling_frequency())

    def times(unit: Any) -> np.ndarray:
        try:
            return np.asarray(
                sorting.get_unit_spike_train(unit, segment_index=segment, return_times=True)
            )
        except TypeError:  # earlier versions know frames alone
            return np.asarray(sorting.get_unit_spike_train(unit, segment_index=segment)) / rate

    left_out: list[str] = []
    if segments > 1:
        left_out.append(f"the other {many(segments - 1, 'segment')} (`segment=` takes one)")
    properties = {key: list(sorting.get_property(key)) for key in sorting.get_property_keys()}
    recording = Recording.from_spike_times(
        [times(unit) for unit in ids],
        units={"id": np.array(ids), **_plain_columns("units", properties, left_out)},
        trials=trials,
        is_in_seconds=True,
        left_out=left_out,
        name=name,
        source="SpikeInterface",
    )
    warn_of_left_out(recording)
    return recording
