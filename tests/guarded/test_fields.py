"""Records from files: what is missing or of another type is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from lfads.checks import UserError
from lfads.guarded.fields import checked_record


@dataclass(frozen=True)
class Inner:
    num_neurons: int


@dataclass(frozen=True)
class Outer:
    name: str
    width: float
    is_whole: bool
    inner: Sequence[Inner]
    scores: Mapping[str, float | None]
    note: str | None = None
    more: Any = None


WHOLE = {
    "name": "a", "width": 1, "is_whole": True, "inner": [{"num_neurons": 3}],
    "scores": {"valid": None, "train": 0.5}, "of a later version": 1,
}  # fmt: skip


def refused(changes, message):
    with pytest.raises(UserError, match=rf"^a\.json: is damaged: {message}.*\. Delete it$"):
        checked_record(Outer, {**WHOLE, **changes}, "a.json", "Delete it")


def test_a_record_is_made():
    found = checked_record(Outer, WHOLE, "a.json", "Delete it")
    assert found == Outer("a", 1.0, True, (Inner(3),), {"valid": None, "train": 0.5})
    assert isinstance(found.width, float)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 5}, "`name` must be text; got 5"),
        ({"width": "x"}, "`width` must be a number; got 'x'"),
        ({"width": True}, "`width` must be a number; got True"),
        ({"width": 10**400}, "`width` must be a number; got 1000"),
        ({"is_whole": 1}, "`is_whole` must be true or false; got 1"),
        ({"inner": "abc"}, "`inner` must be a list; got 'abc'"),
        ({"inner": [{"num_neurons": 3}, 4]}, r"`inner\[1\]` must be named values; got 4"),
        ({"inner": [{}]}, r"`inner\[0\].num_neurons` is missing"),
        ({"inner": [{"num_neurons": 1.5}]}, r"`inner\[0\].num_neurons` must be a whole number"),
        ({"scores": [1]}, r"`scores` must be named values; got \[1\]"),
        ({"scores": {"\x1b[31m": "x"}}, r"`scores.\\x1b\[31m` must be a number; got 'x'"),
        ({"note": 5}, "`note` must be text; got 5"),
        ({"name": "a", "width": None, "inner": None}, "`width` .*, and 1 more of its entries"),
        ({"name": ["a" * 100_000]}, "`name` must be text; got .* characters left out"),
    ],
)
def test_what_is_wrong_is_named(changes, message):
    refused(changes, message)


def test_what_is_no_record():
    with pytest.raises(UserError, match="expected named values; got 5"):
        checked_record(Outer, 5, "a.json", "Delete it")
