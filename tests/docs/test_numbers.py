"""Measured numbers of the pages are those of the benchmarks' files."""

import json
import operator
import re
import statistics
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = tomllib.loads((ROOT / "docs/numbers.toml").read_text(encoding="utf-8"))["number"]
OF = {
    "mean": statistics.mean,
    "median": statistics.median,
    "low": min,
    "high": max,
    "sum": sum,
    "count": len,
}
SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def values_at(found: Any, parts: list[str]) -> Iterator[Any]:
    """What stands at a key; `*` goes through a table or list, `seed=0&method=GPFA` through what has these.

    A name may hold dots itself.
    """
    if not parts:
        yield found
        return
    first, *rest = parts
    if first == "*":
        for one in found.values() if isinstance(found, dict) else found:
            yield from values_at(one, rest)
    elif isinstance(found, list) and "=" in first:
        wanted = dict(one.split("=") for one in first.split("&"))
        for one in found:
            if all(fnmatchcase(str(one[name]), value) for name, value in wanted.items()):
                yield from values_at(one, rest)
    elif isinstance(found, list):
        yield from values_at(found[int(first)], rest)
    else:
        names = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
        name = next((name for name in names if name in found), first)
        yield from values_at(found[name], parts[name.count(".") + 1 :])


def number_of(value: Any) -> float:
    """A number, also of a text that begins with one, such as "98.0%" or "4 of 5"."""
    if isinstance(value, str) and (begins := re.match(r"[-+]?\d+(\.\d+)?", value)):
        return float(begins.group())
    if not isinstance(value, int | float):
        raise TypeError(f"not a number: {value}")
    return value


def taken(values: list[float], how: str) -> list[float]:
    if how == "each":
        return values
    if how.startswith("from "):
        return [sum(one >= float(how.removeprefix("from ")) for one in values)]
    return [OF[how](values)]


def term_at(results: Any, term: str) -> list[float]:
    """A number written as it is, or the values of a key, or what is taken of them all."""
    if re.fullmatch(r"[\d.]+", term):
        return [float(term)]
    place, _, how = term.partition("|")
    values = [number_of(one) for one in values_at(results, place.split("."))]
    if not values:
        raise ValueError(f"nothing was measured at {place}")
    return taken(values, how or "mean")


def numbers_at(results: Any, key: str) -> list[float]:
    """Of a key, or of terms with + - * / between spaces, which are taken in turn."""
    terms, _, how = key.partition(" | ")
    first, *rest = re.split(r" ([-+*/]) ", terms)
    numbers = term_at(results, first)
    for sign, term in zip(rest[::2], rest[1::2], strict=True):
        others = term_at(results, term)
        both = zip(numbers, others if len(others) > 1 else others * len(numbers), strict=True)
        numbers = [SIGNS[sign](one, other) for one, other in both]
    return taken(numbers, how or "each")


def without_zeros(text: str) -> str:
    return re.sub(r"\b0\.(?=\d)", ".", text)


def text_with(says: str, of: dict[str, str] | list[str], results: Any) -> str:
    """What a page should say, as pages write: no 0 before a point, a space before %, − as the minus."""
    if isinstance(of, dict):
        said = says.format(**{name: numbers_at(results, key)[0] for name, key in of.items()})
    else:
        values = [value for key in of for value in numbers_at(results, key)]
        if len(re.findall(r"\{:?[^{}]*\}", says.replace("{{", "").replace("}}", ""))) != len(
            values
        ):
            raise ValueError(f"{len(values)} values are not as many as places in: {says}")
        said = says.format(*values)
    said = re.sub(r"(?<![\w-])-(?=\d)", "−", said)
    return re.sub(r"(\d)%", r"\1 %", without_zeros(said))


def holds(page: str, said: str) -> bool:
    """Whether a page has the text and no digit more at its ends. Line breaks do not matter."""
    page = without_zeros(page)
    words = r"\s+".join(re.escape(word) for word in said.split())
    return re.search(rf"(?<![\d.]){words}(?!\d)", page) is not None


def results_of(file: str) -> Any:
    kept = json.loads((ROOT / "benchmarks/results" / file).read_text(encoding="utf-8"))
    return kept.get("results", kept)


def path_of(page: str) -> Path:
    return ROOT / page if page == "README.md" else ROOT / "docs" / page


@pytest.mark.parametrize("number", NUMBERS, ids=lambda one: f"{one['page']}: {one['says'][:40]}")
def test_a_page_says_what_was_measured(number: dict[str, Any]):
    files = number["file"]
    several = [results_of(file) for file in files] if isinstance(files, list) else results_of(files)
    said = text_with(number["says"], number["of"], several)
    page = path_of(number["page"]).read_text(encoding="utf-8")
    assert holds(page, said), f"{number['page']} should say: {said}"


def test_a_key_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        numbers_at({"a": {"b": 1.0}}, "a.c")
    with pytest.raises(TypeError, match="not a number: None"):
        numbers_at({"a": [{"b": None}]}, "a.*.b")
    with pytest.raises(ValueError, match="nothing was measured"):
        numbers_at({"a": [{"b": 1.0}]}, "a.b=2.b")


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        ("a.*.b|high", [3.0]),
        ("a.*.b|each", [1.0, 3.0]),
        ("a.*.b|from 2", [1]),
        ("a.b=3&c=[xy].b", [3]),
        ("a.*.b|count", [2]),
        ("p99.9.max", [8.0]),
        ("a.*.b|each / p99.9.max * 100", [12.5, 37.5]),
        ("a.*.b|each / p99.9.max * 100 | high", [37.5]),
        ("1 - a.0.b / p99.9.max", [0.0]),
        ("share", [98.0]),
    ],
)
def test_a_key_says_what_is_taken_of_which_numbers(key: str, numbers: list[float]):
    results = {
        "a": [{"b": 1.0, "c": "x"}, {"b": 3, "c": "x"}],
        "p99.9": {"max": 8.0},
        "share": "98.0%",
    }
    assert numbers_at(results, key) == numbers


def test_a_page_is_held_to_every_digit():
    said = text_with(
        "R² {:.2f}, {:.0%} (from {:.3f})", ["a", "b", "c"], {"a": 0.5, "b": 0.07, "c": -0.1}
    )
    assert said == "R² .50, 7 % (from −.100)"
    assert holds("So R² .50,\n7 % (from −.100).", said)
    assert holds("R² 0.50", "R² .50")
    assert not holds("R² .501", "R² .50")
    with pytest.raises(ValueError, match="not as many as places"):
        text_with("{:.2f}", ["a", "b"], {"a": 0.5, "b": 0.07})


WITHOUT_NUMBERS = {"reproduction.md": "reproduction.json"}
"""Pages that name a file of results and say none of its numbers."""


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_a_page_that_names_a_benchmark_has_numbers_of_it_that_are_traced(path: Path):
    named = re.findall(
        r"benchmarks/(?:results/)?(\w+)\.(?:json|py)", path.read_text(encoding="utf-8")
    )
    kept = {f"{name}.json" for name in named if (ROOT / f"benchmarks/results/{name}.json").exists()}
    here = [number["file"] for number in NUMBERS if number["page"] == path.name]
    traced = {one for file in here for one in ([file] if isinstance(file, str) else file)}
    assert kept - traced - {WITHOUT_NUMBERS.get(path.name)} == set()
