"""Axes in another order are told by lengths, in all six orders, and named with the line that mends them."""

import re
from itertools import permutations

import numpy as np
import pytest
from tests.data.sessions import counts

from lfads.checks import UserError
from lfads.data.axes import AXES, about_turned_axes
from lfads.data.dataset import Dataset
from lfads.formats.table import describe_file

BESIDE = {"condition": np.arange(10) % 2, "neuron_table": {"area": ["M1"] * 4}}
SERIES = {"behavior": {"hand": np.ones((10, 6, 2))}}


@pytest.mark.parametrize("beside", [BESIDE, SERIES])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_order_is_told_and_its_line_mends_it(order, beside):
    turned = counts().transpose(order)
    message = about_turned_axes("spikes", turned.shape, beside)
    if order == (0, 1, 2):
        assert message is None
        return
    assert message is not None
    words = ", ".join(AXES[k] for k in order)
    assert f"({words}). Turn them" in message
    back = eval_order(message)
    np.testing.assert_array_equal(np.transpose(turned, back), counts())
    assert f"permute(spikes, [{' '.join(str(k + 1) for k in back)}])" in message


def eval_order(message):
    """The axes in the line of Python that the message gives."""
    found = re.search(r"np.transpose\(spikes, \((\d), (\d), (\d)\)\)", message)
    assert found is not None
    return tuple(int(k) for k in found.groups())


def test_labels_alone_tell_axes_reversed():
    turned = counts().transpose(2, 1, 0)
    message = (
        r"^arrays: `spikes` must have shape \(trial, time, neuron\); got \(4, 6, 10\), and `condition` "
        r"says 10 trials: the axes look reversed, \(neuron, time, trial\). Turn them: `np.transpose\("
        r"spikes, \(2, 1, 0\)\)`, in MATLAB `permute\(spikes, \[3 2 1\]\)`"
    )
    with pytest.raises(UserError, match=message):
        Dataset.from_arrays(turned, bin_width_s=0.01, condition=BESIDE["condition"])


def test_where_two_orders_fit_both_are_named():
    message = about_turned_axes("signals", (6, 10, 4), {"split": ["train"] * 10})
    assert message is not None
    assert "look (time, trial, neuron). Turn them: `np.transpose(signals, (1, 0, 2))`" in message
    assert "If they are (neuron, trial, time): `np.transpose(signals, (1, 2, 0))`" in message


@pytest.mark.parametrize(
    ("shape", "beside"),
    [
        ((10, 6, 4), {}),
        ((10, 6, 4), {"observed": np.ones((4, 6, 10))}),
        ((10, 6, 4), {"condition": [1, 2]}),
        ((10, 6, 4), {"condition": [[1], [2, 3]]}),
        ((4, 6, 10), {"condition": [1] * 10, "trial_table": {"a": [1] * 5}}),
        ((10, 6, 4), {"held_out_neurons": [1, 2, 3, 0, 2, 1]}),
        ((10, 6, 4), {"condition": [1] * 10, "behavior": {"a": np.ones((4, 6))}}),
    ],
)
def test_what_tells_nothing_or_contradicts_itself_is_left_to_other_checks(shape, beside):
    assert about_turned_axes("spikes", shape, beside) is None


def test_a_file_says_it_too(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, spikes=counts().transpose(2, 1, 0), condition=np.ones((10, 1)), bin_width_s=0.01)
    with pytest.raises(UserError, match=r"a.npz: `spikes` must .* look reversed, \(neuron, time"):
        describe_file(path)
