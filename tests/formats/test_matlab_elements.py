"""MATLAB files of version 5 that are damaged, mean harm or are odd, element by element."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.io import loadmat
from tests.formats.matlab_elements import (
    CELL,
    CHAR,
    DOUBLE,
    EMPTY,
    LOGICAL,
    SPARSE,
    STRUCT,
    array,
    doubles,
    element,
    whole_numbers,
    write,
)

from lfads.checks import UserError
from lfads.formats import guarded
from lfads.formats.matlab.file import glimpse, read_matlab, variables_of
from lfads.formats.matlab.values import dense

MANY = 20_000


@pytest.fixture
def small_memory(monkeypatch):
    monkeypatch.setattr(guarded, "LIMIT_BYTES", 2**20)


@pytest.mark.parametrize(
    "bomb",
    [
        array(CELL, (1, MANY), b"x", EMPTY * MANY),
        array(STRUCT, (0, 0), b"x", whole_numbers(1) + element(1, b"a" * MANY)),
        array(SPARSE, (3, 3), b"x", whole_numbers(*[0] * 2**18) + whole_numbers(0, 0, 0, 0) + doubles()),
        array(SPARSE, (3, 3), b"x", whole_numbers() + whole_numbers(*[0] * 2**18) + doubles()),
        array(
            SPARSE, (3, 3), b"x", whole_numbers() + whole_numbers(0, 0, 0, 0) + doubles(*[0] * 2**17)
        ),
        array(CHAR, (1, 2**17), b"x", element(16, b"a" * 2**17)),
    ],
    ids=["empty items", "fields", "rows", "columns", "values", "text"],
)  # fmt: skip
def test_everything_is_counted_before_it_is_read(bomb, small_memory, tmp_path):
    path = write(tmp_path / "a.mat", bomb, packed=True)
    with pytest.raises(UserError, match=r"`x.* would take about .* GiB"):
        read_matlab(path)


@pytest.mark.parametrize(
    "bomb",
    [
        array(DOUBLE, (1, 1), b"a" * 5000, doubles(1)),
        array(DOUBLE, (1,) * 40, b"x", doubles(1)),
    ],
    ids=["name", "axes"],
)
def test_names_and_shapes_have_a_longest(bomb, tmp_path):
    path = write(tmp_path / "a.mat", bomb)
    with pytest.raises(UserError, match="a name or the shape of an array is too long"):
        variables_of(path)


@pytest.mark.parametrize("length", [0, -1, 5000])
def test_lengths_of_names_of_fields(length, tmp_path):
    fields = whole_numbers(length) + element(1, b"abc")
    path = write(tmp_path / "a.mat", array(STRUCT, (1, 1), b"x", fields))
    with pytest.raises(UserError, match="`x` is damaged"):
        read_matlab(path)


def test_a_glimpse_of_a_sparse_matrix_needs_no_memory(small_memory, tmp_path):
    rows = whole_numbers(*range(2**16))
    content = rows + whole_numbers(0, 2**16) + doubles(*np.ones(2**16))
    path = write(tmp_path / "a.mat", array(SPARSE, (2**16, 1), b"x", content))
    found = glimpse(path, ["x"])["x"]
    assert found.shape == (2**16, 1)
    assert 0 < len(found.values) < 1000


def logical_sparse(matrix, flag):
    """A sparse matrix as MATLAB writes logical ones: one byte a value under the tag of doubles."""
    return array(
        SPARSE | flag, matrix.shape, b"x",
        whole_numbers(*matrix.indices) + whole_numbers(*matrix.indptr) + element(9, b"\1" * matrix.nnz),
    )  # fmt: skip


@pytest.mark.parametrize("number", [1, 8, 16, 0])
def test_logical_sparse_matrices_as_matlab_stores_them(number, tmp_path):
    full = np.zeros((6, 4), bool)
    full.flat[:number] = True
    path = write(tmp_path / "a.mat", logical_sparse(sp.csc_matrix(full), LOGICAL))
    found = read_matlab(path)["x"]
    assert found.dtype == bool
    np.testing.assert_array_equal(found, full)
    assert glimpse(path, ["x"])["x"].values.all()
    np.testing.assert_array_equal(loadmat(path)["x"].toarray(), full)


def test_logical_sparse_matrices_in_eight_bytes_a_value(tmp_path):
    content = whole_numbers(0, 1) + whole_numbers(0, 1, 2) + doubles(1, 1)
    path = write(tmp_path / "a.mat", array(SPARSE | LOGICAL, (2, 2), b"x", content))
    np.testing.assert_array_equal(read_matlab(path)["x"], np.eye(2, dtype=bool))


def test_values_at_one_place_add(tmp_path):
    content = whole_numbers(1, 1, 0) + whole_numbers(0, 2, 3) + doubles(2, 3, 4)
    for kind, expected in ((SPARSE, [[0, 4], [5, 0]]), (SPARSE | LOGICAL, [[0, 1], [1, 0]])):
        path = write(tmp_path / "a.mat", array(kind, (2, 2), b"x", content))
        np.testing.assert_array_equal(read_matlab(path)["x"], expected)


def test_a_sparse_matrix_needs_a_value_for_each_row():
    with pytest.raises(ValueError, match="a sparse matrix is damaged"):
        dense(np.array([7.0]), np.array([0, 1, 2]), np.array([0, 3]), (3, 1))
    more = dense(np.arange(1.0, 9.0), np.array([2, 0]), np.array([0, 1]), (3, 1))  # room to spare
    np.testing.assert_array_equal(more, [[0], [0], [1]])
