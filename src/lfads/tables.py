"""Rows of words as tables: aligned text for a terminal, HTML for a notebook.

HTML takes its colours from the page around it, so it can be read on light and on dark, and sets its own
alignment where notebooks would set everything to the right. What users named is escaped.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from lfads.checks import UserError, reason_of

_CELL = "text-align:left;vertical-align:top;padding:0.15em 1.5em 0.15em 0;border:0;background:none"
_FAINT = "opacity:0.7;font-weight:normal"


class Table(NamedTuple):
    """Rows of words; the first row names the columns if `has_header`."""

    rows: Sequence[Sequence[str]]
    has_header: bool = False


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of columns, each column as wide as its widest cell.

    >>> print(aligned([("bins", "120"), ("neurons", "30")]))
    bins     120
    neurons  30
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def html_of(kind: str, made: Callable[[], Sequence[Table | str]]) -> str:
    """What a notebook shows of an object: its kind, then tables, and texts as paragraphs.

    Parameters
    ----------
    kind
        Of the object.
    made
        Gives the tables and texts. Where it fails, such as for a run whose files are damaged, a sentence
        says why: an object can always be shown.
    """
    try:
        parts = made()
    except Exception as error:  # whatever is wrong with the object, its page must go on
        parts = [_why_not(error)]
    inside = "".join(_paragraph(part) if isinstance(part, str) else _table(part) for part in parts)
    return f'<div class="lfads-object"><div><strong>{escape(kind)}</strong></div>{inside}</div>'


def text_of(made: Callable[[], str]) -> str:
    """What is said of an object; where that fails a sentence that says why."""
    try:
        return made()
    except Exception as error:  # whatever is wrong with the object, a prompt must go on
        return _why_not(error)


def _why_not(error: Exception) -> str:
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    return f"cannot be shown: {kind}{reason_of(error)}"


def _paragraph(text: str) -> str:
    return f'<p style="margin:0.3em 0;{_FAINT}">{escape(text)}</p>'


def _table(table: Table) -> str:
    """The first column, and the row that names the columns, stand back behind the values."""
    lines = []
    for number, row in enumerate(table.rows):
        is_header = table.has_header and number == 0
        cells = "".join(_cell(text, is_header or column == 0) for column, text in enumerate(row))
        lines.append(f'<tr style="background:none">{cells}</tr>')
    style = "border-collapse:collapse;border:0;margin:0.2em 0 0.6em 0;color:inherit"
    return f'<table style="{style}"><tbody>{"".join(lines)}</tbody></table>'


def _cell(text: str, is_label: bool) -> str:
    tag, style = ("th", f"{_CELL};{_FAINT}") if is_label else ("td", _CELL)
    return f'<{tag} style="{style}">{escape(text)}</{tag}>'
