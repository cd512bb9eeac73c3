"""Spike times beside their units, against masks of each unit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfads.recordings import grouped as module
from lfads.recordings.binning import sorted_times
from lfads.recordings.grouped import coded, grouped


@pytest.mark.parametrize("piece", [1, 3, 1000])
@given(
    spikes=st.lists(st.tuples(st.floats(-5, 5, width=32), st.integers(-3, 400)), max_size=40),
    kind=st.sampled_from([np.int64, np.float32, np.str_]),
)
def test_each_unit_has_its_times_in_order(piece, spikes, kind):
    times = np.array([time for time, _ in spikes], np.float32)
    unit = np.array([unit for _, unit in spikes], np.int64).astype(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", piece)
        names, codes = coded(unit)
        found = grouped(times, codes, len(names))
    assert names.tolist() == np.unique(unit).tolist()
    assert len(found) == len(names)
    for name, own in zip(names, found, strict=True):
        assert own.dtype == np.float64
        np.testing.assert_array_equal(own, np.sort(times[unit == name]).astype(np.float64))


def test_times_in_order_are_not_copied_and_others_left_as_they_are():
    in_order, others = np.array([0.1, 0.2]), np.array([0.3, 0.1])
    first, second = sorted_times([in_order, others])
    assert np.shares_memory(first, in_order)
    assert second.tolist() == [0.1, 0.3]
    assert others.tolist() == [0.3, 0.1]
