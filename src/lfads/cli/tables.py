"""Scores as tables of the terminal."""

from collections.abc import Mapping
from typing import Any

from lfads.cli.answer import aligned


def table_of(scores: Mapping[str, Any]) -> str:
    """Scores (`Scores.to_dict`) as text, those of each area and of each session below those of all."""
    from lfads.evaluation.listed import format_areas, format_scores, format_sessions

    tables = [format_scores(scores), format_areas(scores), format_sessions(scores)]
    return "\n\n".join(aligned(rows) for rows in tables if rows)
