"""Analyses in the report: those that apply, and one of another package that fails."""

import pytest
from tests.analysis.results import inferred, recorded

from lfads.checks import UserError
from lfads.parts import Part
from lfads.report import analyses as module
from lfads.report.analyses import analyses


def test_decoding_stands_where_there_is_behavior():
    dataset = recorded()
    html = "".join(analyses(inferred(dataset), dataset.session, "session-1"))
    assert "Decoding of behaviour" in html
    assert 'id="session-1-decoding"' in html
    assert "<svg" in html


def test_without_behavior_nothing_is_said():
    dataset = recorded(behavior=None)
    assert analyses(inferred(dataset), dataset.session, "session-1") == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "that of toys 1.2 raised KeyError: 'x'"),
        (UserError("too few trials"), "too few trials"),
    ],
)
def test_one_that_fails_is_named_and_breaks_nothing(error, said, monkeypatch):
    def fail() -> None:
        raise error

    broken = Part("analyses", "broken", "toys:Broken", "toys", "1.2")
    monkeypatch.setattr(Part, "load", lambda self: fail)
    monkeypatch.setattr(module, "parts", lambda kind: {"broken": broken})
    dataset = recorded()
    with pytest.warns(UserWarning, match="the report goes without the analysis `broken`"):
        html = "".join(analyses(inferred(dataset), dataset.session, "session-1"))
    assert "The analysis broken could not be made" in html
    assert said.replace("'", "&#x27;") in html
