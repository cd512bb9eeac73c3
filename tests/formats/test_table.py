"""What `lfads show` says of a data file."""

import dataclasses
import re

import h5py
import numpy as np
import pytest
from tests.data.sessions import counts, full_dataset

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.formats.table import describe_file
from lfads.training.trials import checked_dataset


def test_a_file_with_everything(tmp_path):
    path = write(full_dataset(), tmp_path / "data.h5")
    summary = describe_file(path)
    rows = summary.rows()
    assert [label for label, _ in rows] == [
        "file", "layout", "size", "bin width", "forward bins", "session", "spikes", "trials",
        "bins", "neurons", "mean rate", "missing samples", "conditions", "areas", "external inputs",
        "behavior", "known truth", "trial table", "neuron table", "remark",
    ]  # fmt: skip
    row = dict(rows)
    assert row["layout"] == "lfads"
    assert row["spikes"] == "(trial, time, neuron) = (10, 6, 4)"
    assert row["bin width"] == "10 ms"
    assert row["trials"] == "10 (6 train, 2 valid, 2 test)"
    assert row["bins"] == "4 to 6"
    assert row["neurons"] == "4, 1 of them held out"
    assert row["conditions"] == "2: links (5), rechts (5)"
    assert row["behavior"] == "hand_vel (2), pupil (1)"
    assert row["known truth"] == "true_rates_hz, true_latents, true_inputs"
    assert row["trial table"] == "success, note"
    assert row["neuron table"] == "name, area, depth"
    assert row["areas"] == "2: M1 (3), PMd (1)"
    assert row["external inputs"] == "2"
    session = full_dataset().session
    mean = session.spikes.sum() / session.observed_bins().sum()
    assert summary.sessions[0].mean_value == pytest.approx(mean)
    assert row["mean rate"] == f"{mean / 0.01:.3g} spikes/s"


def test_a_file_without_bin_width(tmp_path):
    spikes = counts(num_neurons=14)
    spikes[..., 2:] = 0
    np.savez(tmp_path / "a.npz", spikes=spikes, true_rates=np.ones(spikes.shape))
    summary = describe_file(tmp_path / "a.npz")
    row = dict(summary.rows())
    assert summary.bin_width_s is None
    assert row["bin width"] == "not in the file: it must be given, in seconds"
    assert row["mean rate"].endswith(" spikes/bin")
    assert row["silent neurons"] == "2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"
    assert row["bins"] == "6"
    assert row["size"].endswith(" KiB")
    assert summary.sessions[0].silent_neurons == tuple(range(2, 14))


def test_a_file_without_training_trials(tmp_path):
    np.savez(tmp_path / "a.npz", spikes=counts(), split=["test"] * 10)
    summary = describe_file(tmp_path / "a.npz")
    assert summary.sessions[0].trials["test"] == 10
    assert summary.problems == refusal(tmp_path / "a.npz")
    assert summary.remarks == ()


def refusal(path) -> tuple[str, ...]:
    """What training says of the file, without its path."""
    with pytest.raises(UserError) as caught:
        read(path, bin_width_s=0.01)
    return (str(caught.value).removeprefix(f"{path}: "),)


def test_what_training_refuses_is_a_problem_in_its_words(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, spikes=np.zeros((60, 12, 4)), bin_width_s=0.01)
    summary = describe_file(path)
    assert summary.problems == refusal(path)
    said = dict(summary.rows())["problem"]
    assert said.startswith("`spikes` holds no spikes at all in 48 training trials: are these")


def test_layouts_without_training_trials_are_a_problem_in_the_words_of_training(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["valid_data"] = counts()
    assert describe_file(path).problems == refusal(path)
    assert refusal(path) == ("`train_data` is missing; the file has `valid_data`",)


def test_sessions_that_cannot_share_a_network_are_a_problem_in_the_words_of_training(tmp_path):
    one = full_dataset()
    other = dataclasses.replace(one.session, name="april", external_inputs=None)
    both = dataclasses.replace(one, sessions=(one.session, other))
    summary = describe_file(write(both, tmp_path / "data.h5"))
    with pytest.raises(UserError, match=r"the same external inputs; got .* in monday, 0") as caught:
        checked_dataset(both)
    assert summary.problems == (str(caught.value),)
    assert [remark.partition(": ")[0] for remark in summary.remarks] == [
        "session `monday`", "session `april`",
    ]  # fmt: skip


def test_several_problems_are_as_many_rows(tmp_path):
    observed = np.ones((10, 6, 4), bool)
    observed[:4] = observed[8:] = False
    split = ["train"] * 4 + ["test"] * 4 + ["valid"] * 2
    np.savez(tmp_path / "a.npz", spikes=counts(), observed=observed, split=split)
    rows = describe_file(tmp_path / "a.npz").rows()
    place = [label for label, _ in rows].index("problem")
    assert rows[place] == ("problem", "2 problems:")
    assert rows[place + 1][0] == rows[place + 2][0] == ""
    assert rows[place + 1][1].startswith(
        "  - `observed` is False for every sample of 4 train trials"
    )


def neurons_of_unlike_rates(num_neurons=12, num_bins=30) -> np.ndarray:
    rates = (
        np.geomspace(0.02, 1, num_neurons) * (1 + 0.5 * np.sin(np.arange(num_bins) / 5))[:, None]
    )
    return np.random.default_rng(0).poisson(rates, (10, num_bins, num_neurons))


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({}, "only 10 trials to train and validate on: below about 50, over-fitting is a danger"),
        ({"spikes": counts(3)}, "only 3 trials to train and validate on: below about 50"),
        ({"split": ["train"] * 10}, "there are no validation trials: training trials would be"),
        (
            {"spikes": neurons_of_unlike_rates().transpose(0, 2, 1)},
            "more neurons (30) than bins (12), and bins differ more than neurons do",
        ),
        (
            {"spikes": counts() * [1, 0, 1, 1]},
            "1 of 4 neurons is silent in the training trials: 1.",
        ),
        ({"trial_length": [5] * 10}, "`spikes` holds counts behind `trial_length` in 10 trials"),
        ({"conditon": [1] * 10}, "1 array is not read: `conditon` (did you mean `condition`?)"),
    ],
)
def test_remarks(tmp_path, changes, remark):
    np.savez(tmp_path / "a.npz", **({"spikes": counts(), "bin_width_s": 0.01} | changes))
    summary = describe_file(tmp_path / "a.npz")
    assert [r for r in summary.remarks if r.startswith(remark)]
    assert [r for label, r in summary.rows() if label == "remark"] == list(summary.remarks)
    assert summary.problems == ()


@pytest.mark.parametrize("unlike", [True, False])
def test_many_neurons_in_few_bins_are_nothing_to_remark_on(tmp_path, unlike):
    spikes = neurons_of_unlike_rates(40, 8) if unlike else counts(10, 4, 6)
    np.savez(tmp_path / "a.npz", spikes=spikes, bin_width_s=0.01)
    assert not [r for r in describe_file(tmp_path / "a.npz").remarks if "more neurons" in r]


def test_nothing_is_remarked_on_where_all_is_well(tmp_path):
    np.savez(tmp_path / "a.npz", spikes=counts(50), bin_width_s=0.01)
    summary = describe_file(tmp_path / "a.npz")
    assert (summary.problems, summary.remarks) == ((), ())


def test_show_prints_problems_and_remarks(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", spikes=np.zeros((10, 6, 4)))
    assert run(["show", str(tmp_path / "a.npz")]) == 0
    printed = capsys.readouterr().out
    for line in (
        r"^spikes  +\(trial, time, neuron\) = \(10, 6, 4\)$",
        r"^bin width  +not in the file: it must be given, in seconds$",
        r"^problem  +`spikes` holds no spikes at all",
        r"^remark  +only 10 trials",
    ):
        assert re.search(line, printed, re.MULTILINE)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        describe_file(tmp_path / "a.npz")
