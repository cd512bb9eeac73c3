"""The library's own file: nothing is lost, and what is not ours is refused."""

import dataclasses

import h5py
import numpy as np
import pytest
from tests.data.sessions import counts, differences, full_dataset

import lfads
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.files import CannotWrite
from lfads.formats.hdf5 import write
from lfads.formats.read import read


def test_round_trip_of_everything(tmp_path):
    dataset = full_dataset()
    path = write(dataset, tmp_path / "new" / "data.h5")
    again = read(path)
    assert differences(dataset.session, again.session) == []
    assert (again.bin_width_s, again.num_forward_bins, again.start_s) == (0.01, 1, -0.2)
    assert again.fingerprint() == dataset.fingerprint()
    assert again.source == str(path)


def test_round_trip_of_the_least(tmp_path):
    dataset = Dataset.from_arrays(counts(), bin_width_s=0.005, condition=[3, 4] * 5, name="data")
    again = read(write(dataset, tmp_path / "data.h5"))
    assert differences(dataset.session, again.session) == []


def test_round_trip_of_large_counts(tmp_path):
    spikes = counts()
    spikes[0, 0, 0] = 60000
    again = read(write(Dataset.from_arrays(spikes, bin_width_s=1.0), tmp_path / "data.h5"))
    np.testing.assert_array_equal(again.session.spikes, spikes.astype(np.uint16))


def test_sessions_keep_their_order(tmp_path):
    one = full_dataset()
    later = dataclasses.replace(one.session, name="april")
    both = dataclasses.replace(one, sessions=(one.session, later))
    again = read(write(both, tmp_path / "data.h5"))
    assert [s.name for s in again.sessions] == ["monday", "april"]


def test_the_file_is_as_documented(tmp_path):
    with h5py.File(write(full_dataset(), tmp_path / "data.h5")) as file:
        assert file.attrs["format"] == "lfads"
        assert file.attrs["format_version"] == 1
        assert file.attrs["bin_width_s"] == 0.01
        group = file["sessions/monday"]
        assert isinstance(group, h5py.Group)
        assert set(group) == {
            "spikes", "trial_length", "trial_index", "split", "observed", "held_out_neurons",
            "num_forward_bins", "condition", "external_inputs", "behavior", "true_rates_hz",
            "true_latents", "true_inputs", "trial_table", "neuron_table",
        }  # fmt: skip
        spikes = group["spikes"]
        assert isinstance(spikes, h5py.Dataset)
        assert spikes.dtype == np.uint8
        assert spikes.compression == "gzip"


def test_a_failure_leaves_the_old_file(tmp_path):
    path = write(full_dataset(), tmp_path / "data.h5")
    before = path.read_bytes()
    broken = dataclasses.replace(full_dataset().session, trial_table={"v": np.array([object()])})
    with pytest.raises(TypeError):
        write(dataclasses.replace(full_dataset(), sessions=(broken,)), path, overwrite=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["data.h5"]


def test_a_file_that_exists_is_replaced_only_if_asked(tmp_path):
    path = tmp_path / "good.h5"
    with path.open("wb") as file:
        np.savez(file, spikes=counts())
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"good.h5 exists already: .*`overwrite=True` to replace"):
        lfads.write(full_dataset(), path)
    assert path.read_bytes() == before
    assert read(lfads.write(full_dataset(), path, overwrite=True)).session.name == "monday"


def test_a_folder_is_never_replaced(tmp_path):
    for overwrite in (False, True):
        with pytest.raises(CannotWrite, match="it is a folder"):
            lfads.write(full_dataset(), tmp_path, overwrite=overwrite)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="Choose a folder that you may write to"):
        write(full_dataset(), tmp_path / "file" / "data.h5")


def edited(tmp_path, edit):
    """A written file after `edit(file)`."""
    path = write(full_dataset(), tmp_path / "data.h5", overwrite=True)
    with h5py.File(path, "a") as file:
        edit(file)
    return path


@pytest.mark.parametrize(
    ("version", "advice"), [(0, "Write the file again"), (2, "A newer lfads wrote it. Update it")]
)
def test_another_version_is_refused(tmp_path, version, advice):
    path = edited(tmp_path, lambda f: f.attrs.__setitem__("format_version", version))
    with pytest.raises(
        UserError,
        match=rf"has version {version} of its format; this is lfads .* reads version 1\. {advice}",
    ):
        read(path)


def test_a_version_that_is_none_is_refused(tmp_path):
    path = edited(tmp_path, lambda f: f.attrs.__setitem__("format_version", 1.5))
    with pytest.raises(UserError, match=r"`format_version` must be a whole number; got 1.5"):
        read(path)


def test_a_file_without_sessions_is_refused(tmp_path):
    path = edited(tmp_path, lambda f: f["sessions"].__delitem__("monday"))
    with pytest.raises(UserError, match="`sessions` holds no session"):
        read(path)
    path = edited(tmp_path, lambda f: f.__delitem__("sessions"))
    with pytest.raises(UserError, match="`sessions` is missing; the file has nothing"):
        read(path)


def test_missing_spikes_are_named(tmp_path):
    path = edited(tmp_path, lambda f: f["sessions/monday"].__delitem__("spikes"))
    with pytest.raises(UserError, match=r"data.h5: `spikes` is missing; the file has `num_forw"):
        read(path)


def test_forward_bins_must_agree(tmp_path):
    def add(file):
        file.copy("sessions/monday", "sessions/other")
        file["sessions/other/num_forward_bins"][()] = 2

    with pytest.raises(UserError, match="must agree between sessions; got 1 in monday, 2 in other"):
        read(edited(tmp_path, add))


def test_problems_name_the_session(tmp_path):
    def add(file):
        file.copy("sessions/monday", "sessions/other")
        del file["sessions/other/held_out_neurons"]
        file["sessions/other/held_out_neurons"] = [9]

    with pytest.raises(UserError, match=r"data.h5, session `other`: `held_out_neurons` must be"):
        read(edited(tmp_path, add))


def test_what_others_put_into_the_file_is_named(tmp_path):
    path = write(Dataset.from_arrays(counts(), bin_width_s=0.01, name="monday"), tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file["psth"] = np.ones((3, 6))
        file["sessions/monday/rt"] = np.ones(10)
    message = (
        r"2 arrays are not read: `rt` \(one value for each trial: `trial_table/rt`\), `psth` \(3, 6"
    )
    with pytest.warns(UserWarning, match=message):
        read(path)
