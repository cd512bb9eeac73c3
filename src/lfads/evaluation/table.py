"""Scores as rows of a table."""

import math
from collections.abc import Mapping

from lfads.evaluation.scores import Scores, SplitScores

LABELS = {
    "num_trials": "trials",
    "nll_per_sample": "negative log-likelihood (nats per bin and neuron)",
    "bits_per_spike": "bits per spike",
    "held_out_bits_per_spike": "bits per spike, held-out neurons",
    "forward_bits_per_spike": "bits per spike, forward bins",
    "rate_r2_median": "R² of rates, median neuron",
    "rate_r2_mean": "R² of rates, mean over neurons",
    "latent_r2": "R² of latent",
    "input_r2": "R² of input",
}

_OF_SESSIONS = (
    "num_trials", "bits_per_spike", "held_out_bits_per_spike", "forward_bits_per_spike", "rate_r2_mean",
)  # fmt: skip


def format_scores(scores: Scores) -> list[tuple[str, ...]]:
    """Rows of a table, the header first: the name of a score, then its value for each split."""
    present = list(scores.splits.values())
    rows = [("score", *scores.splits)]
    for name, label in LABELS.items():
        values = [getattr(s, name) for s in present]
        if any(isinstance(v, tuple) for v in values):
            width = max(len(v) for v in values if v is not None)
            for k in range(width):
                each = (None if v is None else v[k] for v in values)
                rows.append((f"{label} {k}", *map(_in_words, each)))
        elif any(v is not None for v in values):
            rows.append((label, *map(_in_words, values)))
    return rows


def format_sessions(scores: Scores) -> list[tuple[str, ...]]:
    """Rows of a table with a line for each session, the header first; none for one session.

    Scores are of test trials, or of validation trials if there are none.
    """
    return _lines("session", {each.session: each.splits for each in scores.sessions}, scores)


def format_areas(scores: Scores) -> list[tuple[str, ...]]:
    """The same with a line for each area; none for one area."""
    return _lines("area", scores.areas, scores)


def _lines(
    what: str, groups: Mapping[str, Mapping[str, SplitScores]], scores: Scores
) -> list[tuple[str, ...]]:
    split = next((s for s in ("test", "valid", "train") if s in scores.splits), None)
    if split is None or not groups:
        return []
    named = {name: label for name, label in LABELS.items() if name in _OF_SESSIONS}
    together = scores.splits[split]
    shown = [name for name in named if getattr(together, name) is not None]
    rows = [(f"{what}, {split}", *(named[name] for name in shown))]
    for group, splits in groups.items():
        own = splits.get(split)
        values = [None if own is None else getattr(own, name) for name in shown]
        rows.append((group, *map(_in_words, values)))
    return rows


def _in_words(value: float | int | None) -> str:
    if isinstance(value, int):
        return str(value)
    return "–" if value is None or not math.isfinite(value) else _number(value)


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.4g}"
