"""Units that were observed at different times: what lies outside neither trains nor counts."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.recordings.binning import trial_bins
from lfads.recordings.prepare import prepare
from lfads.recordings.recording import Recording
from lfads.recordings.validity import Validity, observed_samples

pytestmark = pytest.mark.filterwarnings("ignore:.*silent in the training trials")


def recording(observed, seconds=40.0):
    times = np.arange(0.005, seconds, 0.05)
    starts = np.arange(0.0, seconds, 2.0)
    return Recording.from_spike_times(
        [times, times, times],
        trials={"start_time": starts, "stop_time": starts + 1.0},
        units_observed_s=observed,
        observed_s=[(0.0, seconds)],
    )


def test_samples_outside_the_intervals_of_their_unit_are_marked():
    source = recording([[(0.0, 40.0)], [(0.0, 10.0), (20.5, 40.0)], []])
    said = r"110 of 1,200 samples, of 1 of 3 units, lie outside the times in which"
    with pytest.warns(UserWarning, match=said):
        session = prepare(source, bin_width_s=0.05).session
    assert session.observed is not None
    expected = np.ones((20, 20), bool)
    expected[5:10] = False
    expected[10, :10] = False
    # What was seen of unit 1: trials at 10 to 18 s not, that at 20 s from its middle on.
    assert session.observed[:, :, 0].all()
    assert session.observed[:, :, 2].all()
    np.testing.assert_array_equal(session.observed[:, :, 1], expected)
    assert not session.spikes[5:10, :, 1].any()


def test_one_interval_for_all_changes_nothing():
    plain = prepare(recording([]), bin_width_s=0.05)
    same = prepare(recording([[(0.0, 40.0)]] * 3), bin_width_s=0.05)
    assert same.session.observed is None
    assert same.fingerprint() == plain.fingerprint()


def test_trials_of_which_little_was_observed_are_left_out():
    source = recording([[(0.0, 36.4)]] * 3)
    said = r"left out: rows 18, 19"
    with pytest.warns(UserWarning, match=said) as told:
        session = prepare(source, bin_width_s=0.05).session
    assert len(told) == 1
    assert session.trial_index.tolist() == list(range(18))
    assert session.observed is None


def test_units_that_were_observed_one_after_the_other_keep_their_trials():
    source = recording([[(0.0, 13.0)], [(13.0, 27.0)], [(27.0, 40.0)]])
    with pytest.warns(UserWarning, match="of 3 of 3 units, lie outside the times"):
        session = prepare(source, bin_width_s=0.05).session
    assert session.num_trials == 20


def test_rates_are_those_of_the_time_observed():
    source = recording([[(0.0, 40.0)], [(0.0, 3.0)], [(0.0, 40.0)]])
    with pytest.warns(UserWarning, match="outside the times"):
        session = prepare(source, bin_width_s=0.05, min_rate_hz=15.0).session
    assert session.num_neurons == 3


def test_windows_of_all_that_was_recorded_are_marked():
    source = recording([[(0.0, 40.0)], [(0.0, 20.0)], [(0.0, 20.0), (30.0, 40.0)]])
    with pytest.warns(UserWarning, match=r"600 of 2,400 samples, of 2 of 3 units"):
        session = prepare(source, bin_width_s=0.05, chop_s=2.0, overlap_s=0.0).session
    assert session.observed is not None
    assert session.observed.sum((0, 1)).tolist() == [800, 400, 600]


def test_windows_lie_where_the_chosen_units_were_observed():
    source = recording([[(0.0, 40.0)], [(0.0, 20.0)], [(0.0, 20.0)]])
    session = prepare(source, bin_width_s=0.05, chop_s=2.0, unit_rows=[1, 2]).session
    assert session.observed is None
    assert set(session.trial_table["chop_piece_bins"]) == {400}


def test_a_bin_is_observed_if_all_of_it_is():
    bins = trial_bins(0.1, [0.0], window_s=(0.0, 0.5))
    mask = observed_samples(bins, Validity([((0.1, 0.3 - 1e-9),), ()]))
    assert mask is not None
    assert mask[0, :, 0].tolist() == [False, True, True, False, False]
    assert mask[0, :, 1].all()


def test_intervals_are_those_of_each_unit():
    with pytest.raises(UserError, match="must hold the intervals of each of 3 units; got 2"):
        recording([[], [(0.0, 1.0)]])
