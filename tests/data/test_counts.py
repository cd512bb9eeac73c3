"""Whatever a user gives as `spikes` becomes counts, or a message that helps."""

import numpy as np
import pytest
from tests.data.sessions import counts, full_dataset

from lfads.checks import Problems, UserError
from lfads.data.counts import as_counts, as_numbers, warn_of_silent_neurons
from lfads.data.dataset import Dataset


def refused(spikes, message, **others):
    with pytest.raises(UserError, match=message):
        Dataset.from_arrays(spikes, bin_width_s=0.01, **others)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float32, np.float64])
def test_whole_numbers_of_any_kind_are_counts(dtype):
    given = (counts() > 2).astype(dtype)
    spikes = Dataset.from_arrays(given, bin_width_s=0.01).session.spikes
    assert spikes.dtype == np.uint8
    np.testing.assert_array_equal(spikes, given.astype(np.uint8))


def test_the_smallest_type_that_fits_is_taken():
    spikes = counts()
    spikes[0, 0, 0] = 256
    assert Dataset.from_arrays(spikes, bin_width_s=0.01).session.spikes.dtype == np.uint16
    spikes[0, 0, 0] = 255
    assert Dataset.from_arrays(spikes, bin_width_s=0.01).session.spikes.dtype == np.uint8


def test_nested_lists_are_counts():
    assert Dataset.from_arrays(counts().tolist(), bin_width_s=0.01).session.num_neurons == 4


def test_too_many_spikes_are_refused():
    spikes = counts()
    spikes[1, 2, 3] = 65536
    refused(spikes, r"up to 65535 in a bin; got 65536 at trial 1, bin 2, neuron 3: are these")


def test_negative_counts_are_refused():
    spikes = counts()
    spikes[4, 5, 0] = -1
    refused(spikes, r"must be counts; got negative ones, -1 at trial 4, bin 5, neuron 0")


def test_rates_are_refused():
    message = r"got float64 \(10, 6, 4\) with \d\.5 at trial 0.*these look like rates or smoothed"
    refused(counts() + 0.5, message)


def test_times_of_as_many_spikes_in_each_trial_are_led_on():
    times = np.cumsum(np.full((10, 6, 4), 0.3), axis=1)
    message = r"these rise along time: if they are spike times in seconds, bin them first: .*`spike_times`"
    refused(times, message)
    refused(np.full((10, 6, 4), 0.3), "these look like rates")


def test_nan_needs_a_mask():
    spikes = counts().astype(float)
    spikes[1, 2, 3] = np.nan
    refused(spikes, r"got 1 NaN, nan at trial 1, bin 2, neuron 3: mark missing samples as False")
    observed = ~np.isnan(spikes)
    session = Dataset.from_arrays(spikes, bin_width_s=0.01, observed=observed).session
    assert session.spikes[1, 2, 3] == 0
    np.testing.assert_array_equal(session.observed, observed)


def test_infinite_counts_are_refused():
    spikes = counts().astype(float)
    spikes[1, 2, 3] = np.inf
    refused(spikes, r"must be finite; got inf at trial 1, bin 2, neuron 3")


def test_text_is_refused():
    refused(np.full((2, 3, 4), "a"), r"whole numbers; got <U1 \(2, 3, 4\)")


def test_a_path_is_pointed_to_read():
    refused("data.h5", r"To open a file: `lfads.read\(path\)`")


def test_objects_are_refused():
    refused(object(), r"shape \(trial, time, neuron\), whole numbers; got object")
    refused(np.full((2, 3), None), r"list of 2 items that cannot be one array of numbers")


def test_masked_arrays_are_refused():
    refused(np.ma.masked_array(counts()), r"masked array: give its `.data`, and `observed=~mask`")


def test_spike_times_are_pointed_to_binning():
    rng = np.random.default_rng(0)
    hint = (
        r"If these are spike times in seconds, bin them first: "
        r"`lfads.SpikeTrains\(...\).bin\(bin_width_s=0.005\)`"
    )
    refused(np.sort(rng.random((137, 700))), r"got float64 \(137, 700\)\. " + hint)
    refused([np.sort(rng.random(3)), np.sort(rng.random(5))], r"a list of 2 items.*" + hint)


def test_ragged_lists_without_a_reading_are_refused():
    refused([[1, 0], [[3]]], r"got a list of 2 items that cannot be one array of numbers")


def test_one_trial_alone_is_pointed_to_its_axis():
    refused(counts()[0], r"got int64 \(6, 4\)\. One trial alone is `spikes\[None\]`")
    refused(np.zeros((2, 2, 2, 2)), r"shape \(trial, time, neuron\); got float64 \(2, 2, 2, 2\)")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((0, 6, 4), r"holds no trials; got shape \(0, 6, 4\)"),
        ((10, 6, 0), r"holds no neurons; got shape \(10, 6, 0\)"),
        ((10, 1, 4), r"trials of at least 2 bins; got shape \(10, 1, 4\).*axes in order"),
    ],
)
def test_empty_axes_are_refused(shape, message):
    refused(np.ones(shape, int), message)


def test_silent_neurons_bring_a_warning():
    spikes = counts(num_neurons=14)
    spikes[..., 2:] = 0
    message = r"12 of 14 neurons are silent.*: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more\."
    with pytest.warns(UserWarning, match=message):
        Dataset.from_arrays(spikes, bin_width_s=0.01)


def test_active_neurons_bring_no_warning():
    warn_of_silent_neurons(full_dataset().session, "here")


def test_unknown_samples_are_not_judged():
    problems = Problems("here")
    array = np.array([[[np.nan], [np.inf], [0.5], [-1.0], [7.0]]])
    known = np.array([[[False], [False], [False], [False], [True]]])
    assert as_counts(as_numbers(array, problems), known, problems).ravel().tolist() == [0] * 4 + [7]
    problems.raise_if_any()
