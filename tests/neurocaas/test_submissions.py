"""Submissions as websites, scripts and people write them, and as they should not."""

import json
from pathlib import Path

import pytest

from lfads.checks import UserError
from lfads.neurocaas.submission import parsed, timestamp_of

CORPUS = Path(__file__).parent / "corpus"
EXPECTED = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))


def read(name):
    return (CORPUS / name).read_bytes().decode("utf-8-sig", "replace")


def test_all_of_the_corpus_is_expected():
    assert {path.name for path in CORPUS.iterdir()} == {*EXPECTED, "expected.json"}


@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_read_or_refused_as_expected(name):
    expected = EXPECTED[name]
    if isinstance(expected, list):
        assert list(parsed(read(name), "lab", "autolfads-torch").data) == expected
        return
    with pytest.raises(UserError) as caught:
        parsed(read(name), "lab", "autolfads-torch")
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_timestamp_is_read_whatever_else_is_wrong(name):
    found = timestamp_of(read(name))
    assert found in ("", "1", "1700000000", "07311512Nov23")
    if isinstance(EXPECTED[name], list) or EXPECTED[name].startswith("`dataname`"):
        assert found


def test_results_elsewhere_stay_within_results():
    text = read("addresses_of_the_bucket.json")
    assert parsed(text, "lab", "autolfads-torch").results == "lab/results/mine"


def test_fields_of_a_newer_website_are_noted():
    found = parsed(read("newer_website.json"), "lab", "autolfads-torch")
    assert found.unknown == ("email", "cost_monitoring")
