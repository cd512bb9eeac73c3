"""What is kept about a run, and of which weights."""

import json

import pytest

from lfads.runs.kept import read_kept, weights_of, write_kept


def test_what_is_written_is_read_if_it_is_of_the_same(tmp_path):
    path = tmp_path / "found.json"
    assert write_kept(path, {"best_epoch": 3}, {"found": [1, 2]}) == path
    assert read_kept(path, {"best_epoch": 3}) == {"found": [1, 2]}
    assert read_kept(path, {"best_epoch": 4}) == {}
    assert read_kept(path, {"best_epoch": 3, "fingerprint": None}) == {}


@pytest.mark.parametrize("text", [None, "{", "[1]", "\udcff"])
def test_what_is_missing_or_damaged_is_nothing(tmp_path, text):
    path = tmp_path / "found.json"
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_kept(path, {}) == {}


def test_weights_are_those_of_the_best_epoch(tmp_path):
    assert weights_of(tmp_path) == {"best_epoch": None}
    (tmp_path / "summary.json").write_text(json.dumps({"best_epoch": 7}))
    assert weights_of(tmp_path) == {"best_epoch": 7}
