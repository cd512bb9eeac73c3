"""Analyses in the report: each that applies to a session, with its figure and caption."""

import warnings

import xarray as xr

from lfads.analysis.analysis import Analysis, analysed, lacking
from lfads.checks import UserError, reason_of
from lfads.data.session import Session
from lfads.parts import Part, parts
from lfads.plots.drawn import drawn
from lfads.plots.page import figure_block, heading, note


def analyses(posterior: xr.Dataset, session: Session, prefix: str) -> list[str]:
    """Parts of a page; `prefix` keeps the ids of figures apart from other sessions'.

    An analysis that fails is named in a warning and on the page, and never breaks the report.
    """
    found: list[str] = []
    for name, part in parts("analyses").items():
        try:
            found += _shown(name, part, posterior, session, prefix)
        except Exception as error:  # the package of somebody else may raise anything
            said = reason_of(error) if isinstance(error, UserError) else _in_full(part, error)
            warnings.warn(f"the report goes without the analysis `{name}`: {said}", stacklevel=2)
            found.append(note(f"The analysis {name} could not be made: {said}."))
    return found


def _shown(
    name: str, part: Part, posterior: xr.Dataset, session: Session, prefix: str
) -> list[str]:
    analysis: Analysis = part.load()()
    if not getattr(analysis, "in_report", True) or lacking(analysis, posterior, session):
        return []
    result = analysed(name, analysis, posterior, session)
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    block = figure_block(figure, f"{prefix}-{name}", analysis.caption(result))
    return [heading(analysis.title), block]


def _in_full(part: Part, error: Exception) -> str:
    return f"that of {part.source} raised {type(error).__name__}: {reason_of(error)}"
