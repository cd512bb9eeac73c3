"""Analyses in the report: those that apply, and one of another package that fails."""

import pytest
import xarray as xr
from tests.analysis.results import inferred, recorded

from lfads.analysis import analysis as form
from lfads.checks import UserError
from lfads.parts import Part
from lfads.report import analyses as module
from lfads.report.analyses import analyses, analyses_together


def test_decoding_stands_where_there_is_behavior():
    dataset = recorded()
    html = "".join(analyses(inferred(dataset), dataset.session, "session-1"))
    assert "Decoding of behaviour" in html
    assert 'id="session-1-decoding"' in html
    assert "<svg" in html


def test_without_behavior_nothing_is_said():
    dataset = recorded(behavior=None)
    assert "ecoding" not in "".join(analyses(inferred(dataset), dataset.session, "session-1"))


class Both:
    """What sessions have in common, in a number."""

    title = "Sessions together"
    needs = ("factors",)
    height_in = 2.0

    def compute_together(self, posteriors, sessions):
        assert list(posteriors) == list(sessions)
        return xr.Dataset({"number": ((), len(sessions), {"units": "1"})})

    def numbers(self, result):
        return [("sessions",), (str(int(result["number"])),)]

    def caption(self, result):
        return "Nothing is drawn."

    def draw(self, figure, result):
        figure.add_subplot()


class Slow(Both):
    """One that is kept out of the report."""

    title = "Not in the report"
    in_report = False


def test_an_analysis_of_sessions_stands_in_their_part_alone(monkeypatch):
    there = {"both": Part("analyses", "both", "toys:Both", "toys", "1.2")}
    monkeypatch.setattr(Part, "load", lambda self: Both)
    monkeypatch.setattr(module, "parts", lambda kind: there)
    monkeypatch.setattr(form, "part", lambda kind, name: there[name])
    dataset = recorded()
    results = {"monday": inferred(dataset), "tuesday": inferred(dataset)}
    sessions = dict.fromkeys(results, dataset.session)
    html = "".join(analyses_together(results, sessions, "sessions"))
    assert "Sessions together" in html
    assert 'id="sessions-both"' in html
    assert analyses(inferred(dataset), dataset.session, "session-1") == []
    lacking = {"monday": inferred(dataset), "tuesday": inferred(dataset, factors=False)}
    assert analyses_together(lacking, sessions, "sessions") == []


def test_one_that_is_not_for_reports_is_left_out(monkeypatch):
    monkeypatch.setattr(Part, "load", lambda self: Slow)
    dataset = recorded()
    results = {"monday": inferred(dataset)}
    assert analyses_together(results, {"monday": dataset.session}, "sessions") == []


@pytest.fixture
def broken(monkeypatch):
    """One of another package that raises what it is told to."""

    def analyses_with(error: Exception) -> str:
        def fail() -> None:
            raise error

        one = Part("analyses", "broken", "toys:Broken", "toys", "1.2")
        monkeypatch.setattr(Part, "load", lambda self: fail)
        monkeypatch.setattr(module, "parts", lambda kind: {"broken": one})
        dataset = recorded()
        return "".join(analyses(inferred(dataset), dataset.session, "session-1"))

    return analyses_with


def test_one_that_fails_is_named_and_breaks_nothing(broken):
    with pytest.warns(UserWarning, match="the report goes without the analysis `broken`"):
        html = broken(KeyError("x"))
    assert "The analysis broken could not be made" in html
    assert "that of toys 1.2 raised KeyError: &#x27;x&#x27;" in html


def test_one_that_refuses_the_data_is_a_note_on_the_page(broken):
    html = broken(UserError("needs ten trials; there are two"))
    assert "The analysis broken cannot be put to these data: needs ten trials" in html
