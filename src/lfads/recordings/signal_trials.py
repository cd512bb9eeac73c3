"""From a recording to trials, or windows, of signals, with spikes or without."""

import warnings
from collections.abc import Sequence

import numpy as np

from lfads.checks import UserError, first_of, many
from lfads.data.dataset import Dataset
from lfads.recordings.binning import TrialBins, require_room
from lfads.recordings.choices import Choices
from lfads.recordings.continuous import pieces_of, window_bins_of
from lfads.recordings.cut_trials import cut_trials
from lfads.recordings.recording import Recording
from lfads.recordings.resample import behavior_on, measured_inputs, num_channels
from lfads.recordings.signals import (
    SPIKES,
    SignalValues,
    channels_that_change,
    signals_on,
    span_of_signals,
)
from lfads.recordings.units import ChosenUnits, counted
from lfads.recordings.validity import valid_stretches
from lfads.windows.chop import chop


def signal_trials(
    recording: Recording, choices: Choices, units: ChosenUnits
) -> tuple[Dataset, np.ndarray]:
    """Trials of signals, and a mask of the units that were kept."""
    cut = cut_trials(recording, choices)
    _require_room(recording, choices, units, cut.bins)
    spikes, kept = _spikes(choices, units, [cut.bins])
    found = signals_on(recording, choices, [cut.bins], spikes)
    (values,) = found.pieces
    empty = np.asarray(np.isnan(values).all((1, 2)))
    if empty.any():
        warnings.warn(
            f"{recording.source}: {int(empty.sum())} of {many(len(cut.rows), 'trial')} have no value of "
            f"what is modelled and are left out: rows {first_of(cut.rows[empty].tolist())}",
            UserWarning,
            stacklevel=4,
        )
        cut = cut.of(~empty)
        values = values[~empty, : cut.bins.num_bins]
    dataset = Dataset.from_arrays(
        signals=values,
        unit=found.unit,
        held_out_neurons=found.behavior,
        neuron_table=found.table,
        for_inference=True,
        **cut.beside(recording, choices),
    )
    return channels_that_change(dataset, choices), kept


def signal_windows(
    recording: Recording, choices: Choices, units: ChosenUnits, window_s: float
) -> tuple[Dataset, np.ndarray]:
    """Windows of signals from all that was recorded, and a mask of the units that were kept."""
    window, overlap = window_bins_of(choices, window_s)
    stretches = valid_stretches(recording, span_of_signals(recording, choices))
    pieces = pieces_of(recording, choices, stretches)
    for piece in pieces:
        _require_room(recording, choices, units, piece)
    spikes, kept = _spikes(choices, units, pieces)
    found = signals_on(recording, choices, pieces, spikes)
    inputs = [measured_inputs(recording, choices, piece) for piece in pieces]
    known = [given[0] for given in inputs if given is not None]
    behavior = behavior_on(recording, choices, pieces)
    dataset = chop(
        signals=[piece[0] for piece in found.pieces],
        unit=found.unit,
        bin_width_s=choices.bin_width_s,
        window_bins=window,
        overlap_bins=overlap,
        piece_starts_s=[float(piece.starts_s[0]) for piece in pieces],
        held_out_neurons=found.behavior,
        external_inputs=known or None,
        behavior={name: [piece[0] for piece in binned] for name, binned in behavior.items()},
        neuron_table=found.table,
        name=recording.name,
        source=recording.source,
        for_inference=True,
    )
    return channels_that_change(dataset, choices), kept


def _require_room(
    recording: Recording, choices: Choices, units: ChosenUnits, bins: TrialBins
) -> None:
    """A UserError if there is no room for signals, spikes and behaviour on these bins."""
    names = [*choices.signals, *choices.read_outs]
    signals = sum(recording.series[name].num_channels for name in names)
    require_room(bins, len(units), num_channels(recording, choices) + signals)


def _spikes(
    choices: Choices, units: ChosenUnits, pieces: Sequence[TrialBins]
) -> tuple[SignalValues | None, np.ndarray]:
    """Counts of spikes as a group of channels, where they are asked for."""
    if choices.signals and not choices.with_spikes:
        return None, np.zeros(len(units), bool)
    counts, observed, kept = counted(pieces, units, choices.min_rate_hz)
    values = [
        np.where(True if mask is None else mask, one, np.nan)
        for one, mask in zip(counts, observed, strict=True)
    ]
    table = units.table(kept)
    names = table.get("name", np.array([f"{SPIKES} {row}" for row in units.rows[kept]]))
    modalities = np.full(int(kept.sum()), SPIKES)
    if not kept.any():
        raise UserError("`with_spikes=True`: no unit is left")
    return SignalValues(values, {"name": names.astype(str), "modality": modalities}, ""), kept
