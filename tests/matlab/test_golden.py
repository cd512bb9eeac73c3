"""Golden files: what Octave wrote once is read as it was then, and what Python wrote is what it writes."""

from pathlib import Path

import numpy as np
import pytest

from lfads.formats.matlab.file import read_matlab
from lfads.formats.matlab.values import Cell, StructArray
from lfads.matlab.arrays import plain
from lfads.matlab.reply import write_version_7

GOLDEN = Path(__file__).parent / "golden"


def expected():
    """What `expected_values.m` makes, as Python has it."""
    return {
        "double_matrix": np.array([[1.5, -2], [0.1, 1e300]]),
        "double_cube": np.arange(1.0, 25).reshape((2, 3, 4), order="F"),
        "single_column": np.array([[0.5], [1.5], [2.5]], "float32"),
        "int8_row": np.array([[-128, 127]], "int8"),
        "int64_large": np.array([[2**62]]),
        "uint16_matrix": np.array([[0, 1], [2, 65535]], "uint16"),
        "logical_row": np.array([[True, False, True]]),
        "one_logical": np.array([[True]]),
        "text": "counts",
        "no_text": "",
        "empty": np.zeros((0, 3)),
        "cell_of_all": Cell(
            [np.array([[1.0]]), np.zeros((0, 0)), "two", Cell([np.array([[3]])], (1, 1))], (2, 2)
        ),
        "struct_of_all": {
            "rates_hz": np.array([[1.0, 2, 3]]), "name": "M1",
            "inner": {"flag": np.array([[False]])},
        },
        "struct_row": StructArray(
            {
                "spikes": Cell([np.array([[1.0, 0]]), np.array([[0.0, 1, 1]])], (1, 2)),
                "side": Cell(["left", "right"], (1, 2)),
            },
            (1, 2),
        ),
        "missing": np.array([[np.nan, np.inf, -np.inf]]),
    }  # fmt: skip


def assert_same(one, other):
    """Alike in class, shape and content."""
    assert type(one) is type(other)
    if isinstance(one, Cell):
        assert one.shape == other.shape
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif isinstance(one, dict):
        assert [*one] == [*other]
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("name", expected())
@pytest.mark.parametrize("file", ["octave_v7.mat", "python_v7.mat"])
def test_values_of_every_class_are_read_as_they_were(file, name):
    assert_same(read_matlab(GOLDEN / file, [name])[name], expected()[name])


def test_numbers_in_files_of_version_73_are_read_as_they_were():
    found = read_matlab(GOLDEN / "python_v73.mat")
    assert len(found) == 6
    for name, value in found.items():
        assert_same(value, expected()[name])


def test_what_is_written_now_is_what_the_golden_file_holds(tmp_path):
    write_version_7(
        {name: plain(value) for name, value in expected().items()}, tmp_path / "now.mat"
    )
    now, then = read_matlab(tmp_path / "now.mat"), read_matlab(GOLDEN / "python_v7.mat")
    for name in expected():
        assert_same(now[name], then[name])
