"""Scores as tables of the terminal."""

from collections.abc import Mapping
from typing import Any

from lfads.cli.answer import aligned


def table_of(scores: Mapping[str, Any]) -> str:
    """Scores (`Scores.to_dict`) as text: of all, beside baselines, then of each area and each session."""
    from lfads.evaluation.listed import notes_beside, score_tables

    return "\n\n".join([*map(aligned, score_tables(scores)), *notes_beside(scores)])
