"""Recordings in HDF5 as temporaldata writes them; `tests/libraries` has files of temporaldata itself."""

import h5py
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.recordings.prepare import prepare
from lfads.recordings.reading import Reading
from lfads.recordings.sources import is_recording, open_recording, opened_recording


def put(file, name, kind, **arrays):
    group = file.create_group(name)
    group.attrs["object"] = kind
    for key, values in arrays.items():
        group[key] = np.asarray(values)
    return group


def put_domain(file, name, start, end):
    put(file, f"{name}/domain".lstrip("/"), "Interval", start=[start], end=[end])


def write(path, **units):
    """Four spikes of two of three units, two trials, and signals of both kinds."""
    with h5py.File(path, "w") as file:
        file.attrs["object"] = "Data"
        put(
            file, "spikes", "IrregularTimeSeries", timestamps=[0.1, 0.2, 1.1, 1.3],
            unit_index=[2, 0, 2, 2], waveforms=np.zeros((4, 9)), timestamp_indices_1s=[0, 2],
        )  # fmt: skip
        put_domain(file, "spikes", 0.0, 2.0)
        units = units or {"id": np.array([b"a", b"b", b"c"]), "snr": [1.0, 2.0, 3.0]}
        put(file, "units", "ArrayDict", **units)
        put(
            file, "trials", "Interval", start=[0.0, 1.0], end=[1.0, 2.0],
            side=np.array([b"left", b"right"]), target=np.zeros((2, 2)),
        )  # fmt: skip
        put(file, "train_domain", "Interval", start=[0.0], end=[1.0])
        cursor = put(file, "cursor", "RegularTimeSeries", vel=np.arange(40.0).reshape(20, 2))
        cursor.attrs["sampling_rate"] = 10.0
        put_domain(file, "cursor", 0.0, 2.0)
        file.create_group("more").attrs["object"] = "Data"
        put(file, "more/gaze", "IrregularTimeSeries", timestamps=[0.0, 0.5], x=[1.0, 2.0])
    return path


def test_spikes_units_trials_and_signals(tmp_path):
    path = write(tmp_path / "a.h5")
    assert is_recording(path)
    with opened_recording(path, Reading()) as recording:
        assert recording.units["id"].tolist() == ["a", "b", "c"]
        assert recording.units["snr"].tolist() == [1.0, 2.0, 3.0]
        assert [recording.spike_times_s[k].tolist() for k in range(3)] == [
            [0.2],
            [],
            [0.1, 1.1, 1.3],
        ]
        assert recording.trials["side"].tolist() == ["left", "right"]
        assert list(recording.tables) == ["train_domain", "trials"]
        assert recording.observed_s == ((0.0, 2.0),)
        assert sorted(recording.series) == ["cursor/vel", "more/gaze/x"]
        assert recording.events["more/gaze"].tolist() == [0.0, 0.5]
        assert sorted(recording.left_out) == [
            "`spikes/waveforms` (a value for each spike)",
            "`trials/target` (has shape (2, 2): one value a row is needed)",
        ]
        dataset = prepare(
            recording, bin_width_s=0.5, behavior=["cursor/vel"], min_rate_hz=0.1, valid=0.0
        )
        with pytest.raises(UserError, match=r"no trial column or event `target`\. Not used was"):
            prepare(recording, bin_width_s=0.5, align_to="target", window_s=(0.0, 1.0))
    assert dataset.session.spikes[:, :, 1].tolist() == [[1, 0], [2, 0]]
    assert dataset.session.behavior["cursor.vel"][0, :, 0].tolist() == [4.0, 14.0]


def test_another_table_holds_the_trials(tmp_path):
    path = write(tmp_path / "a.h5")
    with opened_recording(path, Reading(trials_table="train_domain")) as recording:
        assert recording.num_trials == 1
    with (
        pytest.raises(UserError, match=r"there is no table `trial`\. Did you mean `trials`"),
        open_recording(path, trials_table="trial"),
    ):
        pass


def test_files_without_units_and_damaged_ones(tmp_path):
    path = write(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        del file["units"], file["spikes/domain"]
    with opened_recording(path, Reading()) as recording:
        assert recording.units["id"].tolist() == [0, 2]
        assert recording.observed_s == ()
    with h5py.File(path, "r+") as file:
        del file["spikes/unit_index"]
        file["spikes/unit_index"] = np.zeros(3, int)
    with pytest.raises(UserError, match="got 4 times and 3 unit numbers"), open_recording(path):
        pass
    write(tmp_path / "b.h5", id=np.array([b"a", b"b"]))
    with (
        pytest.raises(UserError, match="spikes are of unit 2, which is none of the 2 units"),
        open_recording(tmp_path / "b.h5"),
    ):
        pass


def test_other_hdf5_is_no_recording(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["object"] = "Data"
    assert not is_recording(tmp_path / "a.h5")
