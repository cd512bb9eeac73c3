"""Small files of a run whose values are of another type, or do not fit together."""

import json
import zipfile
from typing import Any

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.training.checkpoint import (
    MOST_HEADER_BYTES,
    read_checkpoint,
    read_header,
    write_checkpoint,
)
from lfads.training.folder import course_of, data_of, read_summary
from lfads.training.tracking import read_metrics

DATA = {
    "source": "d.npz", "paths": ["/d.npz"], "fingerprint": "ab", "bin_width_s": 0.02,
    "sessions": ["monday"], "trials": {"train": 8, "valid": 2, "test": 0}, "prepared": {},
    "start_s": 0, "unit": "",
    "shapes": {
        "sessions": [{"num_neurons": 3, "encoded_neurons": [0, 2]}], "num_bins": 20,
        "num_forward_bins": 0, "num_external_inputs": 0,
    },
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "best.npz"
    header = {"data": DATA, "course": {"epoch": "3", "best_score": "inf"}, "parts": {}}
    write_checkpoint(path, {"model": {"a": np.zeros(3)}}, header)
    return path


def with_header(path, change):
    arrays = dict(np.load(path))
    header = json.loads(arrays["header.json"].tobytes())
    change(header)
    arrays["header.json"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


def test_what_was_written_is_read(path):
    header = read_header(path)
    assert data_of(header, path) == json.loads(json.dumps(DATA))
    assert (course_of(header, "epoch"), course_of(header, "best_epoch")) == (3, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h["data"].update(shapes={}), r"`shapes\.sessions` is missing, and 3 more"),
        (lambda h: h["data"].update(sessions=5), "`sessions` must be a list; got 5"),
        (lambda h: h["data"].update(paths=[5]), r"`paths\[0\]` must be text; got 5"),
        (lambda h: h["data"].update(sessions=["a", "b"]), "sizes of 1 sessions and names of 2"),
        (lambda h: h["data"].update(bin_width_s=-1), "are negative"),
        (lambda h: h["data"]["shapes"].update(num_bins=0), "there are no bins"),
        (
            lambda h: h["data"]["shapes"]["sessions"][0].update(encoded_neurons=[9]),
            "a session has 3 neurons, and others are encoded",
        ),
        (lambda h: h.pop("data"), "does not say what it was trained on"),
        (lambda h: h.update(course=[1]), "`course` must be named values"),
        (lambda h: h.update(parts=5), "`parts` must be named values"),
        (lambda h: h["course"].update(best_epoch="x"), "`best_epoch`: cannot be read as a number"),
        (lambda h: h["course"].update(best_score="x"), "`best_score`: cannot be read as a number"),
    ],
)
def test_headers_of_other_types(change, message, path):
    with_header(path, change)
    with pytest.raises(UserError, match=rf"best\.npz: .*{message}.*another folder"):
        data_of(read_header(path), path)


@pytest.mark.parametrize(("at", "value"), [(8, 1), (10, 99), (6, 255)])
def test_changed_bits_of_the_directory(at, value, path):
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + at] = value
    path.write_bytes(raw)
    with pytest.raises(UserError, match=r"best\.npz: .*damaged.*Restore it from a copy"):
        read_header(path)


def test_nothing_larger_than_expected_is_unpacked(path):
    kept = path.read_bytes()
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/b.npy", "of no use")
    with pytest.raises(UserError, match="`model/b` cannot be read"):
        read_header(path)
    path.write_bytes(kept)
    with pytest.raises(UserError, match="`model/a` has shape"):
        read_checkpoint(path, {"model": {"a": np.zeros(4)}})
    arrays: dict[str, Any] = dict(np.load(path)) | {
        "header.json": np.zeros(MOST_HEADER_BYTES + 1, np.uint8)
    }
    np.savez_compressed(path, **arrays)
    with pytest.raises(UserError, match="its header is too long"):
        read_header(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"stopped_by": 5}', "`stopped_by` must be text; got 5"),
        ('{"epochs": "3"}', "`epochs` must be a whole number; got '3'"),
        ('{"scores": [1]}', "`scores` must be named values"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_summaries(text, message, tmp_path):
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(UserError, match=rf"summary\.json: .*{message}.*Delete it"):
        read_summary(tmp_path)


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"epoch": 2, "valid_nll": "x"}', '{"a": 1}', "9" * 5000]
)
def test_metrics_end_at_the_first_line_that_is_damaged(line, tmp_path):
    (tmp_path / "metrics.jsonl").write_text(
        f'{{"epoch": 1, "valid_nll": null}}\n{line}\n{{"epoch": 3}}\n'
    )
    assert read_metrics(tmp_path / "metrics.jsonl") == [{"epoch": 1, "valid_nll": None}]
