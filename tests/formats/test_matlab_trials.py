"""Counts from MATLAB files."""

import numpy as np
import pytest
from scipy.io import savemat

import lfads
from lfads.checks import UserError

COUNTS = np.random.default_rng(0).poisson(0.5, (10, 12, 4)).astype(float)


def cell(values):
    array = np.empty((len(values), 1), object)
    array[:, 0] = values
    return array


def test_counts_and_what_belongs_to_them(tmp_path):
    hand = np.random.default_rng(1).normal(size=(10, 12, 2))
    sides = ["left", "right"] * 5
    savemat(tmp_path / "data.mat", {
        "spikes": COUNTS, "bin_width_s": 0.02, "condition": cell(sides),
        "behavior": {"hand": hand}, "trial_length": np.full((10, 1), 12.0), "session": "monkey",
        "trial_table": {"reaction_time": np.full((10, 1), 0.3), "side": cell(sides)},
        "neuron_table": {"area": cell(["M1", "M1", "V1", "V1"]), "depth": np.ones((1, 4))},
    })  # fmt: skip
    dataset = lfads.read(tmp_path / "data.mat")
    session = dataset.session
    assert (dataset.bin_width_s, session.name) == (0.02, "monkey")
    np.testing.assert_array_equal(session.spikes, COUNTS)
    np.testing.assert_allclose(session.behavior["hand"], hand, rtol=1e-6)
    assert session.condition is not None
    assert session.condition.tolist() == sides
    assert session.trial_table["reaction_time"].tolist() == [0.3] * 10
    assert session.trial_table["side"].tolist() == sides
    assert session.neuron_table["area"].tolist() == ["M1", "M1", "V1", "V1"]
    assert session.neuron_table["depth"].shape == (4,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"counts": COUNTS}, "`spikes` is missing; a .mat file needs"),
        ({"spike_times": cell([[1.0]])}, "`lfads.prepare` makes trials"),
        ({"spikes": COUNTS, "condition": cell([np.ones(3), "a"])}, "`condition` must hold"),
    ],
)
def test_mistakes_are_named(content, message, tmp_path):
    savemat(tmp_path / "data.mat", content)
    with pytest.raises(UserError) as told:
        lfads.read(tmp_path / "data.mat", bin_width_s=0.02)
    assert message in str(told.value)
