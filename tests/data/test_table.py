"""What `lfads show` says of a data file."""

import numpy as np
import pytest
from tests.data.sessions import counts, full_dataset

from lfads.checks import UserError
from lfads.data.hdf5 import write
from lfads.data.table import describe_file


def test_a_file_with_everything(tmp_path):
    path = write(full_dataset(), tmp_path / "data.h5")
    summary = describe_file(path)
    rows = summary.rows()
    assert [label for label, _ in rows] == [
        "file", "layout", "size", "bin width", "forward bins", "session", "trials", "bins",
        "neurons", "mean rate", "missing samples", "conditions", "external inputs", "behavior",
        "known truth", "trial table",
    ]  # fmt: skip
    row = dict(rows)
    assert row["layout"] == "lfads"
    assert row["bin width"] == "10 ms"
    assert row["trials"] == "10 (6 train, 2 valid, 2 test)"
    assert row["bins"] == "4 to 6"
    assert row["neurons"] == "4, 1 of them held out"
    assert row["conditions"] == "2: links (5), rechts (5)"
    assert row["behavior"] == "hand_vel (2), pupil (1)"
    assert row["known truth"] == "true_rates_hz, true_latents, true_inputs"
    assert row["trial table"] == "success, note"
    session = full_dataset().session
    mean = session.spikes.sum() / session.observed_bins().sum()
    assert summary.sessions[0].mean_count == pytest.approx(mean)
    assert row["mean rate"] == f"{mean / 0.01:.3g} spikes/s"


def test_a_file_without_bin_width(tmp_path):
    spikes = counts(num_neurons=14)
    spikes[..., 2:] = 0
    np.savez(tmp_path / "a.npz", spikes=spikes, true_rates=np.ones(spikes.shape))
    summary = describe_file(tmp_path / "a.npz")
    row = dict(summary.rows())
    assert summary.bin_width_s is None
    assert row["bin width"] == "not in the file"
    assert row["mean rate"].endswith(" spikes/bin")
    assert row["silent neurons"] == "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …"
    assert row["bins"] == "6"
    assert row["size"].endswith(" KiB")
    assert summary.sessions[0].silent_neurons == tuple(range(2, 14))


def test_a_file_without_training_trials(tmp_path):
    np.savez(tmp_path / "a.npz", spikes=counts(), split=["test"] * 10)
    assert describe_file(tmp_path / "a.npz").sessions[0].trials["test"] == 10


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        describe_file(tmp_path / "a.npz")
