"""What MATLAB's values become, alike in files of all versions."""

import contextlib

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.io import loadmat, savemat
from tests.formats.matlab_files import (
    BOTH,
    cell,
    save_compressed,
    save_object,
    save_v5,
    save_v73,
    structs,
)

import lfads
from lfads.checks import UserError
from lfads.formats.matlab import objects as matlab_objects
from lfads.formats.matlab.file import glimpse, read_matlab, variables_of
from lfads.formats.matlab.values import Cell, Glimpse, StructArray, Unreadable
from lfads.guarded import memory
from lfads.recordings.sources import open_recording

ANY = (*BOTH, save_compressed)
CUBE = np.arange(24.0).reshape(2, 3, 4)
SPARSE = sp.csc_matrix(np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]]))
COUNTS = np.random.default_rng(0).poisson(0.5, (10, 12, 4)).astype(float)


@pytest.mark.parametrize("save", ANY)
def test_values_keep_their_shape(save, tmp_path):
    path = tmp_path / "a.mat"
    save(path, {
        "cube": CUBE, "small": np.array([[1, -2]], np.int16), "flag": np.array([[True], [False]]),
        "text": "left", "rows": np.array(["left", "up"]), "empty": np.empty((0, 3)),
        "grid": cell([np.ones((1, k)) for k in range(6)], (2, 3)),
        "one": {"a": 1.5, "b": {"c": "deep"}},
        "many": structs({"x": 1.0, "y": "p"}, {"x": CUBE, "y": "q"}, shape=(2, 1)),
        "sparse": SPARSE, "nothing": sp.csc_matrix((2, 3)), "cells": cell([SPARSE]),
    })  # fmt: skip
    found = read_matlab(path)
    np.testing.assert_array_equal(found["cube"], CUBE)
    assert found["small"].dtype == np.int16
    assert found["flag"].dtype == bool
    assert found["flag"].shape == (2, 1)
    assert (found["text"], found["rows"]) == ("left", ["left", "up"])
    assert found["empty"].shape == (0, 3)
    assert isinstance(found["grid"], Cell)
    assert found["grid"].shape == (2, 3)
    assert found["grid"].grid()[1, 2].shape == (1, 5)
    assert found["one"] == {"a": np.array([[1.5]]), "b": {"c": "deep"}}
    assert isinstance(found["many"], StructArray)
    assert (found["many"].shape, found["many"]["y"]) == ((2, 1), ["p", "q"])
    np.testing.assert_array_equal(found["many"]["x"][1], CUBE)
    np.testing.assert_array_equal(found["sparse"], SPARSE.toarray())
    np.testing.assert_array_equal(found["cells"][0], SPARSE.toarray())
    assert not found["nothing"].any()


@pytest.mark.parametrize("save", ANY)
def test_headers_and_glimpses_say_what_is_there(save, tmp_path):
    path = tmp_path / "a.mat"
    save(path, {"x": np.zeros((300, 5)), "many": cell([np.arange(900.0)] * 100, (50, 2))})
    assert {one.described for one in variables_of(path)} == {
        "`x` (300 × 5 double)", "`many` (50 × 2 cell)"
    }  # fmt: skip
    found = glimpse(path, ["x", "many"])
    assert isinstance(found["x"], Glimpse)
    assert found["x"].shape == (300, 5)
    assert len(found["many"]) < found["many"].num_items == 100
    np.testing.assert_array_equal(found["many"][0].values[:3], [0, 1, 2])
    assert found["many"][0].shape == (1, 900)


def test_only_named_variables_are_read(tmp_path):
    save_compressed(tmp_path / "a.mat", {"a": CUBE, "b": CUBE})
    assert list(read_matlab(tmp_path / "a.mat", ["b", "c"])) == ["b"]


def test_big_endian_files(tmp_path):
    """Made of a little-endian one by swapping the bytes of its few elements."""
    path = tmp_path / "a.mat"
    savemat(path, {"longer_name": np.array([[1.5, 2.5]])})
    data = path.read_bytes()
    words = np.frombuffer(data[128:], "<u4").byteswap().tobytes()
    name, values = words.index(b"gnol"), words.index(data[-16:][4:8][::-1])
    body = words[:name] + data[128 + name : 128 + name + 16] + words[name + 16 : values - 4]
    swapped = np.array([1.5, 2.5], ">f8").tobytes()
    path.write_bytes(data[:124] + b"\1\0MI" + body + swapped)
    np.testing.assert_array_equal(loadmat(path)["longer_name"], [[1.5, 2.5]])
    np.testing.assert_array_equal(read_matlab(path)["longer_name"], [[1.5, 2.5]])


@pytest.mark.parametrize("save", [save_v5, save_compressed])
def test_damaged_files_end_in_a_message(save, tmp_path):
    path = tmp_path / "a.mat"
    save(path, {"a": cell([CUBE, "text", SPARSE]), "s": structs({"x": 1.0}, {"x": 2.0})})
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(data)
        for place in rng.integers(128, len(data), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        cut = len(data) if rng.random() < 0.7 else int(rng.integers(128, len(data)))
        path.write_bytes(damaged[:cut])
        with contextlib.suppress(UserError):  # and nothing else
            variables_of(path)
            read_matlab(path)


def test_sizes_that_are_declared_are_counted_before_they_are_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", 2**20)
    for save in BOTH:
        save(tmp_path / "a.mat", {"x": sp.csc_matrix((10**5, 10**4))})
        with pytest.raises(UserError, match=r"`x` of shape .* of memory are available"):
            read_matlab(tmp_path / "a.mat")


def test_complex_numbers_and_functions_are_named(tmp_path):
    savemat(tmp_path / "a.mat", {"spikes": COUNTS * 1j, "bin_width_s": 0.01})
    with pytest.raises(UserError, match=r"`spikes` is complex numbers: save `abs\(spikes\)`"):
        lfads.read(tmp_path / "a.mat")
    save_object(tmp_path / "b.mat", {"x": 1.0}, "f", "function_handle")
    assert read_matlab(tmp_path / "b.mat")["f"] == Unreadable("function_handle", "f")


@pytest.mark.parametrize("key", ["split", "condition"])
def test_an_object_that_is_wanted_is_an_error(key, tmp_path, monkeypatch):
    path = tmp_path / "a.mat"
    save_object(path, {"spikes": COUNTS, "bin_width_s": 0.01}, key, "string")
    monkeypatch.setattr(matlab_objects, "is_installed", lambda: False)
    with pytest.raises(UserError) as told:
        lfads.read(path)
    assert (
        f"`{key}` is a MATLAB string object: `pip install 'lfads[matlab]'` reads it, or save "
        in (str(told.value))
    )
    assert f"`cellstr({key})`" in str(told.value)


def test_an_object_that_cannot_be_decoded_is_an_error_without_that_advice(tmp_path):
    pytest.importorskip("matio", reason="of the extra `matlab`")
    path = tmp_path / "a.mat"
    save_object(path, {"spikes": COUNTS, "bin_width_s": 0.01}, "split", "string")
    with pytest.raises(UserError) as told:
        lfads.read(path)
    assert "`split`" in str(told.value)
    assert "pip" not in str(told.value)


def test_a_table_that_is_an_object_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "a.mat"
    monkeypatch.setattr(matlab_objects, "is_installed", lambda: False)
    save_object(path, {"spike_times": cell([np.arange(9.0)])}, "trials", "table")
    with pytest.raises(UserError, match="save `table2struct"), open_recording(path):
        pass


@pytest.fixture
def objects():
    """Values as mat-io writes them: strings, categories, a table, a date, a duration."""
    matio = pytest.importorskip("matio", reason="of the extra `matlab`")
    pandas = pytest.importorskip("pandas")
    text: type = np.dtypes.StringDType
    return matio.save_to_mat, {
        "split": np.array([["train"], ["valid"]] * 5, dtype=text()),
        "condition": pandas.Categorical(["a", "b"] * 5),
        "trial_table": pandas.DataFrame({"go": np.arange(10.0), "side": ["left", "right"] * 5}),
        "when": {"day": np.array([["2020-01-02T00:00:01"]], "datetime64[ns]")},
        "lasted": np.array([[1, 2]], "timedelta64[s]"),
        "spikes": COUNTS,
        "bin_width_s": np.array([[0.01]]),
    }


@pytest.mark.parametrize("version", ["v7", "v7.3"])
def test_objects_become_text_numbers_and_columns(version, objects, tmp_path):
    save, values = objects
    save(tmp_path / "a.mat", values, version=version)
    found = read_matlab(tmp_path / "a.mat")
    assert found["split"] == ["train", "valid"] * 5
    assert found["condition"] == ["a", "b"] * 5
    assert found["trial_table"]["side"] == ["left", "right"] * 5
    assert found["when"]["day"] == "2020-01-02T00:00:01.000"
    np.testing.assert_array_equal(found["lasted"], [[1, 2]])
    del values["when"], values["lasted"]
    save(tmp_path / "b.mat", values, version=version)
    session = lfads.read(tmp_path / "b.mat").session
    assert session.split.tolist() == ["train", "valid"] * 5
    np.testing.assert_array_equal(session.trial_table["go"], np.arange(10.0))
    assert session.trial_table["side"].tolist() == ["left", "right"] * 5


def test_columns_of_tables_of_every_kind(objects, tmp_path):
    save, _ = objects
    pandas = pytest.importorskip("pandas")
    times = pandas.to_timedelta([0, 1, 2], unit="s").as_unit("s")
    times.name = "Time"
    table = pandas.DataFrame({
        "kind": pandas.Categorical(["a", None, "a"]), "flag": [True, False, True],
        "day": pandas.to_datetime(["2020-01-01", "2020-01-02", None]),
        "wide": [np.ones(2)] * 3, "ragged": [np.ones(1), np.ones(2), np.ones(3)],
    })  # fmt: skip
    save(
        tmp_path / "a.mat",
        {"t": table, "tt": pandas.DataFrame({"x": [1.0, 2.0, 3.0]}, index=times)},
    )
    found = read_matlab(tmp_path / "a.mat")
    assert found["t"]["kind"] == ["a", "", "a"]
    assert found["t"]["flag"].ravel().tolist() == [True, False, True]
    assert found["t"]["day"] == ["2020-01-01T00:00:00.000", "2020-01-02T00:00:00.000", ""]
    assert found["t"]["wide"].shape == (3, 2)
    assert found["t"]["ragged"] == Unreadable("table column", "t.ragged")
    assert found["tt"]["Time"].ravel().tolist() == [0, 1, 2]


@pytest.mark.parametrize("version", ["v7", "v7.3"])
def test_a_reader_of_objects_that_dies_is_one_message(version, objects, tmp_path, monkeypatch):
    save, values = objects
    save(tmp_path / "a.mat", values, version=version)
    monkeypatch.setattr(matlab_objects, "LIMIT_S", 0.001)
    with pytest.raises(UserError, match=r"is damaged.*Save it again in MATLAB with `-v7\.3`"):
        read_matlab(tmp_path / "a.mat")


def test_a_struct_of_text_and_unknown_classes(tmp_path):
    save_v73(tmp_path / "a.mat", {"s": {"name": "x"}})
    assert read_matlab(tmp_path / "a.mat") == {"s": {"name": "x"}}
