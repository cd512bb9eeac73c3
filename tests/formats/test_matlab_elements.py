"""MATLAB files of version 5 that are damaged, mean harm or are odd, element by element."""

import h5py
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.io import loadmat, savemat
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

import lfads
from lfads.checks import UserError
from lfads.formats.matlab.file import glimpse, is_matlab, read_matlab, variables_of
from lfads.formats.matlab.values import dense, text_of
from lfads.guarded import memory
from lfads.guarded.messages import quoted
from lfads.recordings.sources import open_recording

MANY = 20_000


@pytest.fixture
def small_memory(monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", 2**20)


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


@pytest.mark.filterwarnings("ignore:The default value for `spmatrix`")  # of SciPy 1.18 on
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


SCALAR = array(DOUBLE, (1, 1), b"x", doubles(1))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (element(13, b"\1" * 16), "an element of an unknown kind, 13"),
        (b"\1\2\3", "it is cut short"),
        (array(DOUBLE, (1, 1), b"x", doubles(2)), "`x` is stored twice in the file"),
    ],
)
@pytest.mark.parametrize("reader", [variables_of, read_matlab])
def test_nothing_of_a_file_is_passed_over(reader, after, said, tmp_path):
    with pytest.raises(UserError, match=said):
        reader(write(tmp_path / "a.mat", SCALAR, after))


def test_zeros_may_fill_a_file_up(tmp_path):
    assert list(read_matlab(write(tmp_path / "a.mat", SCALAR, b"\0" * 21))) == ["x"]


def test_no_field_hides_another_of_the_same_name(tmp_path):
    """As in files of programs that cut long names short."""
    fields = whole_numbers(2) + element(1, b"a\0b\0a\0")
    values = b"".join(array(DOUBLE, (1, 1), b"", doubles(k)) for k in range(3))
    for shape in ((1, 1), (1, 2)):
        content = fields + values * shape[1]
        path = write(tmp_path / "a.mat", array(STRUCT, shape, b"s", content))
        found = read_matlab(path)["s"]
        assert list(found) == ["a#1", "b", "a#2"]
        assert [float(np.ravel(value)[0]) for value in found.values()] == [0, 1, 2]


def test_text_of_several_axes_is_rows_along_the_second(tmp_path):
    pages = np.array([["left ", "right"], ["up   ", "down "]])  # page, row
    letters = np.array([[list(row) for row in page] for page in pages]).transpose(1, 2, 0)
    content = element(16, "".join(letters.ravel(order="F")).encode())
    path = write(tmp_path / "a.mat", array(CHAR, letters.shape, b"x", content))
    found = read_matlab(path)["x"]
    assert found == ["left", "right", "up", "down"]
    assert found.shape == (2, 1, 2)


@pytest.mark.parametrize(
    ("text", "shape", "expected"),
    [
        ("abc", (1, 3), "abc"),
        ("abc", (3, 1), ["a", "b", "c"]),
        ("ab", (1, 1, 2), ["a", "b"]),
        ("", (0, 5), ""),
        ("🐭bac", (2, 2), ["🐭a", "bc"]),
    ],
)
def test_rows_of_text(text, shape, expected):
    assert text_of(text, shape) == expected


def test_text_that_does_not_fill_its_rows():
    with pytest.raises(ValueError, match="do not fill its rows"):
        text_of("abc", (2, 2))


def test_names_that_would_act_on_a_terminal_are_written_out(tmp_path):
    red = b"\x1b[31mred"
    fields = whole_numbers(16) + element(1, red.ljust(16, b"\0"))
    inside = array(DOUBLE, (1, 1), b"", doubles(1))
    path = write(
        tmp_path / "a.mat",
        array(DOUBLE, (1, 1), red, doubles(1)),
        array(STRUCT, (1, 1), b"s", fields + inside),
    )
    with h5py.File(tmp_path / "b.mat", "w", userblock_size=512) as file:
        file[red.decode()] = 1.0
        file.create_group("s")[red.decode()] = 1.0
    name = r"\x1b[31mred"
    for one in (path, tmp_path / "b.mat"):
        assert {variable.name for variable in variables_of(one)} == {name, "s"}
        assert list(read_matlab(one, [name])) == [name]
        assert list(read_matlab(one)["s"]) == [name]
    assert quoted([red.decode()]) == f"`{name}`"


@pytest.mark.parametrize("order", "<>")
def test_version_4_is_said(order, tmp_path):
    path = tmp_path / "old.mat"
    savemat(path, {"spikes": np.zeros((3, 4))}, format="4")
    if order == ">":
        data = path.read_bytes()
        head = np.frombuffer(data[:20], "<i4").copy()
        head[0] = 1000
        path.write_bytes(head.astype(">i4").tobytes() + data[20:])
    said = r"is MATLAB of version 4: load it in MATLAB and save it again with `save\('old.mat', '-v7'\)`"
    assert is_matlab(path)
    with pytest.raises(UserError, match=said):
        lfads.read(path)
    with pytest.raises(UserError, match=said), open_recording(path):
        pass


def test_what_is_not_version_4(tmp_path):
    path = tmp_path / "a.mat"
    for start in (b"", b"\0" * 100, b"PK" + b"\0" * 40, b"\0" * 16 + b"\2\0\0\0-\0"):
        path.write_bytes(start)
        assert not is_matlab(path)
    assert not is_matlab(tmp_path)


def test_spikes_that_hold_no_counts_are_not_called_missing(tmp_path):
    path = write(tmp_path / "a.mat", array(CELL, (4, 0), b"spikes", b""))
    with pytest.raises(
        UserError, match=r"a\.mat: `spikes` \(4 × 0 cell\) holds no counts of trials;"
    ):
        lfads.read(path)
