"""JSON and TOML that are deep, huge, damaged or no text: one message that names the file."""

import pytest

from lfads.checks import UserError
from lfads.config import read_toml
from lfads.guarded import memory
from lfads.guarded.texts import json_object, read_json

DEEP = "[" * 100_000
DIGITS = "9" * 5000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DEEP, r"a\.json: cannot be read as JSON.*recursion.*Delete it"),
        (f'{{"a": {DIGITS}}}', r"4300 digits.*5000 digits\)\. Delete it"),
        ('{"a":', "may be damaged or cut short"),
        ("\xff", "may be damaged or cut short"),
        ("[1]", "expected one object in JSON; got a list"),
        ("5", "got a number"),
        ('"a"', "got text"),
    ],
)
def test_json_that_is_no_record(text, message, tmp_path):
    (tmp_path / "a.json").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=message):
        read_json(tmp_path / "a.json", "Delete it")


def test_json_of_a_header():
    assert json_object(b'{"a": NaN}', "here", "")["a"] != 0
    with pytest.raises(UserError, match="here: cannot be read as JSON"):
        json_object(b"\xff\xfe", "here", "Delete it")


def test_what_is_no_file(tmp_path):
    with pytest.raises(UserError, match="is a folder; expected a file of JSON"):
        read_json(tmp_path, "Delete it")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, "is not valid TOML: maximum recursion depth exceeded"),
        (f"seed = {DIGITS}", r"is not valid TOML: Exceeds .* 5000 digits\. Example: `model"),
    ],
)
def test_toml(text, message, tmp_path):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(UserError, match=message):
        read_toml(tmp_path / "a.toml")


def test_there_must_be_memory_for_what_a_text_says(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", 10_000)
    (tmp_path / "a.toml").write_text("#" * 1000)
    with pytest.raises(UserError, match=r"a\.toml would take about .* is this the right file"):
        read_toml(tmp_path / "a.toml")
