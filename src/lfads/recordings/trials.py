"""Which trials are cut, and their bins."""

import warnings

import numpy as np

from lfads.checks import UserError, many
from lfads.recordings.binning import SpikeTimes, TrialBins, trial_bins
from lfads.recordings.choices import Choices
from lfads.recordings.events import events_of, on_clock
from lfads.recordings.expressions import select
from lfads.recordings.mistakes import bins_of
from lfads.recordings.recording import Columns, Recording
from lfads.recordings.trial_times import warn_of_trials_outside


def chosen_trials(recording: Recording, choices: Choices) -> tuple[np.ndarray, Columns, TrialBins]:
    """Rows of the table, their columns, and their bins."""
    columns, events = events_of(recording, choices)
    rows = np.arange(len(events) if events is not None else recording.num_trials)
    if choices.trials is not None:
        kept = select(choices.trials, columns, "`trials=`")
        require_some(kept, f"`trials=` {choices.trials!r}", "trial", recording.source)
        rows = rows[kept]
    stops: np.ndarray | None = None
    if events is not None:
        starts = events
    else:
        for parameter, name in (("`start=`", choices.start), ("`stop=`", choices.stop)):
            recording.trial_column(name, parameter)
        starts = on_clock(recording, choices, choices.start)
        stops = on_clock(recording, choices, choices.stop)
    named = choices.align_to or f"{choices.start} and {choices.stop}"
    known = np.isfinite(starts) & (True if stops is None else np.isfinite(stops))
    rows = _with_times(rows, known, named, recording.source)
    bins = trial_bins(
        choices.bin_width_s, starts[rows], None if stops is None else stops[rows], choices.window_s
    )
    return rows, {name: column[rows] for name, column in columns.items()}, bins


def _with_times(rows: np.ndarray, known: np.ndarray, named: str, source: str) -> np.ndarray:
    """The rows whose times are known; the others are said."""
    kept = rows[known[rows]]
    if not len(kept):
        raise UserError(f"{source}: no chosen trial has a time of {named}")
    if len(kept) < len(rows):
        warnings.warn(
            f"{len(rows) - len(kept)} of {many(len(rows), 'trial')} have no time of {named} and are "
            "left out",
            UserWarning,
            stacklevel=4,
        )
    return kept


def say_where_trials_lie(
    recording: Recording, bins: TrialBins, times_s: SpikeTimes, *, masked: bool
) -> None:
    """Warn of trials that share time and, unless `masked` there, of those outside the recording."""
    stops = bins.stops_s
    if not masked:
        warn_of_trials_outside(bins.starts_s, stops, recording.span_s, times_s)
        _warn_of_gaps(recording, bins.starts_s, stops)
    order = np.argsort(bins.starts_s, kind="stable")
    shared = int((bins.starts_s[order][1:] < stops[order][:-1] - bins.width_s / 2).sum())
    if shared:
        warnings.warn(
            f"{shared} of {many(len(order), 'trial')} begin before the one before has ended, so that some "
            "spikes are counted twice: where one trains and the other validates, scores look better than "
            "they are",
            UserWarning,
            stacklevel=3,
        )


def _warn_of_gaps(recording: Recording, starts: np.ndarray, stops: np.ndarray) -> None:
    """Warn of trials within the recording that reach into a gap of it."""
    if len(recording.observed_s) < 2:
        return
    begins, ends = np.array(recording.observed_s).T
    slack = 1e-9
    whole = ((starts[:, None] >= begins - slack) & (stops[:, None] <= ends + slack)).any(1)
    inside = (starts >= begins[0] - slack) & (stops <= ends[-1] + slack)
    cut = int((inside & ~whole).sum())
    if cut:
        warnings.warn(
            f"{cut} of {many(len(starts), 'trial')} reach into gaps between the {len(begins)} stretches "
            "that were recorded: zeros there are no silence. Leave those trials out",
            UserWarning,
            stacklevel=4,
        )


def forward_bins(choices: Choices, bins: TrialBins) -> int:
    """Bins at the end of each trial to predict; a UserError if a trial is too short for them."""
    number = bins_of("forward_s", choices.forward_s, choices.bin_width_s)
    trial = int(bins.length.argmin())
    if number > bins.length[trial] - 2:
        raise UserError(
            f"`forward_s={choices.forward_s:g}` is {many(number, 'bin')} of {choices.bin_width_s:g} s, and "
            f"must leave at least 2 to encode; the trial that starts at {bins.starts_s[trial]:g} s has "
            f"{bins.length[trial]}: give fewer, or longer trials"
        )
    return number


def require_some(kept: np.ndarray, flag: str, what: str, source: str) -> None:
    """A UserError if a filter keeps nothing."""
    if not kept.any():
        raise UserError(f"{source}: {flag} keeps none of {many(len(kept), what)}")
