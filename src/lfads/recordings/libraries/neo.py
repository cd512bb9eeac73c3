"""Recordings from objects of neo, which is not imported: a segment, or a block of segments."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lfads.checks import UserError, many, suggestion
from lfads.recordings.libraries.neo_segments import (
    Segment,
    Signal,
    columns_of,
    read_segment,
    same_units,
)
from lfads.recordings.recording import Recording, table
from lfads.recordings.relative import ZERO, from_triplets
from lfads.recordings.series import Series
from lfads.recordings.sources import warn_of_left_out

TRIALS = ("trials", "trial")
"""Names of epochs that are the trials, in small letters."""


def from_neo(
    data: Any, *, trials: Mapping[str, Any] | str | None = None, segment: int | None = None,
    name: str = "session",
) -> Recording:  # fmt: skip
    """A recording from neo: a `Segment`, or a `Block` of one or of several.

    Spike trains are units with their annotations as columns, epochs are tables, events are events (also
    `NAME/LABEL` for each label), and signals are series. Units of time are converted. Several segments
    with the same units are trials: one lies behind the other, and those whose times all count from 0 have
    the trial column `zero_time`.

    Parameters
    ----------
    data
        The segment or block.
    trials
        A table of trials in seconds, or the name of the epochs that are the trials; those named `trials`
        by default.
    segment
        The segment to take alone, counted from 0.
    name
        Of the session.

    Raises
    ------
    UserError
        If there is no spike train, segments differ in their units, or epochs of that name are missing.

    Examples
    --------
    >>> import neo, quantities as pq
    >>> segment = neo.Segment()
    >>> segment.spiketrains.append(neo.SpikeTrain([100, 400] * pq.ms, t_stop=1 * pq.s))
    >>> lfads.from_neo(segment).spike_times_s[0].tolist()
    [0.1, 0.4]
    """
    segments = _segments(data, segment)
    read = [read_segment(one) for one in segments]
    if len(read) > 1 and not same_units(read):
        numbers = ", ".join(str(len(one.times_s)) for one in read[:10])
        raise UserError(
            f"neo: the {len(read)} segments differ in their spike trains ({numbers}, or their names): take "
            "one, `segment=0`"
        )
    recording = _of_one(read[0]) if len(read) == 1 else _of_several(read)
    recording = replace(recording, name=name)
    chosen = _trials(recording, trials)
    found = recording if chosen is None else replace(recording, trials=chosen)
    warn_of_left_out(found)
    return found


def _segments(data: Any, segment: int | None) -> list[Any]:
    """The segments that are meant."""
    if hasattr(data, "spiketrains"):
        return [data]
    found = list(getattr(data, "segments", []))
    if not found:
        raise UserError(
            f"expected a Block or a Segment of neo with spike trains; got {type(data).__name__}: for spike "
            "trains alone, `lfads.Recording.from_spike_times(trains)`"
        )
    if segment is None:
        return found
    if not 0 <= segment < len(found):
        raise UserError(
            f"`segment=` must be one of the {many(len(found), 'segment')} of the block, counted from 0; "
            f"got {segment}"
        )
    return [found[segment]]


def _of_one(one: Segment) -> Recording:
    return _with_rest(
        Recording.from_spike_times(
            one.times_s,
            units=one.units,
            observed_s=[one.span_s] if one.span_s else [],
            is_in_seconds=True,
            left_out=one.left_out,
            source="neo",
        ),
        [one],
        np.zeros(1),
    )


def _of_several(segments: list[Segment]) -> Recording:
    """Segments as trials: on one clock if their times are, else one laid behind the other."""
    starts, stops = np.array([one.span_s for one in segments]).T
    trials = dict(columns_of(segments))
    left_out = list(dict.fromkeys(text for one in segments for text in one.left_out))
    units, num_units = segments[0].units, len(segments[0].times_s)
    if (starts[1:] >= stops[:-1]).all():
        recording = Recording.from_spike_times(
            [np.concatenate([one.times_s[k] for one in segments]) for k in range(num_units)],
            units=units,
            trials={**trials, "start_time": starts, "stop_time": stops},
            observed_s=list(zip(starts, stops, strict=True)),
            left_out=left_out,
            source="neo",
        )
        zeros = np.zeros(len(segments))
    else:
        trains = [
            (train, row, unit)
            for row, one in enumerate(segments)
            for unit, train in enumerate(one.times_s)
        ]
        sizes = [len(train) for train, _, _ in trains]
        recording = from_triplets(
            np.concatenate([train for train, _, _ in trains]),
            np.repeat([row for _, row, _ in trains], sizes),
            np.repeat([unit for _, _, unit in trains], sizes),
            num_trials=len(segments),
            num_units=num_units,
            trials=trials,
            units=units,
            span_s=(starts, stops),
            left_out=left_out,
            source="neo",
        )
        zeros = recording.trials[ZERO]
    return _with_rest(replace(recording, is_in_seconds=True), segments, zeros)


def _with_rest(recording: Recording, segments: list[Segment], zeros: np.ndarray) -> Recording:
    """The recording with the events, tables and signals of segments whose clocks are 0 at these times."""
    events: dict[str, list[np.ndarray]] = {}
    tables: dict[str, list[dict[str, np.ndarray]]] = {}
    signals: dict[str, list[tuple[Signal, float]]] = {}
    for one, zero in zip(segments, zeros.tolist(), strict=True):
        for name, times in one.events.items():
            events.setdefault(name, []).append(times + zero)
        for name, columns in one.tables.items():
            bounds = {key: columns[key] + zero for key in ("start_time", "stop_time")}
            tables.setdefault(name, []).append(columns | bounds)
        for signal in one.signals:
            signals.setdefault(signal.name, []).append((signal, zero))
    left_out = list(recording.left_out)
    joined = {name: _joined(name, parts, left_out) for name, parts in tables.items()}
    return replace(
        recording,
        events={name: np.concatenate(parts) for name, parts in events.items()},
        tables=joined,
        series={name: _series(name, parts) for name, parts in signals.items()},
        left_out=tuple(left_out),
    )


def _joined(
    name: str, parts: list[dict[str, np.ndarray]], left_out: list[str]
) -> Mapping[str, np.ndarray]:
    """Tables of several segments as one, of the columns that all have."""
    shared = [key for key in parts[0] if all(key in part for part in parts)]
    missing = dict.fromkeys(key for part in parts for key in part if key not in shared)
    left_out += [f"`{name}/{key}` (not in every segment)" for key in missing]
    return table(name, {key: np.concatenate([part[key] for part in parts]) for key in shared})


def _series(name: str, parts: list[tuple[Signal, float]]) -> Series:
    """The signal of all segments, read when it is asked for."""
    first = parts[0][0]
    if len({signal.num_channels for signal, _ in parts}) > 1:
        problem = "its segments differ in their channels"
    elif len({signal.unit for signal, _ in parts}) > 1:
        problem = "its segments differ in their units"
    else:
        problem = ""

    def times() -> np.ndarray:
        return np.concatenate([signal.times() + zero for signal, zero in parts])

    def values() -> np.ndarray:
        return np.concatenate([signal.values() for signal, _ in parts])

    return Series(
        name=name,
        num_samples=sum(signal.num_samples for signal, _ in parts),
        num_channels=first.num_channels,
        times=lambda a, b: times()[a:b],
        values=lambda a, b: values()[a:b],
        unit=first.unit,
        rate_hz=first.rate_hz if len(parts) == 1 else None,
        problem=problem,
    )


def _trials(recording: Recording, trials: Mapping[str, Any] | str | None) -> Any:
    """The table of trials; None where the recording has it already, or nothing says which it is."""
    if isinstance(trials, str):
        if trials not in recording.tables:
            raise UserError(
                f"neo: `trials=`: there are no epochs `{trials}`."
                f"{suggestion(trials, recording.tables)}"
            )
        return recording.tables[trials]
    if trials is not None:
        return table("trials", trials)
    if recording.trials:
        return None
    named = [name for name in recording.tables if name.lower() in TRIALS]
    return recording.tables[named[0]] if named else None
