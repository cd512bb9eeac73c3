"""From a recording to trials of counts: choose units and trials, align, bin, split."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal

import numpy as np

from lfads.checks import suggests_keywords
from lfads.data.dataset import Dataset
from lfads.recordings.binning import require_room
from lfads.recordings.choices import OF_RECORDING, Choices, to_remember
from lfads.recordings.continuous import windows_of
from lfads.recordings.counts import say_where_bins_lie
from lfads.recordings.cut_trials import cut_trials
from lfads.recordings.mistakes import check
from lfads.recordings.recording import Recording
from lfads.recordings.resample import num_channels
from lfads.recordings.signal_trials import signal_trials, signal_windows
from lfads.recordings.trials import say_where_trials_lie
from lfads.recordings.units import ChosenUnits, counted, held_out
from lfads.recordings.validity import warn_of_unobserved, with_enough


@suggests_keywords
def prepare(
    recording: Recording,
    *,
    bin_width_s: float,
    align_to: str | None = None,
    window_s: tuple[float, float] | None = None,
    relative_to_trial: bool = False,
    chop_s: float | None = None,
    overlap_s: float | None = None,
    start: str = "start_time",
    stop: str = "stop_time",
    trials: str | None = None,
    units: str | None = None,
    unit_rows: Sequence[int] | None = None,
    min_rate_hz: float = 0.0,
    conditions: Sequence[str] = (),
    behavior: Sequence[str] = (),
    signals: Sequence[str] = (),
    deconvolve: bool = False,
    decay_s: float | None = None,
    with_spikes: bool = False,
    read_outs: Sequence[str] = (),
    inputs: Sequence[str] = (),
    input_events: Sequence[str] = (),
    split_by: Literal["trial", "block"] = "trial",
    valid: float = 0.2,
    test: float = 0.0,
    test_conditions: Sequence[str] = (),
    hold_out_neurons: float = 0.0,
    forward_s: float = 0.0,
) -> Dataset:
    """Trials of counts, or of signals, from a recording: chosen, aligned, binned and split.

    Seconds that are no whole number of bins are rounded, which is said; `window_s` must be one. Bins
    outside the times in which a unit was observed, or that touch a stretch declared invalid, are not
    observed; trials of which less than half was are left out, and windows lie around invalid stretches.
    That is said, too.

    Parameters
    ----------
    recording
        Of any source.
    bin_width_s
        Width of a bin in seconds.
    align_to
        The event that each trial is aligned to: a trial column of times in seconds, `TABLE/COLUMN` of
        another table of intervals, or the name of events, each of which is a trial then.
    window_s
        Start and end of each trial in seconds, relative to its event.
    relative_to_trial
        The times of `align_to` count from the start of their trial, as reaction times do.
    chop_s
        Cut everything that was recorded into windows of so many seconds, instead of trials.
    overlap_s
        That a window shares with the next; a fifth of it by default.
    start, stop
        Without `align_to`, trial columns of the times at which each trial begins and ends: trials keep
        their own lengths.
    trials, units
        Filters over the columns of trials and of units, such as `'area == "M1" and quality > 0.5'`.
    unit_rows
        Rows of the table of units, instead of a filter.
    min_rate_hz
        Units that fire less in the trials, in spikes/s, are left out.
    conditions
        Trial columns that together label the condition of a trial.
    behavior
        Names of series to bring onto the bins, (trial, time, channel), in their own units.
    signals
        Names of series whose channels are modelled instead of spikes, such as fluorescence, field
        potentials or envelopes of muscles. A bin holds the mean of its samples; one without any is missing.
    deconvolve
        Signals are fluorescence: their events are modelled, found by undoing a first-order decay.
    decay_s
        Time constant of that decay in seconds; estimated for each channel by default.
    with_spikes
        Spikes are modelled beside the signals: each series, and the spikes, are a group of channels.
    read_outs
        Names of series that are modelled as a group of channels beside the others, but never encoded:
        behaviour that the factors are to tell.
    inputs, input_events
        Series, and events or trial columns of times, that drive the dynamics from outside: channels of
        series as they are, then counts of each kind of event.
    split_by
        `trial`: validation and test trials are spread over the session and each condition; `block`:
        they are its end.
    valid, test
        Shares of the trials to validate and to test, from 0 to 1.
    test_conditions
        Conditions whose trials all test.
    hold_out_neurons
        Share of the neurons that are reconstructed but never encoded, evenly spread.
    forward_s
        The last seconds of every trial are predicted, never encoded.

    Returns
    -------
    Dataset
        One session of counts, or signals, (trial, time, neuron); `trial_index` is the row in the table
        of trials, whose columns are kept. With `chop_s` trials are windows, as `lfads.chop` cuts them.

    Raises
    ------
    UserError
        If a name is unknown, choices do not go together, a filter keeps nothing, or no spike falls into
        any trial.

    Examples
    --------
    >>> go = np.arange(20) * 2.0
    >>> recording = Recording.from_spike_times(
    ...     [go + 0.01, np.arange(0, 40, 0.1)], trials={"go": go, "side": ["left", "right"] * 10}
    ... )
    >>> prepare(recording, bin_width_s=0.02, align_to="go", window_s=(-0.1, 0.3), conditions=["side"])
    Dataset(Session('session': 20 trials, 20 bins, 2 neurons); 20 ms bins)
    """
    given = locals()
    what = Choices(**{choice.name: given[choice.name] for choice in fields(Choices)})
    if not recording.num_units and not what.signals:
        what = replace(what, signals=tuple(recording.usual_signals))
    check(recording, what)
    chosen_units = ChosenUnits(recording, what)
    of_signals = bool(what.signals or what.read_outs)
    if of_signals and chop_s is None:
        dataset, kept = signal_trials(recording, what, chosen_units)
    elif of_signals and chop_s is not None:
        dataset, kept = signal_windows(recording, what, chosen_units, chop_s)
    elif chop_s is None:
        dataset, kept = _trials(recording, what, chosen_units)
    else:
        dataset, kept = windows_of(recording, what, chosen_units, chop_s)
    remembered = to_remember(what, chosen_units.rows[kept].tolist(), recording)
    return replace(dataset, prepared=remembered)


def prepare_alike(recording: Recording, remembered: Mapping[str, Any]) -> Dataset:
    """Trials of a recording cut as others were: `remembered` is `Dataset.prepared` of these.

    Units are told by their rows, so the recording must have the same ones in the same order.
    """
    window = remembered.get("window_s")  # a list, as files keep it
    choices = {name: value for name, value in remembered.items() if name not in OF_RECORDING}
    return prepare(recording, **{**choices, "window_s": None if window is None else tuple(window)})


def _trials(
    recording: Recording, choices: Choices, units: ChosenUnits
) -> tuple[Dataset, np.ndarray]:
    """Trials, and a mask of the chosen units that were kept."""
    cut = cut_trials(recording, choices)
    say_where_bins_lie(recording, cut.bins)
    require_room(cut.bins, len(units), num_channels(recording, choices))
    (spikes,), (observed,), kept = counted([cut.bins], units, choices.min_rate_hz)
    enough = with_enough(observed, cut.bins)
    warn_of_unobserved(recording, [observed], [cut.bins], cut.rows, enough)
    if observed is not None and not enough.all():
        cut = cut.of(enough)
        num_bins = cut.bins.num_bins
        spikes, observed = spikes[enough, :num_bins], observed[enough, :num_bins]
        observed = None if observed.all() else observed
    # Bins outside the intervals of their units are masked.
    masked = observed is not None and any(units.observed_s)
    say_where_trials_lie(recording, cut.bins, units, masked=masked)
    dataset = Dataset.from_arrays(
        spikes,
        observed=observed,
        held_out_neurons=held_out(spikes.shape[2], choices.hold_out_neurons),
        neuron_table=units.table(kept),
        **cut.beside(recording, choices),
    )
    return dataset, kept
