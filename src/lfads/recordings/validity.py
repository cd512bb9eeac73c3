"""What was observed of the bins of trials, and which trials have enough of it.

Silence outside the intervals in which a unit was observed, or in a stretch that whoever recorded declared
invalid, is none: such samples are marked, so that they neither train nor count, and trials that hold little
else are left out.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from lfads.checks import UserError, first_of, many
from lfads.recordings.binning import TrialBins
from lfads.recordings.recording import Intervals, Recording, outside

SLACK_S = 1e-6
"""By which a bin may reach out of an interval: times are written with so many digits."""

MOST_REASONS = 5

LEAST = 0.5
"""Share of the samples of a trial that must have been observed for it to be cut."""


class Validity(NamedTuple):
    """When units were observed, and which stretches are invalid for all of them.

    Parameters
    ----------
    observed_s
        Intervals of each unit; none for a unit that was always observed, as far as is known.
    invalid_s
        Stretches in which nothing is to be used.
    """

    observed_s: Sequence[Intervals]
    invalid_s: Intervals = ()


def observed_samples(
    bins: TrialBins, validity: Validity
) -> Bool[np.ndarray, "trial time neuron"] | None:
    """True where a bin lies wholly in the intervals of its unit, and touches no invalid stretch.

    None where that holds for all bins within the trials.
    """
    invalid = overlapping(bins, validity.invalid_s)
    if not any(validity.observed_s) and not invalid.any():
        return None
    observed = np.repeat(~invalid[:, :, None], len(validity.observed_s), axis=2)
    masks: dict[Intervals, np.ndarray] = {}  # units of one probe share theirs
    for unit, intervals in enumerate(validity.observed_s):
        if intervals:
            if intervals not in masks:
                masks[intervals] = _within(bins, intervals)
            observed[:, :, unit] &= masks[intervals]
    return None if observed.all() else observed


def was_any_observed(observed: np.ndarray | None, bins: TrialBins) -> bool:
    """Whether any sample within the trials was."""
    return observed is None or bool((observed.any(2) & ~bins.behind).any())


def overlapping(bins: TrialBins, intervals: Intervals) -> Bool[np.ndarray, "trial time"]:
    """True for bins that share time with any of the intervals; False behind the end of a trial."""
    if not intervals:
        return np.zeros(bins.behind.shape, bool)
    begins, ends = np.array(intervals).T
    edges = bins.edges_s
    next_one = np.searchsorted(ends, edges[:, :-1] + SLACK_S, side="right")
    begin = np.append(begins, np.inf)[next_one]
    return (begin < edges[:, 1:] - SLACK_S) & ~bins.behind


def _within(bins: TrialBins, intervals: Intervals) -> np.ndarray:
    """True for bins that lie in one of the intervals, and behind the end of a trial."""
    begins, ends = np.array(intervals).T
    edges = bins.edges_s
    place = np.searchsorted(begins, edges[:, :-1] + SLACK_S, side="right") - 1
    inside = (place >= 0) & (edges[:, 1:] <= ends[place] + SLACK_S)
    return inside | bins.behind


def with_enough(
    observed: Bool[np.ndarray, "trial time neuron"] | None, bins: TrialBins
) -> Bool[np.ndarray, " trial"]:
    """True for trials of which at least half of the samples were observed.

    A trial has as many samples as bins times the most units that were observed at once in any bin: where
    probes were recorded one after the other, none of their trials is to go.
    """
    if observed is None:
        return np.ones(len(bins.length), bool)
    units_at_once = (observed & ~bins.behind[:, :, None]).sum(2)
    most = max(1, int(units_at_once.max(initial=0)))
    return units_at_once.sum(1) >= LEAST * most * bins.length


def warn_of_unobserved(
    recording: Recording,
    observed: Sequence[np.ndarray | None],
    bins: Sequence[TrialBins],
    trials: np.ndarray | None = None,
    enough: np.ndarray | None = None,
) -> None:
    """Say, once, how much was not observed and why, and which trials are left out for it.

    Parameters
    ----------
    recording
        Which says what is invalid.
    observed
        As of `observed_samples`, for the trials or for each stretch of a recording.
    bins
        Of each.
    trials, enough
        Rows of the table, and which of them are kept; None for stretches.

    Raises
    ------
    UserError
        If no trial is kept.
    """
    causes = ", and ".join(_causes(recording, observed, bins))
    if not causes:
        return
    gone = "" if trials is None or enough is None else _left_out(trials, enough)
    if enough is not None and not enough.any():
        raise UserError(
            f"{recording.source}: {causes}{gone}: nothing is left to cut. Choose other trials (`trials=`), "
            "other times (`window_s=`), or units that were observed then (`units=`)"
        )
    warnings.warn(f"{causes}, and are marked as not observed{gone}", UserWarning, stacklevel=4)


def _causes(
    recording: Recording, observed: Sequence[np.ndarray | None], bins: Sequence[TrialBins]
) -> list[str]:
    """How much was not observed, by cause."""
    known = [(mask, of) for mask, of in zip(observed, bins, strict=True) if mask is not None]
    if not known:
        return []
    num_units = known[0][0].shape[2]
    samples = f"of {many(sum(int(of.length.sum()) for of in bins) * num_units, 'sample')}"
    invalid, outside, units = 0, 0, np.zeros(num_units, bool)
    for mask, of in known:
        declared = overlapping(of, recording.invalid_s)
        others = ~(mask | declared[:, :, None])
        invalid += int(declared.sum()) * num_units
        outside += int(others.sum())
        units |= others.any((0, 1))
    causes = []
    if invalid:
        why = _reasons(recording, bins)
        causes.append(f"{invalid:,} {samples} touch stretches that are declared invalid{why}")
    if outside:
        causes.append(
            f"{outside:,} {samples}, of {int(units.sum())} of {many(num_units, 'unit')}, lie outside the "
            "times in which their unit was observed (`obs_intervals`)"
        )
    return causes


def _left_out(trials: np.ndarray, enough: np.ndarray) -> str:
    gone = trials[~enough]
    if not len(gone):
        return ""
    are, rows = ("is", "row") if len(gone) == 1 else ("are", "rows")
    return (
        f". {len(gone)} of {many(len(trials), 'trial')}, of which less than half was observed, {are} left "
        f"out: {rows} {first_of(gone.tolist())}"
    )


def _reasons(recording: Recording, bins: Sequence[TrialBins] | None = None) -> str:
    """Why stretches are invalid, those that these bins touch or all; empty if nobody said it."""
    reasons: dict[str, None] = {}
    for stretch, reason in zip(recording.invalid_s, recording.invalid_reasons, strict=False):
        if reason and (bins is None or any(overlapping(of, (stretch,)).any() for of in bins)):
            reasons.update(dict.fromkeys(reason.split(", ")))
    return f" ({first_of(reasons, MOST_REASONS)})" if reasons else ""


def valid_stretches(recording: Recording, stretches_s: Intervals) -> Intervals:
    """What is left of stretches of a recording around those that are invalid, which is said.

    Raises
    ------
    UserError
        If nothing is left.
    """
    left = outside(stretches_s, recording.invalid_s)
    lasting, rest = (sum(stop - start for start, stop in some) for some in (stretches_s, left))
    if left == stretches_s:
        return left
    said = (
        f"{lasting - rest:.6g} of {lasting:.6g} s that were recorded are declared invalid"
        f"{_reasons(recording)}"
    )
    if not left:
        raise UserError(f"{recording.source}: {said}: nothing is left to cut")
    warnings.warn(f"{said}: windows lie around them", UserWarning, stacklevel=5)
    return left
