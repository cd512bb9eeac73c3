"""What holds for all data: splits are partitions, binning conserves spikes, files lose nothing."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.data.sessions import differences

from lfads.data.dataset import Dataset
from lfads.data.splits import default_split
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.recordings.spikes import SpikeTrains

SHAPES = st.tuples(st.integers(3, 12), st.integers(2, 8), st.integers(1, 5))
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/.\0"), min_size=1, max_size=8)


def made(spikes, **others):
    """A data set; silent neurons are as good as others here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return Dataset.from_arrays(spikes, bin_width_s=0.01, for_inference=True, **others)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_a_split_is_a_partition(condition):
    split = default_split(len(condition), np.array(condition))
    assert set(split) <= {"train", "valid"}
    assert (split == "train").sum() >= 1
    assert len(condition) == 1 or (split == "valid").sum() >= 1
    assert (split == "valid").sum() <= max(1, len(condition) // 5)


@given(
    times=st.lists(
        st.lists(st.integers(-200, 1200).map(lambda k: k / 100), max_size=30),
        min_size=1,
        max_size=3,
    ),
    width=st.sampled_from([0.01, 0.05, 0.1, 0.3, 1 / 3, 0.5]),
    num_bins=st.integers(2, 12),
    num_trials=st.integers(2, 4),
)
def test_binning_conserves_spikes(times, width, num_bins, num_trials):
    # Trials that touch: every spike between the first start and the last stop is counted once.
    starts = np.arange(num_trials) * num_bins * width
    stop = num_trials * num_bins * width
    times = [*times, [0.5 * width]]  # so that there is a spike
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        session = (
            SpikeTrains(times)
            .bin(
                width,
                trial_starts_s=starts,
                window_s=(0.0, num_bins * width),
                split=["train"] * num_trials,
            )
            .session
        )
    assert session.num_bins == num_bins
    expected = [sum(-1e-9 <= t < stop - 1e-9 for t in train) for train in times]
    assert session.spikes.sum((0, 1), dtype=int).tolist() == expected


@given(
    train=st.lists(st.floats(0, 10), min_size=1, max_size=40),
    starts=st.lists(st.floats(0, 8), min_size=2, max_size=4),
    lengths=st.data(),
)
def test_a_spike_lies_in_the_bin_that_counts_it(train, starts, lengths):
    train = [*train, starts[0]]
    stops = [start + lengths.draw(st.floats(0.25, 2.0)) for start in starts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        session = (
            SpikeTrains([train])
            .bin(0.1, trial_starts_s=starts, trial_stops_s=stops, split=["train"] * len(starts))
            .session
        )
    for trial, start in enumerate(starts):
        assert session.trial_length[trial] <= (stops[trial] - start) / 0.1 + 1e-6
        for time in range(session.trial_length[trial]):
            edge, end = start + np.arange(time, time + 2) * 0.1 - 1e-9
            expected = sum(edge <= t < end for t in train)
            assert session.spikes[trial, time, 0] == expected


@given(st.data())
def test_a_file_loses_nothing(data):
    shape = data.draw(SHAPES)
    num_trials, num_bins, num_neurons = shape
    spikes = data.draw(hnp.arrays(np.uint16, shape, elements=st.integers(0, 65535)))
    series = hnp.arrays(np.float32, (*shape[:2], 2), elements=st.floats(-9, 9, width=32))
    labels = st.lists(NAMES, min_size=num_trials, max_size=num_trials).map(np.array)
    dataset = made(
        spikes,
        split=["train", "train"] + ["test"] * (num_trials - 2),
        trial_length=data.draw(hnp.arrays(int, num_trials, elements=st.integers(2, num_bins))),
        observed=data.draw(st.none() | hnp.arrays(bool, shape)),
        held_out_neurons=data.draw(st.lists(st.integers(1, 4), max_size=1))
        if num_neurons == 5
        else None,
        condition=data.draw(st.none() | labels | hnp.arrays(np.int64, num_trials)),
        external_inputs=data.draw(st.none() | series),
        behavior=data.draw(st.dictionaries(NAMES, series, max_size=2)),
        true_latents=data.draw(st.none() | series),
        true_rates_hz=data.draw(
            st.none() | hnp.arrays(np.float64, shape, elements=st.floats(0, 500))
        ),
        trial_table=data.draw(st.dictionaries(NAMES, labels, max_size=2)),
        neuron_table=data.draw(
            st.dictionaries(
                NAMES,
                st.lists(NAMES, min_size=num_neurons, max_size=num_neurons).map(np.array)
                | hnp.arrays(np.float32, num_neurons)
                | hnp.arrays(bool, num_neurons),
                max_size=3,
            )
        ),
        name=data.draw(NAMES),
    )
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        again = read(write(dataset, Path(folder) / "data.h5"), for_inference=True)
    assert differences(dataset.session, again.session) == []
    assert dataset.fingerprint() == again.fingerprint()


@given(st.data())
def test_checking_does_not_depend_on_the_order_of_neurons(data):
    shape = data.draw(SHAPES)
    spikes = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 300)))
    order = np.array(data.draw(st.permutations(range(shape[2]))))
    held_out = data.draw(st.integers(0, shape[2] - 1)) if shape[2] > 1 else None
    mask = np.arange(shape[2]) == held_out
    one = made(spikes, held_out_neurons=mask).session
    other = made(spikes[..., order], held_out_neurons=mask[order]).session
    np.testing.assert_array_equal(one.spikes[..., order], other.spikes)
    np.testing.assert_array_equal(one.held_out_neurons[order], other.held_out_neurons)
    assert one.split.tolist() == other.split.tolist()
