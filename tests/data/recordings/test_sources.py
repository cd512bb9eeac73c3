"""Recordings from MATLAB, .npz and objects of other libraries."""

import os
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from lfads.checks import UserError
from lfads.data.recordings.prepare import prepare
from lfads.data.recordings.sources import from_pynapple, from_spikeinterface, open_recording

TIMES = [np.array([0.11, 0.31, 1.15]), np.array([0.25]), np.array([0.05, 1.35])]
SIDES = ["left", "right"]


def cell(values):
    array = np.empty((1, len(values)), object)
    array[0, :] = values
    return array


def as_mat5(path):
    savemat(path, {
        "spike_times": cell(TIMES),
        "units": {"area": cell(["M1", "PMd", "M1"])},
        "trials": {"go_time": np.array([[0.1], [1.1]]), "side": cell(SIDES)},
        "events": {"reward": np.array([0.2, 0.9])},
        "series": {"hand": {"values": np.arange(200.0).reshape(100, 2), "rate_hz": 50.0}},
        "note": "text",
    })  # fmt: skip


def as_mat73(path):
    """As MATLAB writes `-v7.3`: HDF5 behind 512 bytes, arrays transposed, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(group, name, values, kind="double"):
            item = group.create_dataset(name, data=values)
            item.attrs["MATLAB_class"] = np.bytes_(kind)
            return item

        def put_cell(group, name, values):
            stored = file.require_group("#refs#")
            references = []
            for value in values:
                kind, key = "double", f"r{len(stored)}"
                if isinstance(value, str):
                    kind, value = "char", np.array([[ord(c)] for c in value], np.uint16)
                references.append(put(stored, key, np.atleast_2d(value), kind).ref)
            data = np.array(references, dtype=h5py.ref_dtype).reshape(-1, 1)
            group.create_dataset(name, data=data, dtype=h5py.ref_dtype).attrs["MATLAB_class"] = (
                np.bytes_("cell")
            )

        put_cell(file, "spike_times", TIMES)
        put_cell(file.create_group("units"), "area", ["M1", "PMd", "M1"])
        trials = file.create_group("trials")
        put(trials, "go_time", np.array([[0.1, 1.1]]))
        put_cell(trials, "side", SIDES)
        put(file.create_group("events"), "reward", np.array([[0.2], [0.9]]))
        hand = file.create_group("series").create_group("hand")
        put(hand, "values", np.arange(200.0).reshape(100, 2).T)
        put(hand, "rate_hz", np.array([[50.0]]))
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(512))


def as_npz(path):
    np.savez(
        path, spike_times=np.concatenate(TIMES), unit=np.repeat([0, 1, 2], [3, 1, 2]),
        **{
            "units.area": ["M1", "PMd", "M1"], "trials.go_time": [0.1, 1.1], "trials.side": SIDES,
            "events.reward": [0.2, 0.9], "series.hand.values": np.arange(200.0).reshape(100, 2),
            "series.hand.rate_hz": 50.0,
        },
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*silent", "ignore:.*validate")
@pytest.mark.parametrize(
    ("write", "name"), [(as_mat5, "a.mat"), (as_mat73, "b.mat"), (as_npz, "c.npz")]
)
def test_every_kind_of_file_gives_the_same_trials(write, name, tmp_path):
    write(tmp_path / name)
    with open_recording(tmp_path / name) as recording:
        dataset = prepare(
            recording, bin_width_s=0.1, align_to="go_time", window_s=(0.0, 0.3),
            units='area == "M1"', conditions=["side"], behavior=["hand"], valid=0.0,
            input_events=["reward"],
        )  # fmt: skip
    session = dataset.session
    assert session.spikes.tolist() == [[[1, 0], [0, 0], [1, 0]], [[1, 0], [0, 0], [0, 1]]]
    assert session.condition is not None
    assert session.condition.tolist() == SIDES
    assert session.external_inputs is not None
    assert session.external_inputs[:, :, 0].tolist() == [[0, 1, 0], [0, 0, 0]]
    expected = 2 * (50 * 0.1 + 5 * np.arange(3) + 2)  # the mean of five samples
    np.testing.assert_allclose(session.behavior["hand"][0, :, 0], expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"spikes": np.zeros((3, 4, 2))}, "`spike_times` is missing; the file has `spikes`"),
        ({"spike_times": cell(TIMES), "trials": 3.0}, "`trials` must be a struct"),
        (
            {"spike_times": cell(TIMES), "trials": {"a": [1.0, 2.0], "b": [1.0]}},
            "column `b` has 1 rows, where 2 were expected",
        ),
        ({"spike_times": np.zeros((4, 5))}, "got a matrix of shape (4, 5)"),
        (
            {"spike_times": np.zeros(3), "unit": np.zeros(2)},
            "`unit` must name one unit for each of 3 spike times",
        ),
        (
            {"spike_times": cell(TIMES), "series": {"hand": {"values": [1.0, 2.0]}}},
            "give either `times_s` or `rate_hz`",
        ),
    ],
)
def test_mistakes_in_variables_are_named(content, message, tmp_path):
    savemat(tmp_path / "bad.mat", content)
    with pytest.raises(UserError) as told, open_recording(tmp_path / "bad.mat"):
        pass
    assert message in str(told.value)
    assert "bad.mat" in str(told.value)


@pytest.mark.parametrize("write", [as_mat5, as_mat73])
def test_damaged_files_give_one_message(write, tmp_path):
    path = tmp_path / "bad.mat"
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(UserError, match=r"bad\.mat"), open_recording(path):
        pass


def test_links_out_of_a_file_are_refused(tmp_path):
    path = tmp_path / "bad.mat"
    as_mat73(path)
    with h5py.File(path, "r+") as file:
        file["more"] = h5py.ExternalLink("/etc/hostname", "/x")
    with pytest.raises(UserError, match="leads out of the file"), open_recording(path):
        pass


def test_other_files_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("spikes")
    with (
        pytest.raises(UserError, match="is no recording; expected an NWB file"),
        open_recording(tmp_path / "notes.txt"),
    ):
        pass


class Group(dict):
    """The part of a pynapple TsGroup that is used."""

    metadata_columns = ("area",)
    time_support = SimpleNamespace(start=np.array([0.0]), end=np.array([2.0]))

    def __getitem__(self, key):
        areas = {3: "M1", 5: "PMd", 8: "M1"}
        return areas if key == "area" else super().__getitem__(key)


def test_pynapple():
    units = Group({key: SimpleNamespace(t=t) for key, t in zip((3, 5, 8), TIMES, strict=True)})
    trials = SimpleNamespace(start=np.array([0.0, 1.0]), end=np.array([0.5, 1.5]))
    hand = SimpleNamespace(t=np.arange(100) / 50.0, d=np.zeros((100, 2)))
    recording = from_pynapple(units, trials=trials, series={"hand": hand})
    assert recording.units["id"].tolist() == [3, 5, 8]
    assert recording.units["area"].tolist() == ["M1", "PMd", "M1"]
    assert recording.trials["stop_time"].tolist() == [0.5, 1.5]
    assert recording.span_s == (0.0, 2.0)
    assert recording.series["hand"].num_channels == 2


def test_spikeinterface():
    sorting = SimpleNamespace(
        get_unit_ids=lambda: ["a", "b", "c"],
        get_sampling_frequency=lambda: 1000.0,
        get_unit_spike_train=lambda unit, segment_index: np.round(
            1000 * TIMES["abc".index(unit)]
        ).astype(int),
        get_property_keys=lambda: ["quality", "waveform"],
        get_property=lambda key: np.ones(3) if key == "quality" else np.ones((3, 4)),
    )
    recording = from_spikeinterface(sorting, trials={"start_time": [0.0], "stop_time": [1.0]})
    assert recording.units["id"].tolist() == ["a", "b", "c"]
    assert list(recording.units) == ["id", "quality"]
    np.testing.assert_allclose(recording.spike_times_s[2], TIMES[2])


def read(path):
    with open_recording(path):
        pass


def test_a_truncated_archive_gives_one_message(tmp_path):
    as_npz(tmp_path / "cut.npz")
    content = (tmp_path / "cut.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"cut\.npz: cannot be read as \.npz"):
        read(tmp_path / "cut.npz")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mat")
    with pytest.raises(UserError, match="is a pipe"):
        read(tmp_path / "pipe.mat")
