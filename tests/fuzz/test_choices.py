"""Filters of random words, and windows of random sizes: nothing but a UserError, and bins that come back.

`make fuzz` runs these; LFADS_FUZZ_EXAMPLES says how many of each are tried.
"""

import warnings

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.test_changed_files import EXAMPLES

import lfads
from lfads.checks import UserError
from lfads.recordings.expressions import select

COLUMNS = {
    "area": np.array(["M1", "PMd", "M1", "V1"]),
    "rate": np.array([5.0, 0.5, np.nan, 2.0]),
    "good": np.array([True, False, True, True]),
    "depth (um)": np.array([10, 20, 30, 40]),
}
WORDS = st.sampled_from([
    "area", "rate", "good", "`depth (um)`", "`", "==", "!=", "<", "in", "not", "and", "or", "(", ")", "[",
    "]", ",", "'M1'", '"', "5", "-1.5", "1e999", "nan", "True", "None", "lambda", ":", ".", "*", "**", "if",
    "else", "\n", "#", "\\", "\x00", "é", "9" * 5000, "(" * 300, "not " * 300,
])  # fmt: skip


@pytest.mark.fuzz
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(st.lists(WORDS, max_size=12))
def test_filters_give_a_mask_or_a_message(words):
    try:
        mask = select(" ".join(words), COLUMNS, "`units=`")
    except UserError:
        return
    assert (mask.shape, mask.dtype) == ((4,), bool)


@pytest.mark.fuzz
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(
    st.lists(st.integers(-1, 40), max_size=4), st.integers(-1, 30), st.none() | st.integers(-1, 30)
)
def test_windows_come_together_again_or_are_refused(pieces, window, overlap):
    rng = np.random.default_rng(0)
    counts = [rng.poisson(0.7, (max(bins, 0), 2)) for bins in pieces]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            windows = lfads.chop(
                counts, bin_width_s=0.01, window_bins=window, overlap_bins=overlap,
                piece_starts_s=[float(k) for k in range(len(counts))],
            )  # fmt: skip
        except UserError:
            return
    session = windows.session
    columns = {name: ("trial", values) for name, values in session.trial_table.items()}
    lengths = {"trial_length": ("trial", session.trial_length), "split": ("trial", session.split)}
    results = xr.Dataset(
        {"rates": (("trial", "time", "neuron"), session.values.astype(float))},
        columns | lengths, {"bin_width_s": 0.01},
    )  # fmt: skip
    merged = lfads.merge(results)
    kept = [own for own in counts if len(own) > 1]
    np.testing.assert_allclose(merged["rates"].values, np.concatenate(kept))
