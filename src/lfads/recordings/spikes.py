"""Spike times of sorted units, and their counts in bins around trials."""

from collections.abc import Sequence
from typing import Any

from lfads.checks import Problems, suggests_keywords
from lfads.data.dataset import Dataset
from lfads.recordings.binning import counts_in, require_spikes, sorted_times, trial_bins
from lfads.recordings.libraries.frames import Table, columns_of
from lfads.recordings.trial_times import as_interval, warn_of_trials_outside


class SpikeTrains:
    """Times at which neurons fired, in seconds on one clock.

    Parameters
    ----------
    times_s
        One list or 1-D array of times for each neuron, in any order.
    name
        Name of the session.
    recording_s
        Start and end of the recording, to be told of trials that reach outside it.
    neuron_table
        Columns of the neurons by name, such as `name` and `area`, or a data frame of pandas.

    Raises
    ------
    UserError
        If times are not finite numbers, one list for each neuron.

    Examples
    --------
    >>> trains = SpikeTrains([[0.01, 0.02, 1.03], [0.06, 1.01]])
    >>> dataset = trains.bin(
    ...     0.05, trial_starts_s=[0.0, 1.0], window_s=(0.0, 0.1), split=["train", "train"]
    ... )
    >>> dataset.session.spikes[0].tolist()
    [[2, 0], [0, 1]]
    """

    def __init__(
        self,
        times_s: Any,
        *,
        name: str = "session",
        recording_s: Sequence[float] | None = None,
        neuron_table: Any = None,
    ) -> None:
        problems = Problems("spike times")
        self.recording_s = None
        if recording_s is not None:
            self.recording_s = problems.attempt(as_interval, "recording_s", recording_s)
        self.times_s = sorted_times(times_s, problems)
        self.name = name
        self.neuron_table = _table("neuron_table", neuron_table)

    @suggests_keywords
    def bin(
        self,
        bin_width_s: float,
        *,
        trial_starts_s: Any = None,
        trial_stops_s: Any = None,
        window_s: Sequence[float] | None = None,
        split: Any = None,
        condition: Any = None,
        held_out_neurons: Any = None,
        trial_table: Any = None,
    ) -> Dataset:
        """Counts in bins of equal width, each from its start up to but not including its end.

        Bin k of a trial counts the spikes in [start + k w, start + (k + 1) w), where a nanosecond
        before an edge is on it. With `trial_stops_s`, a bin that a trial does not fill is left out.
        Trials may overlap.

        Parameters
        ----------
        bin_width_s
            Width w of a bin in seconds.
        trial_starts_s
            Start of each trial, or with `window_s` the event that each trial is aligned to.
        trial_stops_s
            End of each trial; trials of unequal length get their own `trial_length`.
        window_s
            Start and end of every trial relative to its event, such as (-0.2, 0.6): a whole number
            of bins.
        split, condition, held_out_neurons, trial_table
            As in `Dataset.from_arrays`; the table may be a data frame of pandas.

        Raises
        ------
        UserError
            If the trials are not given, are shorter than two bins, or hold no spike; if the window
            is longer than a minute or no whole number of bins.
        """
        bins = trial_bins(bin_width_s, trial_starts_s, trial_stops_s, window_s)
        spikes = counts_in(bins, self.times_s)
        require_spikes(spikes, bins)
        warn_of_trials_outside(bins.starts_s, bins.stops_s, self.recording_s, self.times_s)
        return Dataset.from_arrays(
            spikes, bin_width_s=bin_width_s, trial_length=bins.length, split=split,
            condition=condition, held_out_neurons=held_out_neurons,
            trial_table=_table("trial_table", trial_table),
            neuron_table=self.neuron_table, start_s=bins.offset_s, name=self.name,
            source="spike times",
        )  # fmt: skip


def _table(what: str, given: Any) -> Any:
    """Columns of a table; what is none is refused where it is checked."""
    return columns_of(what, given) if isinstance(given, Table) else given
