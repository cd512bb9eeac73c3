"""Measured inputs of the dynamics, on the bins of trials."""

from collections.abc import Sequence

import numpy as np

from lfads.checks import UserError, many
from lfads.recordings.binning import TrialBins
from lfads.recordings.choices import Choices
from lfads.recordings.recording import Recording
from lfads.recordings.resample import (
    events_onto_bins,
    onto_bins,
    stored_name,
    warn_of_nothing_known,
)
from lfads.recordings.trials import times_of


def num_channels(recording: Recording, choices: Choices) -> int:
    """Channels of behaviour and inputs together."""
    names = [*choices.behavior, *choices.inputs]
    return sum(recording.series[name].num_channels for name in names) + len(choices.input_events)


def behavior_on(
    recording: Recording, choices: Choices, pieces: Sequence[TrialBins]
) -> dict[str, list[np.ndarray]]:
    """Behaviour on the bins of each piece, by the names that files hold; NaN where there is none."""
    found = {}
    starts_s = np.concatenate([bins.starts_s for bins in pieces])
    for name in choices.behavior:
        binned = [onto_bins(recording.series[name], bins) for bins in pieces]
        warn_of_nothing_known(name, [trial for piece in binned for trial in piece], starts_s)
        found[stored_name(name)] = binned
    return found


def measured_inputs(recording: Recording, choices: Choices, bins: TrialBins) -> np.ndarray | None:
    """Measured inputs beside each other: series as they are, events as counts."""
    events = {**recording.trials, **recording.events}
    parts = [_whole_series(recording, name, bins) for name in choices.inputs]
    for name in choices.input_events:
        times = times_of(events[name], name)
        parts.append(events_onto_bins(times[np.isfinite(times)], bins))
    return np.concatenate(parts, axis=-1) if parts else None


def _whole_series(recording: Recording, name: str, bins: TrialBins) -> np.ndarray:
    """A series on the bins, 0 behind the end of a trial; it must have no gap."""
    binned = onto_bins(recording.series[name], bins)
    binned[bins.behind] = 0
    gaps = np.asarray(np.isnan(binned).any((1, 2)))
    if gaps.any():
        start = bins.starts_s[np.argmax(gaps)]
        raise UserError(
            f"{recording.source}: --inputs: series `{name}` has gaps in {int(gaps.sum())} of "
            f"{many(len(gaps), 'trial')}, first in that from {start:g} s on: a measured input must be "
            "known in every bin. Leave such trials out with `--trials`"
        )
    return binned
