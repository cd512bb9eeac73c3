"""What lies at a path is asked before it is opened."""

import os

import pytest

from lfads.checks import UserError
from lfads.paths import printable, regular_file


@pytest.mark.parametrize("path", [None, 5, 1.5, b"data.h5", ["data.h5"]])
def test_a_path_is_text(path):
    with pytest.raises(UserError, match="expected the path of a file as text; got"):
        regular_file(path, "expected data")


def test_what_was_expected_is_said(tmp_path):
    with pytest.raises(UserError, match=r"no.h5: there is no such file; expected data"):
        regular_file(tmp_path / "no.h5", "expected data")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match=r"pipe: is a pipe or a device, .*; expected data"):
        regular_file(tmp_path / "pipe", "expected data")


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert regular_file(str(tmp_path / "b"), "expected data") == tmp_path / "b"


@pytest.mark.parametrize(
    ("name", "shown"), [("é.h5", "é.h5"), ("\udce9.h5", "\ufffd.h5"), ("\ud800.h5", "?.h5")]
)
def test_names_can_be_printed(name, shown):
    assert printable(name) == shown
