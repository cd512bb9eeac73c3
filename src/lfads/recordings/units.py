"""Which units are cut."""

from collections.abc import Sequence

import numpy as np

from lfads.checks import UserError
from lfads.data.splits import evenly_spread
from lfads.recordings.binning import TrialBins
from lfads.recordings.choices import Choices
from lfads.recordings.expressions import select
from lfads.recordings.recording import Intervals, Recording
from lfads.recordings.trials import require_some


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


def frequent(rates_hz: np.ndarray, min_rate_hz: float, source: str) -> np.ndarray:
    """A mask of the units that fire often enough; a UserError if none does."""
    kept = rates_hz >= min_rate_hz
    if not kept.any():
        raise UserError(
            f"{source}: no unit fires {min_rate_hz:g} spikes/s in what is cut; the highest rate is "
            f"{rates_hz.max():.3g}"
        )
    return kept


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
