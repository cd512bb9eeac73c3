"""Scores as tables of the report."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from lfads.evaluation.table import LABELS
from lfads.plots.page import table
from lfads.report.words import note

_NAMES = LABELS | {
    "valid_nll_smoothed": "validation negative log-likelihood, smoothed over epochs",
}

OF_SESSIONS = (
    "bits_per_spike",
    "held_out_bits_per_spike",
    "forward_bits_per_spike",
    "rate_r2_median",
)
"""Scores that each of several sessions is shown with."""


def score_tables(scores: Mapping[str, Any]) -> list[str]:
    """Tables of nested scores; a dictionary of dictionaries becomes rows and columns.

    Scores of several sessions together are followed by one table with a row for each of them.
    """
    if not scores:
        return [note("The run has not been scored.")]
    if "splits" in scores:
        notes = [_sentence(text) for text in scores.get("notes", ())]
        areas = _lines("area", scores.get("areas", {}), scores["splits"])
        return [_score_table(scores["splits"]), *notes, *areas, *_of_sessions(scores)]
    if all(isinstance(v, Mapping) and "splits" in v for v in scores.values()):
        parts = []
        for name, of_session in scores.items():
            parts += [f"<h3>{escape(str(name))}</h3>", *score_tables(of_session)]
        return parts
    if all(isinstance(v, Mapping) for v in scores.values()):
        return [_score_table(scores)]
    return [table(["score", "value"], [[_words(k), v] for k, v in _flat(scores)])]


def _score_table(columns: Mapping[str, Any]) -> str:
    """A column for each entry, a row for each score that any of them has."""
    flat = {name: dict(_flat(values)) for name, values in columns.items()}
    names = list(dict.fromkeys(key for values in flat.values() for key in values))
    rows = [[_words(key), *(values.get(key, "–") for values in flat.values())] for key in names]
    return table(["score", *map(str, columns)], rows)


def _of_sessions(scores: Mapping[str, Any]) -> list[str]:
    """A table of the sessions, and notes that are not of all."""
    sessions: Mapping[str, Any] = scores.get("sessions", {})
    if not sessions:
        return []
    parts = _lines("session", sessions, scores["splits"])
    said: dict[str, list[str]] = {}
    for session, each in sessions.items():
        for text in each.get("notes", ()):
            said.setdefault(text, []).append(str(session))
    own = {text: names for text, names in said.items() if text not in scores.get("notes", ())}
    return parts + [_sentence(f"{', '.join(names)}: {text}") for text, names in own.items()]


def _lines(what: str, groups: Mapping[str, Any], splits: Mapping[str, Any]) -> list[str]:
    """A row for each session or area and a column for each score and split; nothing without any."""
    if not groups:
        return []
    columns = [
        (name, split)
        for name in OF_SESSIONS
        for split in splits
        if any(_has(each, split, name) for each in groups.values())
    ]
    header = [what, *(f"{_words(name)}, {split}" for name, split in columns)]
    rows = [
        [str(group), *(_number(score_of(each, split, name)) for name, split in columns)]
        for group, each in groups.items()
    ]
    return [f"<h3>Each {what}</h3>", table(header, rows)]


def _has(scores: Mapping[str, Any], split: str, name: str) -> bool:
    return score_of(scores, split, name) is not None


def _sentence(text: str) -> str:
    return note(f"{text[:1].upper()}{text[1:]}.")


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Names and formatted numbers of nested dictionaries and lists."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            rows += _flat(value, f"{name} ")
        elif isinstance(value, list | tuple) and len(value) <= 12:
            rows += [(f"{_words(name)} {k}", _number(v)) for k, v in enumerate(value)]
        elif isinstance(value, list | tuple):
            known = [v for v in value if isinstance(v, int | float)]
            rows.append((f"{name} (median of {len(value)})", _number(float(np.median(known)))))
        else:
            rows.append((name, _number(value)))
    return rows


def _words(name: str) -> str:
    """A score's name as words."""
    return _NAMES.get(name) or name.replace("_", " ")


def _number(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        digits = ".4f" if 0.001 <= abs(value) < 1000 else ".4g"
        return f"{value:{digits}}" if np.isfinite(value) else "–"
    return str(value)


def score_of(scores: Mapping[str, Any], split: str, name: str) -> float | None:
    """A score of a split, where scores are of one session."""
    of_split = scores.get("splits", scores).get(split)
    value = of_split.get(name) if isinstance(of_split, Mapping) else None
    return float(value) if isinstance(value, int | float) else None
