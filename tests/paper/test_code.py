"""Texts of the code that numbers depend on."""

from lfads.paper import pulses
from lfads.paper.code import code_of
from lfads.paper.reaching import keep as keep_reaching


def test_functions_and_constants_that_are_reached_are_in_it() -> None:
    text = code_of(pulses.keep)
    for part in ("def keep", "def ratio_of_strengths", "NEAR_BINS = 3", "def matched_parts"):
        assert part in text
    assert "def draw" not in text


def test_what_is_reached_in_other_files_is_in_it() -> None:
    text = code_of(keep_reaching)
    assert "def velocity_from_rates" in text
    assert "LONGEST_LAG_S = 0.15" in text


def test_another_constant_gives_another_text(monkeypatch) -> None:
    before = code_of(pulses.keep)
    monkeypatch.setattr(pulses, "NEAR_BINS", 9)
    assert code_of(pulses.keep) != before
