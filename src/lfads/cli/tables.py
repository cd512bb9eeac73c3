"""Scores as tables of the terminal."""

from collections.abc import Mapping
from typing import Any

from lfads.cli.answer import aligned


def table_of(scores: Mapping[str, Any]) -> str:
    """Scores (`Scores.to_dict`) as text, those of each area and of each session below those of all."""
    from lfads.evaluation.listed import score_tables

    return "\n\n".join(map(aligned, score_tables(scores)))
