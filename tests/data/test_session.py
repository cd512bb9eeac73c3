"""One list of what a session holds: doors take all of it, and whatever is chosen stays aligned."""

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.sessions import full_dataset, same

import lfads
from lfads.data.selection import drop_neurons
from lfads.data.session import ARRAYS, FIELDS, stored_as
from lfads.recordings.spikes import SpikeTrains

SESSION = full_dataset().session


def test_doors_take_everything_that_a_session_holds():
    names = set(ARRAYS)
    assert names <= set(inspect.signature(lfads.Dataset.from_arrays).parameters)
    made_by_chopping = {"trial_length", "trial_index", "condition", "trial_table"}
    assert names - made_by_chopping <= set(inspect.signature(lfads.chop).parameters)


def test_a_full_session_holds_every_field():
    assert list(SESSION.held()) == [stored_as(field, SESSION.kind) for field in FIELDS]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.sets(st.integers(0, 2), max_size=2))
def test_what_is_chosen_stays_aligned(trials, dropped):
    kept = [neuron for neuron in range(4) if neuron not in dropped]
    chosen = SESSION.take(np.array(trials)).along("neuron", np.array(kept))
    for field in FIELDS:

        def cut(array, axes=field.axes):
            for place, axis in enumerate(axes):
                wanted = {"trial": trials, "neuron": kept}.get(axis)
                array = array if wanted is None else np.take(array, wanted, axis=place)
            return array

        expected = field.each(getattr(SESSION, field.name), cut)
        assert same(getattr(chosen, field.name), expected), field.name
    without = drop_neurons(full_dataset(), sorted(dropped)).session
    assert same(without.neuron_table, SESSION.along("neuron", np.array(kept)).neuron_table)


def test_columns_of_neurons_go_through_chopping_and_binning():
    columns = {"name": ["a", "b", "c"], "area": ["M1", "M1", "S1"], "depth": [1.0, 2.0, np.nan]}
    counts = np.random.default_rng(0).poisson(1.0, (90, 3))
    windows = lfads.chop(counts, bin_width_s=0.01, window_bins=10, neuron_table=columns)
    trains = SpikeTrains([[0.01, 0.5], [0.02], [0.6]], neuron_table=columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        trials = trains.bin(
            0.1, trial_starts_s=[0, 0.5], window_s=(0.0, 0.5), split=["train"] * 2,
            trial_table={"reward": [1, 0]},
        )  # fmt: skip
    assert trials.session.trial_table["reward"].tolist() == [1, 0]
    for dataset in (windows, trials):
        assert dataset.session.neuron_table["area"].tolist() == ["M1", "M1", "S1"]
        assert same(dataset.session.neuron_table["depth"], np.array(columns["depth"]))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"area": ["M1"] * 3},
            r"`neuron_table\['area'\]` must hold one value for each of 4 neurons",
        ),
        (
            {"depth": [1.0] * 5},
            r"`neuron_table\['depth'\]` must hold one number or text for each of 4",
        ),
        ({"a/b": [1] * 4}, r"`neuron_table`: a name must be text without `/`; got 'a/b'"),
        (["M1"] * 4, r"`neuron_table` must be columns by name such as .*; got list"),
    ],
)
def test_columns_that_do_not_fit_are_refused(table, message):
    spikes = SESSION.spikes
    with pytest.raises(lfads.UserError, match=message):
        lfads.Dataset.from_arrays(spikes, bin_width_s=0.01, neuron_table=table)
