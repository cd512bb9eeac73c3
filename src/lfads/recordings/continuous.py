"""From a recording to overlapping windows: everything that was recorded, trials or not."""

import numpy as np

from lfads.checks import UserError, many
from lfads.data.dataset import Dataset
from lfads.guarded.memory import require_memory
from lfads.recordings.binning import BYTES_AN_EDGE, MOST_BINS, TrialBins, bytes_of
from lfads.recordings.choices import Choices
from lfads.recordings.mistakes import bins_of
from lfads.recordings.recording import OPEN_S, Intervals, Recording, union_of
from lfads.recordings.resample import behavior_on, measured_inputs, num_channels
from lfads.recordings.trial_times import span_of
from lfads.recordings.units import ChosenUnits, counted, held_out
from lfads.recordings.validity import valid_stretches, warn_of_unobserved
from lfads.windows.chop import chop


def windows_of(
    recording: Recording, choices: Choices, times_s: ChosenUnits, window_s: float
) -> tuple[Dataset, np.ndarray]:
    """Windows of counts from all that was recorded, as `lfads.chop` cuts them.

    Also a mask of the units that were kept. Where the recording does not say when it was observed,
    that is from the first spike to the last.
    """
    width = choices.bin_width_s
    window_bins, overlap = window_bins_of(choices, window_s)
    pieces = _pieces(recording, choices, times_s)
    counts, observed, kept = counted(pieces, times_s, choices.min_rate_hz)
    counts = [piece[0] for piece in counts]
    warn_of_unobserved(recording, observed, pieces)
    inputs = [measured_inputs(recording, choices, piece) for piece in pieces]
    known = [given[0] for given in inputs if given is not None]
    behavior = behavior_on(recording, choices, pieces)
    dataset = chop(
        counts,
        bin_width_s=width,
        window_bins=window_bins,
        overlap_bins=overlap,
        piece_starts_s=[float(piece.starts_s[0]) for piece in pieces],
        observed=_masks(observed, counts),
        held_out_neurons=held_out(int(kept.sum()), choices.hold_out_neurons),
        external_inputs=known or None,
        behavior={name: [piece[0] for piece in binned] for name, binned in behavior.items()},
        neuron_table=times_s.table(kept),
        name=recording.name,
        source=recording.source,
    )
    return dataset, kept


def window_bins_of(choices: Choices, window_s: float) -> tuple[int, int | None]:
    """Bins of a window, and those that it shares with the next, if that was said."""
    width = choices.bin_width_s
    window_bins = bins_of("chop_s", window_s, width)
    overlap = None if choices.overlap_s is None else bins_of("overlap_s", choices.overlap_s, width)
    if window_bins > MOST_BINS:
        raise UserError(
            f"`chop_s={window_s:g}` is {window_bins:,} bins of {width:g} s; a window holds at most "
            f"{MOST_BINS:,}: give shorter windows, or wider bins (`bin_width_s=`)"
        )
    return window_bins, overlap


def pieces_of(recording: Recording, choices: Choices, stretches: Intervals) -> list[TrialBins]:
    """Stretches of the recording, each as one long trial; a UserError if none holds a bin."""
    width = choices.bin_width_s
    found = [_bins(start, stop, width) for start, stop in stretches]
    if pieces := [piece for piece in found if piece.num_bins]:
        return pieces
    raise UserError(f"{recording.source}: nothing was recorded for as long as a bin of {width:g} s")


def _masks(observed: list[np.ndarray | None], counts: list[np.ndarray]) -> list[np.ndarray] | None:
    """What was observed of each stretch, `time neuron`; None if everything was."""
    if all(mask is None for mask in observed):
        return None
    return [
        np.ones(piece.shape, bool) if mask is None else mask[0]
        for mask, piece in zip(observed, counts, strict=True)
    ]


def _pieces(recording: Recording, choices: Choices, times_s: ChosenUnits) -> list[TrialBins]:
    """Stretches of the recording, each as one long trial; a UserError if there is no room for them."""
    width = choices.bin_width_s
    stretches = valid_stretches(recording, _observed(recording, times_s))
    pieces = pieces_of(recording, choices, stretches)
    longest = max(piece.num_bins for piece in pieces)
    total = sum(piece.num_bins for piece in pieces)
    channels = num_channels(recording, choices)
    # Windows overlap by half at most, so that they hold everything twice, beside the stretches.
    needed = 3.0 * bytes_of(float(total), len(times_s), channels) + BYTES_AN_EDGE * float(longest)
    require_memory(
        needed,
        f"{recording.source}: {total:,} bins of {width:g} s, all that was recorded, for "
        f"{many(len(times_s), 'unit')}",
        "give wider bins (`bin_width_s=`) or fewer units (`units=`)",
    )
    return pieces


def _observed(recording: Recording, times_s: ChosenUnits) -> Intervals:
    """When any chosen unit was observed; where it is not known, when any spiked."""
    of_units, found = times_s.observed_s, recording.observed_s
    if all(of_units):  # of every chosen unit it is known
        found = union_of([interval for intervals in of_units for interval in intervals])
    if found and found[0][0] > -OPEN_S and found[-1][1] < OPEN_S:
        return found
    first, last = span_of(times_s)
    if first > last:
        raise UserError(f"{recording.source}: no chosen unit has a spike")
    return union_of([(max(a, first), min(b, last)) for a, b in found]) or ((first, last),)


def _bins(start: float, stop: float, width: float) -> TrialBins:
    """A stretch as one long trial, cut to whole bins."""
    with np.errstate(over="ignore"):
        length = int(min(np.floor((stop - start) / width + 1e-6), np.iinfo(np.int64).max // 2))
    return TrialBins(np.array([start]), np.array([length]), width, 0.0)
