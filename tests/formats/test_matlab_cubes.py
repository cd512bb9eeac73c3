"""Cubes of trials around an event in MATLAB files: which axis is which, by what stands beside them."""

import numpy as np
import pytest
from tests.formats.matlab_files import save_v5

import lfads
from lfads.checks import UserError

rng = np.random.default_rng(0)
CUBE = rng.poisson(0.5, (10, 12, 4)).astype(float)
TURNED = CUBE.transpose(2, 1, 0)
CONDITION, SNR = np.arange(10.0)[None] % 3, np.arange(4.0)[None]


def opened(tmp_path, **values):
    save_v5(tmp_path / "a.mat", values)
    return lfads.read(tmp_path / "a.mat", bin_width_s=0.02).session


@pytest.mark.parametrize(
    ("cube", "beside", "column"),
    [
        (TURNED, {"snr_go": SNR}, "snr"),
        (CUBE, {"snr_go": SNR}, "snr"),
        (CUBE.transpose(1, 2, 0), {"snr_go": SNR, "condition_go": CONDITION}, "snr"),
        (TURNED, {"direction_go": CONDITION, "hand_go": np.ones((12, 10))}, ""),
    ],
)
def test_axes_are_told_by_names(cube, beside, column, tmp_path):
    session = opened(tmp_path, spikes_go=cube, **beside)
    np.testing.assert_array_equal(session.spikes, CUBE)
    assert not column or session.neuron_table[column].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["what", "direction"])
def test_what_is_taken_for_granted_is_said(name, tmp_path):
    with pytest.warns(UserWarning, match=r"\(4 × 12 × 10\) is read as neuron × time × trial, as "):
        session = opened(tmp_path, spikes_go=TURNED, **{f"{name}_go": CONDITION})
    np.testing.assert_array_equal(session.spikes, CUBE)


def test_axes_that_nothing_tells_are_refused(tmp_path):
    with pytest.raises(UserError, match="nothing in the file tells which axis is trials: save"):
        opened(tmp_path, spikes_go=TURNED)
    with pytest.raises(UserError, match="parts of the file disagree on which axis is trials"):
        opened(tmp_path, spikes_go=TURNED, direction_go=SNR, rt_go=CONDITION)
