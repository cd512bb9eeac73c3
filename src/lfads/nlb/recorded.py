"""What an NWB file of the benchmark holds: trials with `split`, units with `heldout`, behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfads.checks import Problems, UserError, first_of, many
from lfads.nlb.datasets import NLBDataset
from lfads.recordings.recording import Columns, Intervals, Recording
from lfads.recordings.series import Series

TRAIN, VALID, TEST = "train", "val", "test"
"""In the column `split`; other trials are not used."""

MOST_NAMED = 12


@dataclass(frozen=True, eq=False, kw_only=True)
class Recorded:
    """One file of a data set.

    Parameters
    ----------
    about
        The data set.
    recording
        The file.
    held_in, held_out
        Rows of the table of units, by rising `id`.
    """

    about: NLBDataset
    recording: Recording
    held_in: np.ndarray
    held_out: np.ndarray

    @property
    def split(self) -> np.ndarray:
        """Of each trial."""
        return self.recording.trials["split"].astype(str)

    @property
    def holds_tests(self) -> bool:
        """Whether this is the file of test trials."""
        return bool((self.split == TEST).any())

    def rows_of(self, *splits: str) -> np.ndarray:
        """Trials of these splits with a known event, in the order of the table."""
        known = np.isfinite(self.times_s(self.about.align_to))
        return np.flatnonzero(np.isin(self.split, splits) & known)

    def times_s(self, column: str) -> np.ndarray:
        """A column of times, in seconds."""
        return self.recording.times_of_trials(column)

    def numbers(self, column: str) -> np.ndarray:
        """A column as numbers: true is 1; texts in their order."""
        values = self.recording.trials[column]
        if values.dtype.kind in "biuf":
            return values.astype(np.float64)
        return np.unique(values, return_inverse=True)[1].astype(np.float64)

    def spikes_of(self, units: Sequence[int] | np.ndarray) -> "UnitSpikes":
        """Spike times of these units."""
        return UnitSpikes(self.recording, np.asarray(units, np.int64))

    def observed_s(self, units: np.ndarray) -> Intervals:
        """When these units were observed: those of a data set all were at once."""
        known = self.recording.units_observed_s
        return known[int(units[0])] if len(known) and len(units) else ()

    def series(self) -> Series | None:
        """The behaviour that is decoded; None if the file, as those of test trials, has none."""
        found = self.recording.series
        ends = [name for name in found if name.rpartition("/")[2] == self.about.behavior]
        return found[ends[0]] if self.about.behavior and ends else None


class UnitSpikes:
    """Spike times of some units, one unit at a time."""

    def __init__(self, recording: Recording, rows: np.ndarray) -> None:
        self.recording, self.rows = recording, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> np.ndarray:
        return self.recording.spike_times_s[int(self.rows[place])]


def recorded(about: NLBDataset, recording: Recording) -> Recorded:
    """A file of the data set, checked.

    Raises
    ------
    UserError
        Naming everything that a file of the data set has and this one does not.
    """
    problems = Problems(f"{recording.source}: as a file of {about.name} (DANDI {about.dandiset})")
    trials = recording.trials
    splits = trials.get("split", np.empty(0, str)).astype(str)
    needed = ("split", about.align_to) if (splits == TEST).any() else about.columns
    missing = [f"`{name}`" for name in needed if name not in trials]
    problems.require(
        not missing,
        f"trials lack {', '.join(missing)}; they have {first_of(trials, MOST_NAMED) or 'no columns'}",
    )
    heldout = recording.units.get("heldout")
    problems.require(heldout is not None, "units need a column `heldout`")
    problems.require(recording.num_units > 0, "it needs units")
    if "split" in trials:
        used = np.isin(splits, (TRAIN, VALID, TEST))
        problems.require(
            bool(used.any()),
            f"`split` must be {TRAIN}, {VALID} or {TEST}; got {', '.join(_values(trials, 'split'))}",
        )
    problems.raise_if_any()
    out = np.asarray(heldout).astype(bool)
    order = np.argsort(recording.units.get("id", np.arange(recording.num_units)), kind="stable")
    found = Recorded(
        about=about, recording=recording, held_in=order[~out[order]], held_out=order[out[order]]
    )
    if not len(found.held_in) or (not found.holds_tests and not len(found.held_out)):
        raise UserError(
            f"{recording.source}: {about.name} has {about.held_in} held-in and {about.held_out} held-out "
            f"units; `heldout` of this file leaves {len(found.held_in)} of "
            f"{many(recording.num_units, 'unit')} held in and {len(found.held_out)} held out"
        )
    return found


def _values(columns: Columns, name: str) -> list[str]:
    return [str(one) for one in np.unique(columns[name])][:5] or ["nothing"]
