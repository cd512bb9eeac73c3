"""Analyses in the report: each that applies to a session, or to all together, with figure and caption."""

import warnings
from collections.abc import Callable, Mapping

import xarray as xr

from lfads.analysis.analysis import (
    Analysis,
    AnalysisOfSessions,
    AnyAnalysis,
    analysed,
    analysed_together,
    is_for_report,
    lacking,
    lacking_in_any,
)
from lfads.checks import UserError, reason_of
from lfads.data.session import Session
from lfads.parts import Part, parts
from lfads.plots.drawn import drawn
from lfads.plots.page import figure_block, heading, note


def analyses(posterior: xr.Dataset, session: Session, prefix: str) -> list[str]:
    """Parts of a page; `prefix` keeps the ids of figures apart from other sessions'.

    An analysis that refuses the data is named on the page, one that fails in a warning as well; none
    breaks the report.
    """

    def result(name: str, analysis: AnyAnalysis) -> xr.Dataset | None:
        if not isinstance(analysis, Analysis) or lacking(analysis, posterior, session):
            return None
        return analysed(name, analysis, posterior, session)

    return _all_of(result, prefix)


def analyses_together(
    posteriors: Mapping[str, xr.Dataset], sessions: Mapping[str, Session], prefix: str
) -> list[str]:
    """Parts of a page: analyses of several sessions together, by their names."""

    def result(name: str, analysis: AnyAnalysis) -> xr.Dataset | None:
        if not isinstance(analysis, AnalysisOfSessions):
            return None
        if lacking_in_any(analysis, posteriors, sessions):
            return None
        return analysed_together(name, analysis, posteriors, sessions)

    return _all_of(result, prefix)


def _all_of(result_of: Callable[[str, AnyAnalysis], xr.Dataset | None], prefix: str) -> list[str]:
    found: list[str] = []
    for name, part in parts("analyses").items():
        try:
            analysis: AnyAnalysis = part.load()()
            result = result_of(name, analysis) if is_for_report(analysis) else None
            found += [] if result is None else _shown(name, analysis, result, prefix)
        except UserError as error:
            found.append(
                note(f"The analysis {name} cannot be put to these data: {reason_of(error)}.")
            )
        except Exception as error:  # the package of somebody else may raise anything
            said = _in_full(part, error)
            warnings.warn(f"the report goes without the analysis `{name}`: {said}", stacklevel=3)
            found.append(note(f"The analysis {name} could not be made: {said}."))
    return found


def _shown(name: str, analysis: AnyAnalysis, result: xr.Dataset, prefix: str) -> list[str]:
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    block = figure_block(figure, f"{prefix}-{name}", analysis.caption(result))
    return [heading(analysis.title), block]


def _in_full(part: Part, error: Exception) -> str:
    return f"that of {part.source} raised {type(error).__name__}: {reason_of(error)}"
