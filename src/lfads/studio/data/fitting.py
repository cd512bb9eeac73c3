"""What trials of a recording can be aligned to, and the window and the bins that fit it."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lfads.recordings.recording import Columns, Recording
from lfads.recordings.relative import START, STOP, ZERO

MOST_BEFORE_S, MOST_AFTER_S = 0.5, 1.5
"""Of an event, that a window reaches at most if nothing else is said."""
OF_EVENTS_S = (-0.2, 0.6)
"""Window about events that belong to no trials, as far as the next one is no nearer."""
SHARE = 0.9
"""Of the trials, that hold the window, and whose times look like times."""
GRIDS_S = (0.1, 0.05, 0.02, 0.01)
WIDTHS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
USUAL_WIDTH_S = 0.01
MOST_BINS = 120
MOST_OFFERED = 40
USUAL = re.compile("go|move|reach|onset|cue|stim|target", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """Something to align trials to.

    Parameters
    ----------
    name
        As `lfads prepare --align-to` takes it.
    relative
        Whether its times count from the start of their trial.
    number
        Times that are known.
    window_s
        Start and end, relative to it, that fit nine of ten trials.
    """

    name: str
    relative: bool
    number: int
    window_s: tuple[float, float]

    @property
    def key(self) -> str:
        """In a form: a `+` says that times are relative."""
        return f"+{self.name}" if self.relative else self.name

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "key": self.key}


def alignments(recording: Recording) -> list[Alignment]:
    """Everything that trials can be aligned to, the likeliest first."""
    found = [*_of_trials(recording), *_of_events(recording), *_of_tables(recording)]

    def order(one: Alignment) -> tuple[bool, bool, bool]:
        return one.name in (START, ZERO), one.relative, not USUAL.search(one.name)

    return sorted(found, key=order)[:MOST_OFFERED]


def best_alignment(found: list[Alignment]) -> Alignment | None:
    """The one that a form begins with; None if there is nothing to align to."""
    return found[0] if found else None


def widths_of(recording: Recording, best: Alignment | None) -> tuple[float, list[float]]:
    """The width of bins that fits in seconds, and all that are offered.

    Of a recording whose spikes were counted already, multiples of that width.
    """
    counted = recording.counted_in_s
    widths = list(WIDTHS_S) if counted is None else [float(counted) * k for k in (1, 2, 5, 10)]
    span = 1.0 if best is None else best.window_s[1] - best.window_s[0]
    fitting = [
        one
        for one in widths
        if span / one <= MOST_BINS and (counted is not None or one >= USUAL_WIDTH_S)
    ]
    return (fitting[0] if fitting else widths[-1]), widths


def _of_trials(recording: Recording) -> Iterator[Alignment]:
    trials = recording.trials
    if START not in trials:
        return
    starts = _seconds(recording, trials, START)
    stops = _seconds(recording, trials, STOP) if STOP in trials else None
    if starts is None:
        return
    lasting = None if stops is None else stops - starts
    for name in trials:
        times = _seconds(recording, trials, name)
        if times is None or name == STOP:
            continue
        known = np.isfinite(times)
        if not known.any():
            continue
        if name in (START, ZERO) or (not recording.trials_apart and _lie(times, starts, stops)):
            before = times - starts
        elif lasting is not None and _lie(times, np.zeros(len(times)), lasting):
            before = times
        else:
            continue
        relative = before is times
        after = np.full(len(times), MOST_AFTER_S) if lasting is None else lasting - before
        window = _window(before[known], after[known])
        if window is not None:
            yield Alignment(name=name, relative=relative, number=int(known.sum()), window_s=window)


def _lie(times: np.ndarray, starts: np.ndarray, stops: np.ndarray | None) -> bool:
    """Whether nearly all known times lie in their trials, and are not all the same there."""
    known = np.isfinite(times) & np.isfinite(starts)
    if not known.any():
        return False
    inside = times[known] >= starts[known]
    if stops is not None:
        inside &= times[known] <= stops[known]
    return bool(inside.mean() >= SHARE)


def _of_events(recording: Recording) -> Iterator[Alignment]:
    for name, times in recording.events.items():
        known = np.sort(times[np.isfinite(times)])
        if len(known) > 1:
            gap = float(np.quantile(np.diff(known), 1 - SHARE))
            before, after = (min(-OF_EVENTS_S[0], gap / 4), min(OF_EVENTS_S[1], 3 * gap / 4))
            window = _window(np.array([before]), np.array([after]))
            if window is not None:
                yield Alignment(name=name, relative=False, number=len(known), window_s=window)


def _of_tables(recording: Recording) -> Iterator[Alignment]:
    for table, columns in recording.tables.items():
        if columns is recording.trials or not {START, STOP} <= set(columns):
            continue
        starts, stops = columns[START], columns[STOP]
        if starts.dtype.kind not in "iuf" or stops.dtype.kind not in "iuf":
            continue
        lasting = (stops - starts)[np.isfinite(stops - starts)]
        if not len(lasting):
            continue
        window = _window(np.zeros(1), np.array([np.quantile(lasting, 1 - SHARE)]))
        if window is not None:
            yield Alignment(
                name=f"{table}/{START}", relative=False, number=len(lasting), window_s=window
            )


def _seconds(recording: Recording, columns: Columns, name: str) -> np.ndarray | None:
    """A column as times; None if it cannot hold any: whole numbers are counts or labels, as a rule."""
    kind = columns[name].dtype.kind
    if kind != "f" and not (kind in "iu" and name in (START, STOP, ZERO)):
        return None
    return recording.times_of_trials(name, columns)


def _window(before: np.ndarray, after: np.ndarray) -> tuple[float, float] | None:
    """The window that nine of ten trials hold, on round numbers; None if there is no room for any.

    >>> _window(np.array([0.33, 0.41]), np.array([0.9, 0.97]))
    (-0.3, 0.9)
    """
    start = min(MOST_BEFORE_S, max(0.0, float(np.quantile(before, 1 - SHARE))))
    stop = min(MOST_AFTER_S, max(0.0, float(np.quantile(after, 1 - SHARE))))
    for grid in GRIDS_S:
        low, high = (int((one + 1e-9) // grid) for one in (start, stop))
        if low + high >= 5:
            return round(-low * grid, 6) + 0.0, round(high * grid, 6)
    return None
