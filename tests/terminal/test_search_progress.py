"""What a terminal shows of a search: names, how long it compiles, and then the generations."""

import io
from types import SimpleNamespace
from unittest import mock

from rich.console import Console

from lfads.config import SHAPES, SearchConfig
from lfads.search.record import HYPERPARAMETERS, MemberRow
from lfads.terminal import progress, search_progress
from lfads.terminal.progress import Clock
from lfads.terminal.search_progress import SHORT, GenerationProgress


def test_everything_that_can_be_searched_has_a_short_name():
    assert set(SHORT) == {*SHAPES, *HYPERPARAMETERS}


def test_what_is_shown_while_a_search_goes_on(monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now.s))
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120, highlight=False)
    with mock.patch.object(search_progress, "error_console", return_value=console):
        shown = GenerationProgress()
    shown.search, shown.clock = SearchConfig(max_hours=0.1), Clock(0.1)

    def text() -> str:
        with console.capture() as captured:
            console.print(shown._shown())
        return captured.get()

    now.s = 12.0
    assert text() == "compiling, 12 s\n"
    shown.epochs(1, 3, 25)
    assert "generation 1: epoch 3/25" in text()
    row = MemberRow(1, 25, 0, 0, 0.1, 0.1, 0.1, 0.2, {"learning_rate": 0.01})
    shown.generation([row], row)
    assert "0.1000" in text()
    assert "5.8 min left at most" in text()
    assert "compiling" not in text()
