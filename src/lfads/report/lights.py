"""Answers to the questions to ask of a run, as a list with marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from lfads.plots.page import note, with_code

State = Literal["good", "look", "bad"]
MARKS: Mapping[State, tuple[str, str]] = {
    "good": ("✓", "fine"),
    "look": ("!", "look"),
    "bad": ("✗", "not yet"),
}


@dataclass(frozen=True)
class Light:
    """An answer to one question.

    Parameters
    ----------
    state
        Whether it speaks for the run.
    question
        What was asked.
    answer
        What was found, with its numbers, and what to do where it does not speak for the run.
    """

    state: State
    question: str
    answer: str


def as_html(lights: Sequence[Light]) -> list[str]:
    """A list with a mark, question, word and answer each; marks differ in shape, not in colour alone."""
    if not lights:
        return []
    items = [
        f'<li class="{light.state}"><span class="mark">{MARKS[light.state][0]}</span> '
        f"<div><strong>{escape(light.question)}</strong> "
        f'<span class="state">{MARKS[light.state][1]}.</span><br>{with_code(light.answer)}</div></li>'
        for light in lights
    ]
    return [
        '<ul class="lights">', *items, "</ul>",
        note("These are rules of thumb. Look at the figures that they speak of."),
    ]  # fmt: skip
