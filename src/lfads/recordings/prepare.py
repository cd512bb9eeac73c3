"""From a recording to trials of counts: choose units and trials, align, bin, split."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.splits import split_trials
from lfads.recordings.binning import counts_in, require_room, require_spikes
from lfads.recordings.choices import Choices, chosen, from_memory, to_remember
from lfads.recordings.continuous import windows_of
from lfads.recordings.expressions import joined_labels
from lfads.recordings.inputs import behavior_on, measured_inputs, num_channels
from lfads.recordings.mistakes import check
from lfads.recordings.observed import observed_samples, warn_of_unobserved
from lfads.recordings.recording import Recording
from lfads.recordings.trials import chosen_trials, forward_bins, say_where_trials_lie
from lfads.recordings.units import ChosenUnits, frequent, held_out, rates_of


def prepare(recording: Recording, **choices: Any) -> Dataset:
    """Trials of counts from a recording.

    Parameters
    ----------
    recording
        Of any source.
    **choices
        What to cut from it, see `Choices`; `bin_width_s` is needed.

    Returns
    -------
    Dataset
        One session; `trial_index` is the row in the table of trials, whose columns are kept. With
        `chop_s` trials are windows, as `lfads.chop` cuts them.

    Raises
    ------
    UserError
        If a name is unknown, a filter keeps nothing, or no spike falls into any trial.

    Examples
    --------
    >>> go = np.arange(20) * 2.0
    >>> recording = Recording.from_spike_times(
    ...     [go + 0.01, np.arange(0, 40, 0.1)], trials={"go": go, "side": ["left", "right"] * 10}
    ... )
    >>> prepare(recording, bin_width_s=0.02, align_to="go", window_s=(-0.1, 0.3), conditions=["side"])
    Dataset(Session('session': 20 trials, 20 bins, 2 neurons); 20 ms bins)
    """
    what = chosen(choices)
    check(recording, what)
    units = ChosenUnits(recording, what)
    cut = windows_of if what.chop_s else _trials
    dataset, kept = cut(recording, what, units)
    return replace(dataset, prepared=to_remember(what, units.rows[kept].tolist()))


def prepare_alike(recording: Recording, remembered: Mapping[str, Any]) -> Dataset:
    """Trials of a recording cut as others were: `remembered` is `Dataset.prepared` of these.

    Units are told by their rows, so the recording must have the same ones in the same order.
    """
    return prepare(recording, **from_memory(remembered))


def _trials(
    recording: Recording, choices: Choices, units: ChosenUnits
) -> tuple[Dataset, np.ndarray]:
    """Trials, and a mask of the chosen units that were kept."""
    rows, columns, bins = chosen_trials(recording, choices)
    num_forward_bins = forward_bins(choices, bins)
    require_room(bins, len(units), num_channels(recording, choices))
    condition = None
    if choices.conditions:
        condition = joined_labels([columns[name] for name in choices.conditions])
    spikes = counts_in(bins, units)
    require_spikes(spikes, bins)
    observed = observed_samples(bins, units.observed_s)
    kept = np.ones(len(units), bool)
    if choices.min_rate_hz > 0:
        rates_hz = rates_of([spikes], [observed], [bins])
        kept = frequent(rates_hz, choices.min_rate_hz, recording.source)
        spikes, observed = spikes[:, :, kept], None if observed is None else observed[:, :, kept]
    say_where_trials_lie(recording, bins, units, masked=observed is not None)
    warn_of_unobserved([observed], [bins])
    dataset = Dataset.from_arrays(
        spikes,
        bin_width_s=choices.bin_width_s,
        trial_length=bins.length,
        split=split_trials(
            len(rows), condition=condition, by=choices.split_by, valid=choices.valid,
            test=choices.test, test_conditions=choices.test_conditions,
        ),
        condition=condition,
        observed=observed,
        held_out_neurons=held_out(spikes.shape[2], choices.hold_out_neurons),
        num_forward_bins=num_forward_bins,
        behavior={k: v[0] for k, v in behavior_on(recording, choices, [bins]).items()},
        external_inputs=measured_inputs(recording, choices, bins),
        trial_index=rows,
        trial_table=columns,
        neuron_table=units.table(kept),
        start_s=bins.offset_s,
        name=recording.name,
        source=recording.source,
    )  # fmt: skip
    return dataset, kept
