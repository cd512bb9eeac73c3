"""From a recording to overlapping windows: everything that was recorded, trials or not."""

import numpy as np

from lfads.checks import UserError
from lfads.data.binning import SpikeTimes, TrialBins, counts_in
from lfads.data.continuous.chop import chop
from lfads.data.dataset import Dataset
from lfads.data.recordings.choices import Choices
from lfads.data.recordings.inputs import measured_inputs
from lfads.data.recordings.recording import Recording
from lfads.data.recordings.resample import onto_bins
from lfads.data.recordings.units import frequent, held_out


def windows_of(
    recording: Recording, choices: Choices, times_s: SpikeTimes
) -> tuple[Dataset, np.ndarray]:
    """Windows of counts from all that was recorded, as `lfads.chop` cuts them.

    Also a mask of the units that were kept. Where the recording does not say when it was observed,
    that is from the first spike to the last.
    """
    width = choices.bin_width_s
    found = [_bins(start, stop, width) for start, stop in _observed(recording, times_s)]
    pieces = [piece for piece in found if piece.num_bins]
    if not pieces:
        raise UserError(
            f"{recording.source}: nothing was recorded for as long as a bin of {width:g} s"
        )
    counts = [counts_in(piece, times_s)[0] for piece in pieces]
    seconds = sum(len(piece) for piece in counts) * width
    total = np.sum([piece.sum(0, dtype=np.int64) for piece in counts], axis=0)
    kept = frequent(total / seconds, choices.min_rate_hz, recording.source)
    inputs = [measured_inputs(recording, choices, piece) for piece in pieces]
    known = [given[0] for given in inputs if given is not None]
    overlap = None if choices.overlap_s is None else round(choices.overlap_s / width)
    dataset = chop(
        [piece[:, kept] for piece in counts],
        bin_width_s=width,
        window_bins=round((choices.chop_s or 0.0) / width),
        overlap_bins=overlap,
        piece_starts_s=[float(piece.starts_s[0]) for piece in pieces],
        held_out_neurons=held_out(int(kept.sum()), choices.hold_out_neurons),
        external_inputs=known or None,
        behavior={
            name: [onto_bins(recording.series[name], piece)[0] for piece in pieces]
            for name in choices.behavior
        },
        name=recording.name,
        source=recording.source,
    )
    return dataset, kept


def _observed(recording: Recording, times_s: SpikeTimes) -> list[tuple[float, float]]:
    if recording.observed_s:
        return list(recording.observed_s)
    spans = [
        (train[0], train[-1])
        for train in map(times_s.__getitem__, range(len(times_s)))
        if len(train)
    ]
    if not spans:
        raise UserError(f"{recording.source}: no chosen unit has a spike")
    return [(float(min(first for first, _ in spans)), float(max(last for _, last in spans)))]


def _bins(start: float, stop: float, width: float) -> TrialBins:
    """A stretch as one long trial, cut to whole bins."""
    length = int(np.floor((stop - start) / width + 1e-6))
    return TrialBins(np.array([start]), np.array([length]), width, 0.0)
