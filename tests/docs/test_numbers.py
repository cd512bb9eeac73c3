"""Measured numbers of the pages are those of the benchmarks' files."""

import json
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = tomllib.loads((ROOT / "docs/numbers.toml").read_text(encoding="utf-8"))["number"]
OF = {"mean": statistics.mean, "median": statistics.median, "low": min, "high": max}


def values_at(found: Any, parts: list[str]) -> Iterator[float]:
    """What stands at a key; `*` goes through all of a table or list."""
    if not parts:
        yield found
        return
    first, *rest = parts
    if first == "*":
        for one in found.values() if isinstance(found, dict) else found:
            yield from values_at(one, rest)
    else:
        yield from values_at(found[int(first)] if isinstance(found, list) else found[first], rest)


def number_at(results: Any, key: str) -> float:
    place, _, how = key.partition("|")
    return OF[how or "mean"](list(values_at(results, place.split("."))))


@pytest.mark.parametrize("number", NUMBERS, ids=lambda one: f"{one['page']}: {one['says'][:40]}")
def test_a_page_says_what_was_measured(number: dict[str, Any]):
    path = ROOT / "benchmarks/results" / number["file"]
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    values = {name: number_at(results, key) for name, key in number["of"].items()}
    said = re.sub(r"\b0\.(?=\d)", ".", number["says"].format(**values))
    said = re.sub(r"(\d)%", r"\1 %", said)
    page = (ROOT / "docs" / number["page"]).read_text(encoding="utf-8")
    assert said in page, f"docs/{number['page']} should say: {said}"


def test_a_key_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        number_at({"a": {"b": 1.0}}, "a.c")
    assert number_at({"a": [{"b": 1.0}, {"b": 3.0}]}, "a.*.b|high") == 3.0
