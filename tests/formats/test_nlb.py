"""Files of the Neural Latents Benchmark: blocks of neurons and windows become one array."""

import h5py
import numpy as np
import pytest
from tests.data.sessions import counts

from lfads.checks import UserError
from lfads.formats.read import read

TRAIN, EVAL = counts(10, 8, 6, seed=1), counts(4, 8, 6, seed=2)


def arrays():
    """Four of six neurons are held in, five of eight bins are encoded."""
    return {
        "train_spikes_heldin": TRAIN[:, :5, :4].astype(float),
        "train_spikes_heldout": TRAIN[:, :5, 4:].astype(float),
        "train_spikes_heldin_forward": TRAIN[:, 5:, :4].astype(float),
        "train_spikes_heldout_forward": TRAIN[:, 5:, 4:].astype(float),
        "train_behavior": np.ones((10, 5, 2)),
        "eval_spikes_heldin": EVAL[:, :5, :4].astype(float),
    }


def opened(tmp_path, values, **others):
    with h5py.File(tmp_path / "mc_maze.h5", "w") as file:
        for key, value in values.items():
            file[key] = value
    return read(tmp_path / "mc_maze.h5", bin_width_s=0.005, **others)


def test_blocks_become_one_array(tmp_path):
    dataset = opened(tmp_path, arrays())
    session = dataset.session
    np.testing.assert_array_equal(session.spikes[:10], TRAIN)
    np.testing.assert_array_equal(session.spikes[10:, :5, :4], EVAL[:, :5, :4])
    assert session.held_out_neurons.tolist() == [False] * 4 + [True] * 2
    assert dataset.num_forward_bins == 3
    assert session.split.tolist() == (["train"] * 4 + ["valid"]) * 2 + ["test"] * 4


def test_what_evaluation_hides_is_not_observed(tmp_path):
    observed = opened(tmp_path, arrays()).session.observed
    assert observed is not None
    assert observed[:10].all()
    assert observed[10:, :5, :4].all()
    assert not observed[10:, 5:].any()
    assert not observed[10:, :, 4:].any()


def test_targets_of_the_evaluation_are_used(tmp_path):
    values = arrays() | {
        "eval_spikes_heldout": EVAL[:, :5, 4:].astype(float),
        "eval_spikes_heldin_forward": EVAL[:, 5:, :4],
        "eval_spikes_heldout_forward": EVAL[:, 5:, 4:],
    }
    session = opened(tmp_path, values).session
    assert session.observed is None
    np.testing.assert_array_equal(session.spikes[10:], EVAL)
    values["eval_spikes_heldout"][0, 0, 0] = np.nan
    session = opened(tmp_path, values).session
    assert session.observed is not None
    assert np.argwhere(~session.observed).tolist() == [[10, 0, 4]]


def test_behavior_over_time_is_a_series(tmp_path):
    behavior = opened(tmp_path, arrays()).session.behavior["behavior"]
    assert behavior.shape == (14, 8, 2)
    assert np.isfinite(behavior[:10, :5]).all()
    assert np.isnan(behavior[:10, 5:]).all()
    assert np.isnan(behavior[10:]).all()


def test_behavior_by_trial_is_a_table(tmp_path):
    rows = np.arange(30.0).reshape(10, 3)
    session = opened(tmp_path, arrays() | {"train_behavior": rows}).session
    assert session.behavior == {}
    assert list(session.trial_table) == ["behavior_0", "behavior_1", "behavior_2"]
    np.testing.assert_array_equal(session.trial_table["behavior_1"][:10], rows[:, 1])
    assert np.isnan(session.trial_table["behavior_1"][10:]).all()


def test_training_without_evaluation(tmp_path):
    values = {k: v for k, v in arrays().items() if k.startswith("train")}
    session = opened(tmp_path, values).session
    assert session.num_trials == 10
    assert session.observed is None


def test_evaluation_alone(tmp_path):
    values = {"eval_spikes_heldin": EVAL}
    assert opened(tmp_path, values, for_inference=True).session.split.tolist() == ["test"] * 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eval_spikes_heldin": EVAL[:, :4, :4]}, r"number of bins; `train_spikes_heldin` has 5"),
        (
            {"eval_spikes_heldin": EVAL[:, :5, :3]},
            r"number of neurons; `train_spikes_heldin` has 4",
        ),
        ({"train_spikes_heldout": TRAIN[:9, :5, 4:]}, r"number of trials; `train_spikes_heldin` h"),
        ({"train_behavior": np.ones(10)}, r"`train_behavior` must have shape \(trial, time, chann"),
        ({"train_behavior": np.ones((10, 4, 2))}, r"must have shape \(10, 5, 2\) or \(10, 8, 2\)"),
        ({"train_spikes_heldin": TRAIN[0]}, r"`train_spikes_heldin` must be numbers of shape"),
    ],
)
def test_shapes_that_disagree(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        opened(tmp_path, arrays() | changes)


def test_no_trials(tmp_path):
    with pytest.raises(UserError, match="the file holds no trials"):
        opened(tmp_path, {"train_spikes_heldin": np.zeros((0, 5, 4))})


@pytest.mark.parametrize("shape", [(10, 2), (10, 5, 2)])
def test_behavior_is_numbers(tmp_path, shape):
    text = np.full(shape, b"left")
    with pytest.raises(UserError, match=r"`train_behavior` must be numbers"):
        opened(tmp_path, arrays() | {"train_behavior": text})
