"""Which units are cut, their counts, and which samples were observed where units were at different times.

Silence outside the intervals in which a unit was observed is none: such samples are marked, so that they
neither train nor count.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from lfads.checks import UserError, many
from lfads.data.splits import evenly_spread
from lfads.recordings.binning import TrialBins, counts_in, require_spikes
from lfads.recordings.choices import Choices
from lfads.recordings.expressions import select
from lfads.recordings.recording import Intervals, Recording
from lfads.recordings.trials import require_some

SLACK_S = 1e-6
"""By which a bin may reach out of an interval: times are written with so many digits."""


class ChosenUnits:
    """Spike times of some units of a recording, read one unit at a time."""

    def __init__(self, recording: Recording, choices: Choices) -> None:
        self.recording = recording
        self.rows = np.arange(recording.num_units)
        if choices.unit_rows is not None:
            self.rows = np.asarray(choices.unit_rows, np.int64)
        elif choices.units is not None:
            kept = select(choices.units, recording.units, "`units=`")
            require_some(kept, f"`units=` {choices.units!r}", "unit", recording.source)
            self.rows = np.flatnonzero(kept)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> np.ndarray:
        return self.recording.spike_times_s[int(self.rows[place])]

    def table(self, kept: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of the units that are kept of these."""
        return {name: column[self.rows][kept] for name, column in self.recording.units.items()}

    @property
    def observed_s(self) -> list[Intervals]:
        """When each unit was observed; nothing for a unit of which it is not known."""
        known = self.recording.units_observed_s
        return [known[int(row)] if len(known) else () for row in self.rows]


def held_out(number: int, share: float) -> np.ndarray | None:
    """A mask of a share of the neurons, evenly spread; None for none."""
    if share <= 0:
        return None
    if share * number < 1:
        raise UserError(
            f"`hold_out_neurons={share:g}` of {number} neurons is less than one: give at least "
            f"{1 / max(number, 1):.3g}"
        )
    return evenly_spread(number, share)


def observed_samples(
    bins: TrialBins, observed_s: Sequence[Intervals]
) -> Bool[np.ndarray, "trial time neuron"] | None:
    """True where a bin lies wholly in the intervals of its unit; None where all within the trials do.

    Parameters
    ----------
    bins
        Of the trials.
    observed_s
        Intervals of each unit; none for a unit that was always observed, as far as is known.
    """
    if not any(observed_s):
        return None
    observed = np.ones((*bins.behind.shape, len(observed_s)), bool)
    masks: dict[Intervals, np.ndarray] = {}  # units of one probe share theirs
    for unit, intervals in enumerate(observed_s):
        if intervals:
            if intervals not in masks:
                masks[intervals] = _within(bins, intervals)
            observed[:, :, unit] = masks[intervals]
    return None if all(mask.all() for mask in masks.values()) else observed


def counted(
    bins: Sequence[TrialBins], units: ChosenUnits, min_rate_hz: float
) -> tuple[list[np.ndarray], list[np.ndarray | None], np.ndarray]:
    """Counts on bins, what was observed of them, and a mask of the units that fire often enough.

    Of other units nothing is given back; a UserError if no unit is left, or no spike falls into any bin.
    """
    counts = [counts_in(one, units) for one in bins]
    if not any(one.any() for one in counts):
        require_spikes(counts[0], bins[0])
    observed = [observed_samples(one, units.observed_s) for one in bins]
    rates_hz = rates_of(counts, observed, bins)
    kept = rates_hz >= min_rate_hz
    if not kept.any():
        raise UserError(
            f"{units.recording.source}: no unit fires {min_rate_hz:g} spikes/s in what is cut; the highest "
            f"rate is {rates_hz.max():.3g}"
        )
    if not kept.all():
        counts = [one[:, :, kept] for one in counts]
        observed = [None if mask is None else mask[:, :, kept] for mask in observed]
    return counts, observed, kept


def _within(bins: TrialBins, intervals: Intervals) -> np.ndarray:
    """True for bins that lie in one of the intervals, and behind the end of a trial."""
    begins, ends = np.array(intervals).T
    edges = bins.edges_s
    place = np.searchsorted(begins, edges[:, :-1] + SLACK_S, side="right") - 1
    inside = (place >= 0) & (edges[:, 1:] <= ends[place] + SLACK_S)
    return inside | bins.behind


def warn_of_unobserved(observed: Sequence[np.ndarray | None], bins: Sequence[TrialBins]) -> None:
    """Say, once, how much lies outside the intervals of the units.

    Parameters
    ----------
    observed
        As of `observed_samples`, for the trials or for each stretch of a recording.
    bins
        Of each.
    """
    known = [(mask, of) for mask, of in zip(observed, bins, strict=True) if mask is not None]
    if not known:
        return
    missing = sum(int((~mask).sum()) for mask, _ in known)
    total = sum(int(of.length.sum()) for of in bins) * known[0][0].shape[2]
    units = np.logical_or.reduce([~mask.all((0, 1)) for mask, _ in known])
    empty = sum(int((~(mask & ~of.behind[:, :, None]).any((1, 2))).sum()) for mask, of in known)
    nothing = (
        f". In {many(empty, 'trial')} nothing was observed: leave such out with `trials=`"
        if empty
        else ""
    )
    warnings.warn(
        f"{missing:,} of {many(total, 'sample')}, of {int(units.sum())} of {many(len(units), 'unit')}, lie "
        f"outside the times in which their unit was observed (`obs_intervals`), and are marked as not "
        f"observed{nothing}",
        stacklevel=4,
    )


def rates_of(
    counts: Sequence[np.ndarray], observed: Sequence[np.ndarray | None], bins: Sequence[TrialBins]
) -> np.ndarray:
    """Rates of neurons in spikes/s over all trials, where they were observed; 0 for one that never was."""
    total = np.zeros(counts[0].shape[2], np.int64)
    num_bins = np.zeros(counts[0].shape[2], np.int64)
    for spikes, mask, of in zip(counts, observed, bins, strict=True):
        seen = np.True_ if mask is None else mask
        total += spikes.sum((0, 1), where=seen, dtype=np.int64)
        num_bins += (seen & ~of.behind[:, :, None]).sum((0, 1))
    return total / (np.maximum(num_bins, 1) * bins[0].width_s)
