"""Windows cover a recording, lose nothing, do not leak, and say where they were."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.data.sessions import counts, differences

from lfads.checks import UserError
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.windows.chop import chop
from lfads.windows.placement import split_of_windows, window_starts, windows_on

SIZES = st.integers(2, 12).flatmap(lambda w: st.tuples(st.just(w), st.integers(0, w // 2)))
PIECES = st.lists(st.integers(0, 80), min_size=1, max_size=4)


def recording(num_bins, num_neurons=3, *, seed=0):
    return counts(1, num_bins, num_neurons, seed=seed)[0]


def chopped(piece_bins, window, overlap, **others):
    """Windows on pieces that lie ten seconds apart; too short ones are as good as others here."""
    pieces = [recording(bins, seed=seed) for seed, bins in enumerate(piece_bins)]
    starts = np.cumsum([0.0, *(bins * 0.01 + 10 for bins in piece_bins[:-1])])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return chop(
            pieces,
            bin_width_s=0.01,
            window_bins=window,
            overlap_bins=overlap,
            piece_starts_s=starts,
            for_inference=True,
            **others,
        )


def bins_of(session, split):
    """Pairs (piece, bin) that the windows of a split hold."""
    table = session.trial_table
    return {
        (table["chop_piece"][trial], table["chop_start_bin"][trial] + time)
        for trial in np.flatnonzero(session.of_split(split))
        for time in range(session.trial_length[trial])
    }


@given(num_bins=st.integers(1, 200), sizes=SIZES)
def test_windows_are_regular_and_end_with_the_last_bin(num_bins, sizes):
    window, overlap = sizes
    starts = window_starts(num_bins, window, overlap)
    if num_bins <= window:
        assert starts.tolist() == [0]
        return
    regular = (num_bins - window) // (window - overlap) + 1
    expected = [k * (window - overlap) for k in range(regular)]
    assert starts[:regular].tolist() == expected
    assert len(starts) - regular in (0, 1)
    assert starts[-1] + window == num_bins


@given(piece_bins=PIECES, sizes=SIZES)
def test_every_bin_of_every_piece_is_in_a_window(piece_bins, sizes):
    assume(max(piece_bins) >= 2)
    session = chopped(piece_bins, *sizes).session
    covered = set.union(*(bins_of(session, split) for split in ("train", "valid", "test")))
    assert covered == {
        (piece, time) for piece, bins in enumerate(piece_bins) if bins >= 2 for time in range(bins)
    }


@given(piece_bins=PIECES, sizes=SIZES, data=st.data())
def test_validation_and_training_windows_share_no_bin(piece_bins, sizes, data):
    assume(max(piece_bins) >= 2)
    labels = st.sampled_from(["train", "valid", "test"])
    split = data.draw(
        st.none() | st.tuples(*(st.lists(labels, min_size=b, max_size=b) for b in piece_bins))
    )
    session = chopped(
        piece_bins, *sizes, split=None if split is None else [np.array(s, "U5") for s in split]
    ).session
    assert not bins_of(session, "train") & bins_of(session, "valid")


def test_a_fifth_validates_in_blocks_over_the_whole_recording():
    dataset = chop(recording(8020), bin_width_s=0.01, window_bins=100, overlap_bins=20)
    split = dataset.session.split
    assert len(split) == 100
    assert {name: int((split == name).sum()) for name in ("train", "valid", "test")} == {
        "train": 73,
        "valid": 20,
        "test": 7,
    }
    borders = np.flatnonzero(split[1:] != split[:-1])
    assert len(borders) == 4 * 4 - 2  # train, test, valid, test, train … valid


def test_without_overlap_every_window_trains_or_validates():
    dataset = chop(recording(1000), bin_width_s=0.01, window_bins=50, overlap_bins=0)
    assert (dataset.session.split == np.repeat(["train", "valid"], [16, 4])).all()


def test_windows_that_cross_a_border_of_a_split_of_bins_are_test_windows():
    labels = [np.repeat(["train", "valid"], 10)]
    names = split_of_windows(labels, windows_on([20], 6, 2))
    assert names.tolist() == ["train", "train", "test", "valid", "valid"]


def test_what_stands_beside_the_spikes_is_cut_like_them():
    pieces = [recording(bins, seed=bins) for bins in (23, 5)]
    rng = np.random.default_rng(0)
    observed = [rng.random(p.shape) < 0.9 for p in pieces]
    speed = [rng.integers(0, 9, len(p)) for p in pieces]
    inputs = [rng.normal(size=(len(p), 2)) for p in pieces]
    dataset = chop(
        [np.where(o, p, np.nan) for p, o in zip(pieces, observed, strict=True)],
        bin_width_s=0.02,
        window_bins=10,
        overlap_bins=4,
        piece_starts_s=[3.0, 7.5],
        observed=observed,
        behavior={"speed": speed},
        external_inputs=inputs,
        true_rates_hz=[p.astype(float) for p in pieces],
        held_out_neurons=[1],
        split=[np.repeat("train", 23), np.repeat("valid", 5)],
        name="monday",
    )
    session = dataset.session
    table = {name: column.tolist() for name, column in session.trial_table.items()}
    assert table == {
        "chop_piece": [0, 0, 0, 0, 1],
        "chop_piece_start_s": [3.0, 3.0, 3.0, 3.0, 7.5],
        "chop_piece_bins": [23, 23, 23, 23, 5],
        "chop_start_bin": [0, 6, 12, 13, 0],
    }
    assert session.trial_length.tolist() == [10, 10, 10, 10, 5]
    assert session.held_out_neurons.tolist() == [False, True, False]
    assert session.observed is not None
    assert session.external_inputs is not None
    assert session.true_rates_hz is not None
    for trial, (piece, start) in enumerate(
        zip(table["chop_piece"], table["chop_start_bin"], strict=True)
    ):
        length = session.trial_length[trial]
        cut = slice(start, start + length)
        expected = np.where(observed[piece], pieces[piece], 0)
        np.testing.assert_array_equal(session.spikes[trial, :length], expected[cut])
        np.testing.assert_array_equal(session.observed[trial, :length], observed[piece][cut])
        np.testing.assert_array_equal(session.behavior["speed"][trial, :length], speed[piece][cut])
        np.testing.assert_array_equal(session.external_inputs[trial, :length], inputs[piece][cut])
        np.testing.assert_array_equal(session.true_rates_hz[trial, :length], pieces[piece][cut])
    assert not session.spikes[4, 5:].any()
    assert np.isnan(session.behavior["speed"][4, 5:]).all()


def test_a_file_keeps_where_windows_were(tmp_path):
    dataset = chopped([70, 30, 4], 20, 7)
    again = read(write(dataset, tmp_path / "session.h5"))
    assert differences(dataset.session, again.session) == []


def test_a_piece_of_one_bin_is_left_out_and_said():
    with pytest.warns(UserWarning, match="1 of 3 pieces left out, shorter than 2 bins: 1"):
        dataset = chop(
            [recording(50), recording(1), recording(2)],
            bin_width_s=0.01,
            window_bins=10,
            piece_starts_s=[0.0, 1.0, 2.0],
        )
    assert set(dataset.session.trial_table["chop_piece"]) == {0, 2}


def test_one_piece_may_be_nested_lists():
    rows = recording(40).tolist()
    dataset = chop(rows, bin_width_s=0.01, window_bins=10, overlap_bins=0)
    assert dataset.session.spikes.reshape(40, 3).tolist() == rows


LONG = recording(100)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"spikes": LONG[None]}, r"got int64 \(1, 100, 3\): data that have trials go to"),
        ({"spikes": [LONG, 3.0], "piece_starts_s": [0, 5]}, r"got float64 \(\) in piece 1"),
        ({"spikes": []}, "got an empty list"),
        ({"spikes": [[1, 2], [3]]}, "all of its rows equally long; got a list of 2 items"),
        ({"spikes": "data.h5"}, r"`spikes` must be counts with shape \(time, neuron\)"),
        ({"spikes": [LONG, LONG[:, :2]]}, r"the same neurons in every piece.*got \[2, 3\]"),
        ({"spikes": np.zeros((100, 0))}, r"at least one; got \[0\]"),
        ({"spikes": LONG + 0.5}, "whole numbers.* in piece 0, bin 0, neuron 0"),
        ({"spikes": -LONG - 1}, "got -.* in piece 0, bin 0"),
        (
            {"spikes": np.where(LONG > 5, np.nan, LONG)},
            "False in `observed` where missing; got nan",
        ),
        ({"spikes": LONG[:12]}, "at least 2 windows .* got 0 of 2 windows on 12 bins in 1 piece"),
        ({"spikes": LONG[:1]}, "at least 2 bins to be a trial; got 1 bin in 1 piece"),
        ({"window_bins": 1}, "`window_bins` must be a whole number of bins, at least 2; got 1"),
        ({"window_bins": True}, "`window_bins` must be a whole number"),
        ({"overlap_bins": 6}, "`overlap_bins` .* from 0 to 5, half a window; got 6"),
        ({"bin_width_s": 10.0}, "in seconds, not milliseconds"),
        ({"spikes": [LONG, LONG]}, "say when the 2 pieces start"),
        (
            {"spikes": [LONG, LONG], "piece_starts_s": [0.0, 0.5]},
            "piece 1 starts at 0.5 s, before piece 0 ends at 1 s",
        ),
        ({"piece_starts_s": [0.0, 1.0]}, "`piece_starts_s` must be 1 time in seconds"),
        ({"piece_starts_s": np.nan}, "`piece_starts_s` must be 1 time in seconds"),
        (
            {"behavior": LONG[:5]},
            r"`behavior\['behavior'\]` must have the 100 bins of `spikes` as its first axis; got",
        ),
        (
            {"spikes": [LONG, LONG], "piece_starts_s": [0, 5], "behavior": [LONG, LONG[:5]]},
            "as its first axis in piece 1; got",
        ),
        ({"external_inputs": LONG[:, 0]}, r"`external_inputs` must have shape \(time, channel\)"),
        ({"true_latents": LONG.astype(str)}, "`true_latents` must be numbers"),
        ({"observed": LONG}, "`observed` must be True or False in the shape of `spikes`"),
        ({"split": ["training"] * 100}, "`split` must hold train, valid, test .* with training"),
        ({"window_size": 10}, "no parameter `window_size`. Did you mean `window_bins`"),
    ],
)
def test_mistakes_are_one_clear_message(given, message):
    with pytest.raises(UserError, match=f"^chop: .*{message}"):
        chop(**{"spikes": LONG, "bin_width_s": 0.01, "window_bins": 10, **given})


def test_companions_of_pieces_are_one_a_piece():
    def made(inputs):
        return chop(
            [LONG, LONG],
            bin_width_s=0.01,
            window_bins=10,
            piece_starts_s=[0, 5],
            external_inputs=inputs,
        )

    with pytest.raises(UserError, match=r"a list of 2 arrays, one a piece.*; got int64 \(100, 3\)"):
        made(LONG)
    with pytest.raises(
        UserError, match=r"the same channels in every piece; got \[\(2,\), \(3,\)\]"
    ):
        made([LONG, LONG[:, :2]])


def test_several_mistakes_are_told_together():
    with pytest.raises(UserError, match=r"3 problems:(.|\n)*half a window(.|\n)*start(.|\n)*shape"):
        chop(
            [LONG, LONG],
            bin_width_s=0.01,
            window_bins=10,
            overlap_bins=7,
            external_inputs=[LONG[:, 0], LONG[:, 0]],
        )
