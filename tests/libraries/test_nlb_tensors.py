"""Tensors from NWB files equal those of the benchmark's own package, for all data sets and bin widths."""

import logging

import numpy as np
import pytest
from tests.nlb.made_nwb import write_nwb

from lfads.nlb.datasets import DATASETS
from lfads.nlb.prepare import NLBData, prepare_nlb

make_tensors = pytest.importorskip("nlb_tools.make_tensors")
interface = pytest.importorskip("nlb_tools.nwb_interface")
pytestmark = pytest.mark.filterwarnings(
    "ignore"
)  # of a package that was written for a pandas of 2021

WIDTHS = {5: 0.005, 20: 0.02}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nwb")
    return {name: write_nwb(name, folder / name) for name in DATASETS}


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def opened(place, width, **how):
    dataset = interface.NWBDataset(str(place), **how)
    dataset.data = dataset.data.sort_index()  # the pandas that it was written for joined in order
    dataset.resample(width)
    return dataset


def arrays(name: str, data: NLBData, split: str) -> dict[str, np.ndarray]:
    """Ours by their names."""
    session = data.dataset.session
    trials = session.of_split(*(["train", "valid"] if split == "both" else [split]))
    window = session.num_bins - data.dataset.num_forward_bins
    spikes = session.spikes.astype(float)
    if session.observed is not None:
        spikes[~session.observed] = np.nan
    held_out = session.held_out_neurons
    found = {
        "heldin": spikes[trials][:, :window, ~held_out],
        "heldout": spikes[trials][:, :window, held_out],
        "heldin_forward": spikes[trials][:, window:, ~held_out],
        "heldout_forward": spikes[trials][:, window:, held_out],
    }
    if name != "dmfc_rsg":
        found["behavior"] = session.behavior[DATASETS[name].behavior][trials][:, :window]
    return found


def equal(found, expected, what):
    np.testing.assert_array_equal(found, np.asarray(expected, float), err_msg=what)


def near(found, expected, what):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6, err_msg=what)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", DATASETS)
def test_training_and_validation_trials_and_their_targets(name, width, places):
    train, _, _ = places[name]
    ours = prepare_nlb(name, [train], bin_width_s=WIDTHS[width])
    dataset = opened(train, width)
    theirs = make_tensors.make_train_input_tensors(
        dataset, name, save_file=False, include_behavior=True, include_forward_pred=True
    )
    found = arrays(name, ours, "train")
    for key in ("heldin", "heldout", "heldin_forward", "heldout_forward"):
        equal(found[key], theirs[f"train_spikes_{key}"], key)
    evaluated = make_tensors.make_eval_input_tensors(dataset, name, save_file=False)
    validated = arrays(name, ours, "valid")
    for key in ("heldin", "heldout"):
        equal(validated[key], evaluated[f"eval_spikes_{key}"], key)
    (group, targets), *_ = make_tensors.make_eval_target_tensors(
        dataset, name, save_file=False, include_psth=True
    ).items()
    assert group == ours.group
    own = ours.targets
    assert own.keys() == targets.keys()
    for key, expected in targets.items():
        if key.endswith("cond_idx"):
            assert [one.tolist() for one in own[key]] == [list(map(int, one)) for one in expected]
        elif "spikes" in key or "jitter" in key or "mask" in key:
            equal(own[key], expected, key)
        else:
            near(own[key], expected, key)
    if name != "dmfc_rsg":
        near(found["behavior"], theirs["train_behavior"], "train")
        near(validated["behavior"], targets["eval_behavior"], "eval")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", DATASETS)
def test_test_trials_beside_training_trials(name, width, places):
    train, test, _ = places[name]
    ours = prepare_nlb(name, [test, train], bin_width_s=WIDTHS[width])
    dataset = opened(train.parent, width, prefix=f"{name}_desc-t")
    evaluated = make_tensors.make_eval_input_tensors(
        dataset, name, trial_split="test", save_file=False
    )
    tested = arrays(name, ours, "test")
    equal(tested["heldin"], evaluated["eval_spikes_heldin"], "test")
    assert np.isnan(tested["heldout"]).all()
    assert np.isnan(tested["heldin_forward"]).all()
    if name == "dmfc_rsg":  # whose windows are shifted at random, by split here
        return
    theirs = make_tensors.make_train_input_tensors(
        dataset, name, trial_split=["train", "val"], save_file=False, include_behavior=True
    )
    both = arrays(name, ours, "both")
    for key in ("heldin", "heldout"):
        equal(both[key], theirs[f"train_spikes_{key}"], key)
    near(both["behavior"], theirs["train_behavior"], "behavior")
