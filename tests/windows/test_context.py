"""Windows with the bins around them: what is taken from windows beside them, and where it ends."""

import dataclasses

import numpy as np
import pytest

from lfads.data.session import Session
from lfads.windows.chop import chop
from lfads.windows.context import usual_context, widened

PIECES = [np.arange(1, 24)[:, None], np.arange(31, 44)[:, None], np.arange(51, 54)[:, None]]


@pytest.fixture(scope="module")
def windows() -> Session:
    return chop(
        PIECES,
        bin_width_s=0.01,
        window_bins=6,
        overlap_bins=2,
        piece_starts_s=[0.0, 5.0, 9.0],
        external_inputs=[np.hstack([p, -p]) / 8 for p in PIECES],
        observed=[p % 5 > 0 for p in PIECES],
        behavior=[p * 1.0 for p in PIECES],
        true_rates_hz=[p * 1.0 for p in PIECES],
    ).session


@pytest.mark.parametrize("bins", [1, 3, 7, 40])
def test_bins_are_those_of_the_recording_and_end_with_its_pieces(windows, bins):
    wide = widened(windows, bins)
    assert wide is not None
    session, columns = wide.session, windows.trial_table
    assert session.external_inputs is not None
    assert session.observed is not None
    for trial in range(windows.num_trials):
        piece = PIECES[columns["chop_piece"][trial]][:, 0]
        start, length = columns["chop_start_bin"][trial], windows.trial_length[trial]
        there = piece[max(0, start - bins) : start + length + bins]
        assert session.trial_length[trial] == len(there)
        assert wide.first_bin[trial] == min(start, bins)
        np.testing.assert_array_equal(session.observed[trial, : len(there), 0], there % 5 > 0)
        expected = np.where(there % 5 > 0, there, 0)
        np.testing.assert_array_equal(session.values[trial, : len(there), 0], expected)
        np.testing.assert_array_equal(session.external_inputs[trial, : len(there), 1], -there / 8)
        assert not session.values[trial, len(there) :].any()
        assert not session.observed[trial, len(there) :].any()


def test_what_inference_does_not_read_is_left_out(windows):
    wide = widened(windows, 2)
    assert wide is not None
    assert wide.session.true_rates_hz is None
    assert not wide.session.behavior
    assert wide.session.trial_table is windows.trial_table


def test_it_ends_where_windows_are_missing(windows):
    starts = windows.trial_table["chop_start_bin"]
    first = windows.trial_table["chop_piece"] == 0
    assert starts[first].tolist() == [0, 4, 8, 12, 16, 17]
    some = windows.take(np.isin(starts, [4, 12, 16]) & first)
    wide = widened(some, 3)
    assert wide is not None
    # bins 4 to 9 are held by one window; from 12 to 21 by two that overlap
    assert wide.first_bin.tolist() == [0, 0, 3]
    assert wide.session.trial_length.tolist() == [6, 9, 9]
    turned = widened(some.take(np.array([2, 0, 1])), 3)
    assert turned is not None
    assert turned.session.trial_length.tolist() == [9, 6, 9]


def test_windows_that_do_not_agree_are_left_alone(windows):
    values = windows.values.copy()
    values[1, 0, 0] += 1
    assert widened(dataclasses.replace(windows, values=values), 2) is None
    assert windows.external_inputs is not None
    moved = windows.external_inputs + np.arange(windows.num_trials)[:, None, None]
    assert widened(dataclasses.replace(windows, external_inputs=moved), 2) is None


@pytest.mark.parametrize(
    ("column", "value"), [("chop_piece_bins", 40), ("chop_start_bin", -1), ("chop_start_bin", 21)]
)
def test_windows_that_say_otherwise_of_their_piece_are_left_alone(windows, column, value):
    table = {name: values.copy() for name, values in windows.trial_table.items()}
    table[column][2] = value
    assert widened(dataclasses.replace(windows, trial_table=table), 2) is None


def test_a_fifth_of_a_window_is_usual(windows):
    assert usual_context(windows) == 1
    assert usual_context(dataclasses.replace(windows, trial_table={})) == 0
