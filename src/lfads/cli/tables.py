"""Scores as tables of the terminal."""

from collections.abc import Mapping
from typing import Any

from lfads.cli.answer import aligned


def table_of(scores: Mapping[str, Any]) -> str:
    """Scores (`Scores.to_dict`) as text, those of each area and of each session below those of all.

    Below stand notes on what was not scored.
    """
    from lfads.evaluation.listed import score_tables

    of_sessions = [note for each in scores.get("sessions", {}).values() for note in each["notes"]]
    notes = dict.fromkeys([*scores.get("notes", []), *of_sessions])
    return "\n\n".join(
        [*map(aligned, score_tables(scores)), *(["\n".join(notes)] if notes else [])]
    )
