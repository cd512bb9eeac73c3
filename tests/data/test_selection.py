"""Data sets without some of their neurons."""

import dataclasses

import numpy as np
import pytest
from tests.data.sessions import full_dataset
from tests.quality.planted import WIDTH_S, poisson, session_of

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.selection import drop_neurons
from lfads.data.session import FIELDS, Session


def test_every_array_of_neurons_is_cut():
    dataset = full_dataset()
    cut = drop_neurons(dataset, [0, 2])
    before, after = dataset.session, cut.session
    for name in ("spikes", "observed", "true_rates_hz", "held_out_neurons"):
        assert np.array_equal(getattr(after, name), getattr(before, name)[..., [1, 3]])
    assert {name: column.tolist()[0] for name, column in after.neuron_table.items()} == {
        "name": "n2", "area": "M1", "depth": 2.0,
    }  # fmt: skip
    for field in FIELDS:
        if "neuron" not in field.axes:
            assert getattr(after, field.name) is getattr(before, field.name)
    assert dataset.session.num_neurons == 4
    assert cut.source == "arrays without neurons 0, 2"
    assert (cut.start_s, cut.num_forward_bins) == (dataset.start_s, dataset.num_forward_bins)


def test_recordings_are_cut_alike_without_them():
    dataset = dataclasses.replace(
        full_dataset(), prepared={"unit_rows": [3, 5, 8, 9]}, files=("a", "b")
    )
    cut = drop_neurons(dataset, [0, 2])
    assert cut.prepared["unit_rows"] == [5, 9]
    assert cut.paths == ()


def test_no_array_keeps_the_old_number_of_neurons():
    """Also of fields that sessions may get one day."""
    counts = poisson(11, 7, 13)
    rng = np.random.default_rng(0)
    session = session_of(
        counts, observed=np.ones(counts.shape, bool) & (rng.random(counts.shape) < 0.9),
        true_rates_hz=rng.random(counts.shape), external_inputs=rng.random((11, 7, 2)),
        behavior={"hand": rng.random((11, 7, 2))}, condition=np.arange(11) % 2,
    )  # fmt: skip
    dataset = Dataset(sessions=(session,), bin_width_s=WIDTH_S)
    after = drop_neurons(dataset, [12]).session
    for field in dataclasses.fields(Session):
        assert 13 not in np.shape(getattr(after, field.name)), field.name


def test_sessions_are_named_where_there_are_several():
    one = Dataset.from_arrays(poisson(seed=1), bin_width_s=WIDTH_S, name="monday")
    two = Dataset.from_arrays(poisson(seed=2), bin_width_s=WIDTH_S, name="tuesday")
    both = dataclasses.replace(one, sessions=one.sessions + two.sessions)
    cut = drop_neurons(both, {"tuesday": [1]})
    assert [s.num_neurons for s in cut.sessions] == [10, 9]
    assert cut.source == "arrays without neuron 1 of tuesday"
    with pytest.raises(UserError, match="give the indices for each by its name"):
        drop_neurons(both, [1])
    with pytest.raises(UserError, match="no session `friday`; there are monday, tuesday"):
        drop_neurons(both, {"friday": [1]})


@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        ([10], "counted from 0 to 9; got 10"),
        ([-1], "counted from 0 to 9; got -1"),
        ([True] * 10, "np.flatnonzero"),
        ([0.5], "expected indices of neurons; got float64"),
        ([[0], [1, 2]], "expected indices of neurons; got object"),
        (list(range(10)), "no neuron would be left to encode"),
    ],
)
def test_what_cannot_be_dropped(neurons, message):
    dataset = Dataset.from_arrays(poisson(), bin_width_s=WIDTH_S)
    with pytest.raises(UserError, match=message):
        drop_neurons(dataset, {"session": neurons})


def test_encoded_neurons_must_remain():
    dataset = Dataset.from_arrays(poisson(), bin_width_s=WIDTH_S, held_out_neurons=[8, 9])
    with pytest.raises(UserError, match="no neuron would be left to encode"):
        drop_neurons(dataset, range(8))


def test_dropping_nothing_changes_nothing():
    dataset = full_dataset()
    assert drop_neurons(dataset, []) is dataset
