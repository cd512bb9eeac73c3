"""Windows of a recording with the bins around them, which other windows hold: what inference sees beyond.

A window's first and last bins are inferred worst: little of what they follow from is within it. On a
simulation (`benchmarks/chop_merge.py`) squared errors are four times those of its middle at its start and
twice at its end. The recording goes on there, so that windows are inferred with some bins of it before and
behind, and results are taken of the windows alone.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from lfads.arrays import CHOP_COLUMNS, PerTrial, TrialMask
from lfads.data.places import are_windows
from lfads.data.session import FIELDS, Session

SHARE_OF_WINDOW = 5
"""Bins of a window for one bin of context on either side, by default."""

SEEN = ("values", "observed", "external_inputs")
"""Fields over time that inference reads."""


class Widened(NamedTuple):
    """A session whose trials are windows with what is around them.

    Parameters
    ----------
    session
        Of the wider trials.
    first_bin
        Bins of each trial before its window.
    num_bins
        Of context, where there is as much.
    window_bins
        Bins of the longest window.
    """

    session: Session
    first_bin: PerTrial
    num_bins: int
    window_bins: int


class Places(NamedTuple):
    """Where windows lie on all bins of their recording, pieces one behind the other.

    They `agree` if windows of one piece say the same of it, and lie within.
    """

    begin: PerTrial
    end: PerTrial
    piece_begin: PerTrial
    piece_end: PerTrial
    num_bins: int
    agree: bool


def usual_context(session: Session) -> int:
    """Bins on either side that windows are inferred with if nothing is said: a fifth of a window."""
    return session.num_bins // SHARE_OF_WINDOW if are_windows(session.trial_table) else 0


def widened(session: Session, num_bins: int) -> Widened | None:
    """Windows with up to so many bins before and behind, as far as windows beside them hold the recording.

    Only what inference reads is widened; all else is left out.

    Parameters
    ----------
    session
        Of windows.
    num_bins
        Of context on either side, at least 1. There is less at the ends of pieces, and of what is known.

    Returns
    -------
    Widened | None
        None if windows do not agree where they overlap: then they are no windows of one recording anymore.

    Examples
    --------
    >>> from lfads.windows.chop import chop
    >>> counts = np.arange(12)[:, None]
    >>> windows = chop(counts, bin_width_s=0.01, window_bins=4, for_inference=True).session
    >>> wide, first_bin, *_ = widened(windows, 2)
    >>> wide.values[:, :, 0].tolist()
    [[0, 1, 2, 3, 4, 5, 0, 0], [2, 3, 4, 5, 6, 7, 8, 9], [6, 7, 8, 9, 10, 11, 0, 0]]
    >>> wide.trial_length.tolist(), first_bin.tolist()
    ([6, 8, 6], [0, 2, 2])
    """
    places = places_of(session)
    if not places.agree:
        return None
    known_from, known_to = _known_around(places)
    begin = np.maximum(places.begin - num_bins, known_from)
    end = np.minimum(places.end + num_bins, known_to)
    length = end - begin
    of_window = places.begin[:, None] + np.arange(session.num_bins)
    of_trial = begin[:, None] + np.arange(length.max())
    within, inside = session.valid_bins(), np.arange(length.max()) < length[:, None]
    changed: dict[str, Any] = {}
    for field in FIELDS:
        values = getattr(session, field.name)
        if not field.over_time or values is None:
            continue
        if field.name not in SEEN:
            changed[field.name] = {} if field.by_name else None
            continue
        series = np.full((places.num_bins, *values.shape[2:]), field.fill, values.dtype)
        series[of_window[within]] = values[within]
        if not np.array_equal(
            series[of_window[within]], values[within], equal_nan=values.dtype.kind == "f"
        ):
            return None
        wide = np.full((*of_trial.shape, *values.shape[2:]), field.fill, values.dtype)
        wide[inside] = series[of_trial[inside]]
        changed[field.name] = wide
    wider = replace(session, trial_length=length.astype(session.trial_length.dtype), **changed)
    return Widened(wider, places.begin - begin, num_bins, session.num_bins)


def places_of(session: Session) -> Places:
    """Where the windows of a session lie."""
    piece, _, bins, start = (np.asarray(session.trial_table[name], int) for name in CHOP_COLUMNS)
    numbers, first = np.unique(piece, return_index=True)
    ends = np.cumsum(bins[first])
    number = np.searchsorted(numbers, piece)
    piece_end = ends[number]
    begin = piece_end - bins + start
    end = begin + session.trial_length
    agree = bool(
        (bins == bins[first][number]).all() and (start >= 0).all() and (end <= piece_end).all()
    )
    return Places(begin, end, piece_end - bins, piece_end, int(ends[-1]), agree)


def held_by(places: Places, windows: TrialMask) -> np.ndarray:
    """True for bins of the recording that one of these windows holds."""
    steps = np.zeros(places.num_bins + 1, int)
    np.add.at(steps, places.begin[windows], 1)
    np.add.at(steps, places.end[windows], -1)
    return np.cumsum(steps[:-1]) > 0


def _known_around(places: Places) -> tuple[PerTrial, PerTrial]:
    """From where to where windows hold the recording without a break, within the piece of each window."""
    known = held_by(places, np.ones(len(places.begin), bool))
    gaps = np.concatenate([[-1], np.flatnonzero(~known), [places.num_bins]])
    before = gaps[np.searchsorted(gaps, places.begin) - 1] + 1
    behind = gaps[np.searchsorted(gaps, places.end)]
    return np.maximum(before, places.piece_begin), np.minimum(behind, places.piece_end)
