"""Spike times of all units in one list, beside the unit of each; sorted out one unit at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lfads.checks import UserError, many
from lfads.recordings.clock import SAMPLED, Glimpse, glimpse_of


class TimesByUnit:
    """Spike times of units, of one list of times that may stay in its file.

    Parameters
    ----------
    times
        Of all spikes, in the unit of the source.
    unit
        Of each spike, by its label.
    where
        The source, for messages.
    to_seconds
        From the unit of the source.
    labels
        Units in the order of their table, those without a spike among them; by default those that spike,
        sorted.

    Raises
    ------
    UserError
        If there is not one unit for each time, or a spike is of a unit that is not among the labels.
    """

    def __init__(
        self,
        times: Any,
        unit: np.ndarray,
        where: str,
        to_seconds: Callable[[Any], np.ndarray] = np.asarray,
        labels: np.ndarray | None = None,
    ) -> None:
        if times.shape != unit.shape or times.ndim != 1:
            raise UserError(
                f"{where}: expected the unit of each spike time; got {many(len(times), 'time')} and "
                f"{many(len(unit), 'unit number')}"
            )
        if times.dtype.kind not in "iuf":
            raise UserError(f"{where}: spike times must be numbers; got {times.dtype}")
        self.where, self.to_seconds, self.times = where, to_seconds, times
        found = np.unique(unit)
        self.labels = found if labels is None else np.asarray(labels)
        # As few bytes a spike as units need.
        place = _places(found, self.labels, where).astype(np.min_scalar_type(len(self.labels)))
        rows = place[np.searchsorted(found, unit)]
        # Stable: the spikes of a unit keep their order, by time as a rule.
        self.order = np.argsort(rows, kind="stable")
        self.ends = np.cumsum(np.bincount(rows, minlength=len(self.labels)))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, unit: int) -> np.ndarray:
        times = self._times(*self._span(unit))
        return times if np.all(times[1:] >= times[:-1]) else np.sort(times)

    def glimpse(self, unit: int) -> Glimpse:
        """What a few of the times of a unit tell; they are taken to be in order."""
        start, stop = self._span(unit)
        if start == stop:
            return glimpse_of(np.empty(0))
        some = self._times(start, min(stop, start + SAMPLED))
        last = self._times(stop - 1, stop)
        return Glimpse(stop - start, float(some[0]), float(last[0]), some)

    def _span(self, unit: int) -> tuple[int, int]:
        return int(self.ends[unit - 1]) if unit else 0, int(self.ends[unit])

    def _times(self, start: int, stop: int) -> np.ndarray:
        times = np.asarray(self.times[self.order[start:stop]], np.float64)
        if not np.isfinite(times).all():
            raise UserError(f"{self.where}: spike times must be finite; got NaN or inf")
        return self.to_seconds(times)


def _places(found: np.ndarray, labels: np.ndarray, where: str) -> np.ndarray:
    """The row of each label that was found."""
    known = {label: row for row, label in enumerate(labels.tolist())}
    missing = [label for label in found.tolist() if label not in known]
    if missing:
        raise UserError(
            f"{where}: spikes are of unit {missing[0]!r}, which is none of the "
            f"{many(len(labels), 'unit')}: is the file damaged?"
        )
    return np.array([known[label] for label in found.tolist()], np.int64)
