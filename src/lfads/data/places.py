"""Where trials lie in their session, and the training trials beside each: what slow changes are known at.

A trial's place is its `trial_index`, or the start in seconds of a window of a continuous recording. What
is known at the places of training trials is interpolated linearly between them, and held before the first
and after the last.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.arrays import CHOP_COLUMNS, PerTrial
from lfads.data.dataset import Dataset
from lfads.data.session import Session

Places = tuple[float, ...]
"""Of a session's training trials, in order, each once."""


class Between(NamedTuple):
    """The training places on both sides of each trial, by number, and how near the later one is.

    `share` is 0 at the earlier place and 1 at the later.
    """

    before: PerTrial
    after: PerTrial
    share: Float[np.ndarray, " trial"]


def places_in_session(session: Session, bin_width_s: float) -> Float[np.ndarray, " trial"]:
    """The place of each trial: its `trial_index`, or where its window starts on the clock, in seconds."""
    if are_windows(session.trial_table):
        return starts_of_windows(session.trial_table, bin_width_s)
    return session.trial_index.astype(float)


def are_windows(columns: Any) -> bool:
    """Whether trials with these columns, or coordinates, are windows that `lfads.chop` cut."""
    return set(CHOP_COLUMNS) <= set(columns)


def starts_of_windows(columns: Any, bin_width_s: float) -> Float[np.ndarray, " trial"]:
    """Where windows start on the clock of their recording, in seconds; columns by `CHOP_COLUMNS`."""
    _, start_s, _, start_bin = (np.asarray(columns[name], float) for name in CHOP_COLUMNS)
    return start_s + start_bin * bin_width_s


def training_places(dataset: Dataset) -> tuple[Places, ...]:
    """The places of each session's training trials."""
    return tuple(
        tuple(
            np.unique(
                places_in_session(session, dataset.bin_width_s)[session.of_split("train")]
            ).tolist()
        )
        for session in dataset.sessions
    )


def between(known: Sequence[float], places: Float[np.ndarray, " trial"]) -> Between:
    """The known places on both sides of some places.

    >>> before, after, share = between([2.0, 4.0, 8.0], np.array([0.0, 2.0, 5.0, 9.0]))
    >>> before.tolist(), after.tolist(), share.tolist()
    ([0, 0, 1, 1], [1, 1, 2, 2], [0.0, 0.0, 0.25, 1.0])
    """
    steps = np.asarray(known, float)
    after = np.clip(
        np.searchsorted(steps, places, side="left"), min(1, len(steps) - 1), len(steps) - 1
    )
    before = np.maximum(after - 1, 0)
    gap = np.where(after > before, steps[after] - steps[before], 1.0)
    share = np.clip((places - steps[before]) / gap, 0.0, 1.0)
    return Between(before.astype(np.int32), after.astype(np.int32), share.astype(np.float32))


def between_of_sessions(
    sessions: Sequence[Session],
    known: Sequence[Places],
    chosen: Sequence[np.ndarray],
    bin_width_s: float,
) -> Between:
    """`between` of chosen trials of all sessions, whose known places are numbered one after the other."""
    parts, first = [], 0
    for session, places, trials in zip(sessions, known, chosen, strict=True):
        part = between(places, places_in_session(session, bin_width_s)[trials])
        parts.append(
            Between(part.before + np.int32(first), part.after + np.int32(first), part.share)
        )
        first += len(places)
    return Between(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
