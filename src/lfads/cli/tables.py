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


def control_in_words(found: Mapping[str, Any]) -> str:
    """What each inferred input costs, and whether that is more than shuffled trials do."""
    if not found:
        return "\n\nno control of inferred inputs: there are none, or no trials to shuffle"
    lines = ["", "", "inferred inputs, nats a trial, and the highest of shuffled trials"]
    for session, null in found.items():
        of = f" of {session}" if len(found) > 1 else ""
        for number, (own, other) in enumerate(zip(*null, strict=True)):
            word = "more than those" if own > other else "no more than noise on single trials"
            lines.append(f"  input {number}{of}: {own:.3g}, {other:.3g} ({word})")
    return "\n".join(lines)
