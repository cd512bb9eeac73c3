"""What a segment of neo holds, in seconds, before it becomes part of a recording."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.recordings.gaps import without_gaps
from lfads.recordings.libraries.units_of_time import without_unit

MOST_LABELS = 50
"""Different labels of an event that become events of their own."""

PLAIN = (str, bool, int, float, np.generic)
"""Annotations that become columns."""


class Signal(NamedTuple):
    """A signal whose values are loaded when they are asked for."""

    name: str
    times: Any
    values: Any
    num_samples: int
    num_channels: int
    rate_hz: float | None
    unit: str


class Segment(NamedTuple):
    """What a segment holds, with times in seconds on its own clock."""

    times_s: list[np.ndarray]
    units: dict[str, list[Any]]
    span_s: tuple[float, float] | None
    events: dict[str, np.ndarray]
    tables: dict[str, dict[str, np.ndarray]]
    signals: list[Signal]
    columns: dict[str, Any]
    left_out: list[str]


def read_segment(segment: Any) -> Segment:
    """Spikes, events, epochs and signals of a segment.

    Raises
    ------
    UserError
        If it holds no spike train, or times are no times.
    """
    trains = [_loaded(train) for train in segment.spiketrains]
    if not trains:
        raise UserError("neo: the segment holds no spike train; a recording begins with these")
    left_out: list[str] = []
    events: dict[str, np.ndarray] = {}
    for name, one in _named(segment.events, "event"):
        events |= _events(name, _loaded(one), left_out)
    tables = {
        name: _epochs(name, _loaded(one), left_out) for name, one in _named(segment.epochs, "epoch")
    }
    both = [*segment.analogsignals, *segment.irregularlysampledsignals]
    images = getattr(segment, "imagesequences", [])
    if len(images):
        left_out.append(f"{many(len(images), 'image sequence')} (no values on a few channels)")
    bounds = [(_number(train.t_start), _number(train.t_stop)) for train in trains]
    return Segment(
        times_s=[_times("spike times", train) for train in trains],
        units=_units(trains, left_out),
        span_s=(min(start for start, _ in bounds), max(stop for _, stop in bounds)),
        events=events,
        tables=tables,
        signals=[_signal(name, one) for name, one in _named(both, "signal")],
        columns={
            key: value
            for key, value in {"name": segment.name, **segment.annotations}.items()
            if isinstance(value, PLAIN)
        },
        left_out=left_out,
    )


def _loaded(one: Any) -> Any:
    """The object itself, where neo read a file lazily."""
    return one.load() if hasattr(one, "load") else one


def _times(what: str, times: Any) -> np.ndarray:
    return np.asarray(without_unit(what, times), np.float64).reshape(-1)


def _number(time: Any) -> float:
    return float(_times("t_start", time)[0])


def _named(things: Iterable[Any], otherwise: str) -> Iterator[tuple[str, Any]]:
    """Things by their names; one without a name, or with that of another, gets a number."""
    taken: set[str] = set()
    for one in things:
        name = first = str(one.name or otherwise)
        number = 1
        while name in taken:
            name, number = f"{first}_{number}", number + 1
        taken.add(name)
        yield name, one


def _events(name: str, event: Any, left_out: list[str]) -> dict[str, np.ndarray]:
    """Times of an event, of all labels and of each."""
    times, labels = _times(name, event), np.asarray(event.labels).astype(str)
    found = {name: times}
    different = list(dict.fromkeys(labels.tolist()))
    if len(different) > MOST_LABELS:
        left_out.append(f"`{name}` by label ({len(different):,} different labels)")
        return found
    named = {label: times[labels == label] for label in different if label and len(labels)}
    return found | (
        {f"{name}/{label}": of for label, of in named.items()} if len(named) > 1 else {}
    )


def _epochs(name: str, epoch: Any, left_out: list[str]) -> dict[str, np.ndarray]:
    """A table of intervals: start, stop, label, and what neo annotates of each."""
    starts, lasting = _times(name, epoch), _times(name, epoch.durations)
    labels = np.asarray(epoch.labels).astype(str)
    table = {"start_time": starts, "stop_time": starts + np.broadcast_to(lasting, starts.shape)}
    if len(labels) == len(starts):
        table["label"] = labels
    for key, values in epoch.array_annotations.items():
        array = np.asarray(getattr(values, "magnitude", values))
        if array.shape == starts.shape and array.dtype.kind in "biufSU":
            table[str(key)] = array
        else:
            left_out.append(f"`{name}/{key}` (has shape {array.shape}: one value a row is needed)")
    return table


def _units(trains: list[Any], left_out: list[str]) -> dict[str, list[Any]]:
    """Columns of the units: names, and annotations of which one value is known."""
    annotated = [
        {key: value for key, value in train.annotations.items() if isinstance(value, PLAIN)}
        for train in trains
    ]
    keys = dict.fromkeys(key for one in annotated for key in one)
    columns = {key: without_gaps([one.get(key) for one in annotated]) for key in keys}
    unlike = dict.fromkeys(key for train in trains for key in train.annotations if key not in keys)
    left_out += [f"`units.{key}` (no number or text a unit)" for key in unlike]
    of_spikes = dict.fromkeys(key for train in trains for key in train.array_annotations)
    left_out += [f"`{key}` (a value for each spike)" for key in of_spikes]
    if any(getattr(train, "waveforms", None) is not None for train in trains):
        left_out.append("waveforms (of each spike)")
    names = [train.name for train in trains]
    return columns | ({"name": [name or "" for name in names]} if any(names) else {})


def _signal(name: str, one: Any) -> Signal:
    """A signal on regular samples, or at times of its own."""
    load = functools.cache(functools.partial(_loaded, one))
    shape: list[int] = list(one.shape)
    channels = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    rate = getattr(one, "sampling_rate", None)
    unit = getattr(getattr(one, "units", None), "dimensionality", None)
    return Signal(
        name=name,
        times=functools.cache(lambda: _times(name, load().times)),
        values=functools.cache(lambda: _values(load())),
        num_samples=int(shape[0]),
        num_channels=channels,
        rate_hz=None if rate is None else float(rate.rescale("Hz").magnitude),
        unit="" if unit is None else str(unit.string),
    )


def _values(signal: Any) -> np.ndarray:
    array = np.asarray(signal.magnitude, np.float64)
    return array.reshape(len(array), -1)


def same_units(segments: list[Segment]) -> bool:
    """Whether segments hold the same units, in the same order."""
    first = segments[0]
    return all(
        len(one.times_s) == len(first.times_s) and one.units.get("name") == first.units.get("name")
        for one in segments
    )


def columns_of(segments: list[Segment]) -> Mapping[str, list[Any]]:
    """What neo says of each segment, as columns of trials."""
    keys = dict.fromkeys(key for one in segments for key in one.columns)
    return {key: without_gaps([one.columns.get(key) for one in segments]) for key in keys}
