"""Signals that are modelled, beside spikes or instead of them: channels on the bins of trials.

A bin holds the mean of the samples within it. One without any is missing, not held, so that frames slower
than the bins, or that sample channels at different times, are modelled as they are.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems, UserError, first_of, many
from lfads.data.dataset import Dataset
from lfads.data.selection import drop_neurons
from lfads.data.signals import constant_signals
from lfads.data.validation import why_not_trained_on
from lfads.guarded.memory import require_memory
from lfads.numerics.deconvolution import deconvolve
from lfads.recordings.binning import TrialBins
from lfads.recordings.choices import Choices
from lfads.recordings.recording import Intervals, Recording, union_of
from lfads.recordings.resample import onto_bins
from lfads.recordings.series import OF_EVENTS, Series, stored_name
from lfads.recordings.units import held_out
from lfads.recordings.validity import overlapping

SPIKES = "spikes"
"""Group of the neurons, where spikes stand beside signals."""


@dataclass(frozen=True, eq=False)
class SignalValues:
    """Values of all channels on the bins of each piece, NaN where missing, and what the channels are."""

    pieces: list[Float[np.ndarray, "trial time neuron"]]
    table: dict[str, np.ndarray]
    unit: str
    behavior: np.ndarray | None = None


def signals_on(
    recording: Recording,
    choices: Choices,
    pieces: Sequence[TrialBins],
    spikes: SignalValues | None = None,
) -> SignalValues:
    """The chosen series on bins, behind the spikes if they are given.

    Raises
    ------
    UserError
        If there is no value in any bin.
    """
    chosen = [_as_chosen(recording.series[name], choices) for name in choices.signals]
    chosen += [recording.series[name] for name in choices.read_outs]
    holds = [False] * len(choices.signals) + [True] * len(choices.read_outs)
    values = [
        np.concatenate(
            [onto_bins(one, bins, hold=hold) for one, hold in zip(chosen, holds, strict=True)],
            axis=-1,
        )
        for bins in pieces
    ]
    for one, bins in zip(values, pieces, strict=True):
        one[overlapping(bins, recording.invalid_s) | bins.behind] = np.nan
    names, modalities = _names_of(chosen), _modalities_of(chosen)
    if not any(np.isfinite(one).any() for one in values):
        raise UserError(
            f"{recording.source}: {first_of([one.name for one in chosen])} has no value in "
            "what is cut: is it on the clock of the trials, in seconds?"
        )
    table = {"name": names}
    behavior = np.isin(modalities, [stored_name(name) for name in choices.read_outs])
    if len(chosen) > 1 or spikes is not None:
        table["modality"] = modalities
    units = {one.unit for one in chosen}
    unit = units.pop() if len(units) == 1 and spikes is None else ""
    if spikes is not None:
        values = [np.concatenate(both, axis=-1) for both in zip(spikes.pieces, values, strict=True)]
        table = {name: np.concatenate([spikes.table[name], table[name]]) for name in table}
        behavior = np.pad(behavior, (len(spikes.table["name"]), 0))
    return SignalValues(values, table, unit, behavior if behavior.any() else None)


def channels_that_change(dataset: Dataset, choices: Choices) -> Dataset:
    """The data without channels that never change in training trials, which is said.

    Neurons without a spike stay. What is held out of the others is chosen among those that are left; in the
    data behaviour alone is.

    Raises
    ------
    UserError
        If none changes, or what is left cannot be trained on.
    """
    session = dataset.session
    names, flat = session.neuron_table["name"], constant_signals(session)
    training = int(session.of_split("train").sum())
    if training and np.isin(np.flatnonzero(~session.held_out_neurons), flat).all():
        raise UserError(
            f"{dataset.source}: no channel of what is modelled changes in the training trials: is it on "
            "the clock of the trials, in seconds?"
        )
    if training and flat.size:
        warnings.warn(
            f"{dataset.source}: {flat.size} of {many(len(names), 'channel')} never change in the training "
            f"trials, or have no value there, and are left out: {first_of(names[flat].tolist())}",
            UserWarning,
            stacklevel=5,
        )
        dataset = replace(drop_neurons(dataset, flat), source=dataset.source)
    if (chosen := _held_out(dataset.session.held_out_neurons, choices)) is not None:
        session = replace(dataset.session, held_out_neurons=chosen)
        dataset = replace(dataset, sessions=(session,))
    problems = Problems(dataset.source)
    problems.found.extend(why_not_trained_on(dataset.session))
    problems.raise_if_any()
    return dataset


def span_of_signals(recording: Recording, choices: Choices) -> Intervals:
    """When all chosen series were recorded."""
    starts, stops = [], []
    for name in choices.signals or choices.read_outs:
        series = recording.series[name]
        if not series.num_samples:
            raise UserError(f"{recording.source}: `signals=`: series `{name}` has no samples")
        starts.append(float(series.times(0, 1)[0]))
        last = float(series.times(series.num_samples - 1, series.num_samples)[0])
        stops.append(last + step_of(series))
    return union_of([(max(starts), min(stops))])


def step_of(series: Series) -> float:
    """Seconds from a sample to the next."""
    if series.rate_hz is not None:
        return 1 / series.rate_hz
    if series.num_samples < 2:
        return 0.0
    return float(np.median(np.diff(series.times(0, series.num_samples))))


def deconvolved(series: Series, decay_s: float | None) -> Series:
    """Events of each channel of a series of fluorescence, found over all of it when first asked for."""
    step = step_of(series)
    decay = None if decay_s is None else float(np.exp(-step / decay_s))

    @cache
    def events() -> np.ndarray:
        require_memory(
            32.0 * series.num_samples * series.num_channels,
            f"series `{series.name}`: {many(series.num_samples, 'frame')} to be deconvolved",
            "give the events as another series",
        )
        traces = np.array(series.values(0, series.num_samples), np.float64)
        for channel in range(series.num_channels):
            traces[:, channel] = deconvolve(traces[:, channel], decay).events
        return traces

    def part(start: int, stop: int) -> np.ndarray:
        return events()[start:stop]

    return replace(series, values=part, unit=OF_EVENTS)


def _held_out(behavior: np.ndarray, choices: Choices) -> np.ndarray | None:
    """Channels that are never encoded: behaviour, and a share of the others; None for none."""
    mask = behavior.copy()
    others = held_out(int((~behavior).sum()), choices.hold_out_neurons)
    if others is not None:
        mask[~behavior] = others
    return mask if mask.any() else None


def _as_chosen(series: Series, choices: Choices) -> Series:
    if not choices.deconvolve:
        return series
    if series.unit == OF_EVENTS:
        raise UserError(
            f"`deconvolve=True` finds events in fluorescence, and series `{series.name}` holds events "
            "already: leave it out, or name the fluorescence with `signals=`"
        )
    return deconvolved(series, choices.decay_s)


def _names_of(chosen: Sequence[Series]) -> np.ndarray:
    """A name of each channel, by its number where a series has several."""
    return np.array(
        [
            stored_name(one.name) if one.num_channels == 1 else f"{stored_name(one.name)} {k}"
            for one in chosen
            for k in (range(one.num_channels) if not one.labels else one.labels)
        ]
    )


def _modalities_of(chosen: Sequence[Series]) -> np.ndarray:
    return np.repeat(
        [stored_name(one.name) for one in chosen], [one.num_channels for one in chosen]
    )
