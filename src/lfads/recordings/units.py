"""Which units are cut, their counts, and their rates where they were observed."""

from collections.abc import Sequence

import numpy as np

from lfads.checks import UserError
from lfads.data.splits import evenly_spread
from lfads.recordings.binning import TrialBins, counts_in, require_spikes
from lfads.recordings.choices import Choices
from lfads.recordings.expressions import select
from lfads.recordings.recording import Intervals, Recording
from lfads.recordings.trials import require_some
from lfads.recordings.validity import Validity, observed_samples, was_any_observed


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


def counted(
    bins: Sequence[TrialBins], units: ChosenUnits, min_rate_hz: float
) -> tuple[list[np.ndarray], list[np.ndarray | None], np.ndarray]:
    """Counts on bins, what was observed of them, and a mask of the units that fire often enough.

    Samples that were not observed count 0. Of other units nothing is given back; a UserError if no unit is
    left, or no spike falls into any bin.
    """
    counts = [counts_in(one, units) for one in bins]
    validity = Validity(units.observed_s, units.recording.invalid_s)
    observed = [observed_samples(one, validity) for one in bins]
    if not any(was_any_observed(one, of) for one, of in zip(observed, bins, strict=True)):
        return counts, observed, np.ones(len(units), bool)  # said where trials are left out
    if not any(one.any() for one in counts):
        require_spikes(counts[0], bins[0])
    for one, mask in zip(counts, observed, strict=True):
        if mask is not None:
            one[~mask] = 0
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
