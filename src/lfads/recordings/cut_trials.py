"""Trials that were cut, before their values: rows, columns, bins and conditions, and what stands beside."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lfads.data.splits import split_trials
from lfads.recordings.binning import TrialBins
from lfads.recordings.choices import Choices
from lfads.recordings.expressions import joined_labels
from lfads.recordings.recording import Columns, Recording
from lfads.recordings.resample import behavior_on, measured_inputs
from lfads.recordings.trials import chosen_trials, forward_bins


@dataclass(frozen=True, eq=False)
class CutTrials:
    """Trials of a recording.

    Parameters
    ----------
    rows
        Of the table of trials.
    columns
        Of these rows.
    bins
        Of each trial.
    condition
        Of each; None where none was asked for.
    num_forward_bins
        At the end, which are never encoded.
    """

    rows: np.ndarray
    columns: Columns
    bins: TrialBins
    condition: np.ndarray | None
    num_forward_bins: int

    def of(self, chosen: np.ndarray) -> "CutTrials":
        """Some of them, by a mask."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        condition = None if self.condition is None else self.condition[chosen]
        bins = self.bins.of(chosen)
        return CutTrials(self.rows[chosen], columns, bins, condition, self.num_forward_bins)

    def beside(self, recording: Recording, choices: Choices) -> dict[str, Any]:
        """All that `Dataset.from_arrays` takes of them but for the neurons and their values."""
        bins, condition = self.bins, self.condition
        return {
            "bin_width_s": choices.bin_width_s,
            "trial_length": bins.length,
            "split": split_trials(
                len(self.rows), condition=condition, by=choices.split_by, valid=choices.valid,
                test=choices.test, test_conditions=choices.test_conditions,
            ),
            "condition": condition,
            "num_forward_bins": self.num_forward_bins,
            "behavior": {k: v[0] for k, v in behavior_on(recording, choices, [bins]).items()},
            "external_inputs": measured_inputs(recording, choices, bins),
            "trial_index": self.rows,
            "trial_table": self.columns,
            "start_s": bins.offset_s,
            "name": recording.name,
            "source": recording.source,
        }  # fmt: skip


def cut_trials(recording: Recording, choices: Choices) -> CutTrials:
    """The trials that were chosen, as they are cut.

    Raises
    ------
    UserError
        If there are none, or forward bins take all of one.
    """
    rows, columns, bins = chosen_trials(recording, choices)
    num_forward_bins, condition = forward_bins(choices, bins), None
    if choices.conditions:
        condition = joined_labels({name: columns[name] for name in choices.conditions}, rows)
    return CutTrials(rows, columns, bins, condition, num_forward_bins)
