"""Whether times of trials lie on the clock of the session, or count from their trial; and uniting them.

Times that count from their trial all begin within the length of one. Few trials can lie behind each other
by chance, so that these are taken for such, unless they lie far apart.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from lfads.checks import many

FEWEST_TRIALS = 5
"""From which on the order of trials tells something."""

FEWEST_SPIKES = 5
"""Of a trial, as a rule, from which on its first and last spike tell its length."""

FAR = 3
"""Lengths of the longest trial that trials on one clock spread over, whatever their order."""

Times = Sequence[Sequence[np.ndarray]]


def is_one_clock(times: Times, name: str) -> tuple[bool, tuple[str, ...]]:
    """Whether times of trials of units are on the clock of the session, and what to say of it."""
    spikes = [np.concatenate(trial) for trial in times]
    spikes = [one for one in spikes if one.size]
    firsts = np.array([one.min() for one in spikes])
    lasts = np.array([one.max() for one in spikes])
    if len(spikes) < 2:
        return False, ()
    gaps, longest = firsts[1:] - lasts[:-1], float((lasts - firsts).max())
    if len(spikes) < FEWEST_TRIALS:
        found = bool((gaps > longest).all()) and longest > 0
        doubtful = bool((gaps >= 0).all())
    else:
        spread = float(np.ptp(firsts))
        ordered = bool((np.diff(firsts) > 0).all())
        enough = float(np.median([one.size for one in spikes])) >= FEWEST_SPIKES
        far = spread > FAR * longest and (ordered or enough)
        found, doubtful = bool((gaps >= 0).all()) or far, False
    if found:
        return True, (
            f"`{name}` is read as times on one clock, since its trials spread over more than the length of "
            "one; what lies between trials is not known",
        )
    if doubtful:
        return False, (
            f"`{name}` is read as times that count from each trial: {many(len(spikes), 'trial')} that lie "
            "behind each other are too few to tell one clock",
        )
    return False, ()


def united(times: Sequence[np.ndarray]) -> np.ndarray:
    """Times of one unit in all trials, in order; what several trials hold counts once.

    >>> united([np.array([0.1, 0.9, 0.9]), np.array([0.9, 0.9, 1.4])]).tolist()
    [0.1, 0.9, 0.9, 1.4]
    """
    times = [one for one in times if one.size]
    joined = np.concatenate([np.empty(0), *times])
    if all(before.max() < after.min() for before, after in itertools.pairwise(times)):
        return joined
    trial = np.repeat(np.arange(len(times)), [one.size for one in times])
    order = np.argsort(joined, kind="stable")
    joined, trial = joined[order], trial[order]
    same = max(1e-9, 4 * float(np.spacing(np.abs(joined).max())))
    begins = np.concatenate([[True], np.diff(joined) > same])
    first = np.minimum.reduceat(trial, np.flatnonzero(begins))
    return joined[trial == first[np.cumsum(begins) - 1]]
