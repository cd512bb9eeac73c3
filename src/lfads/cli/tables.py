"""Scores as tables of the terminal."""

from collections.abc import Mapping
from typing import Any

from lfads.cli.answer import aligned
from lfads.cli.wording import by_commands


def table_of(scores: Mapping[str, Any]) -> str:
    """Scores (`Scores.to_dict`) as text, table by table.

    Below stand notes on what was not scored.
    """
    from lfads.evaluation.listed import notes_beside, score_tables
    from lfads.evaluation.needed_words import notes_on_inputs

    of_sessions = [note for each in scores.get("sessions", {}).values() for note in each["notes"]]
    notes = dict.fromkeys(
        [
            *scores.get("notes", []), *of_sessions, *notes_beside(scores), *notes_on_inputs(scores)
        ]
    )  # fmt: skip
    said = by_commands("\n".join(notes))
    return "\n\n".join([*map(aligned, score_tables(scores)), *([said] if notes else [])])
