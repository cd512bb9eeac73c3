"""Scores as rows of a table."""

import math
from dataclasses import replace

from lfads.evaluation.scores import Scores, SplitScores

_NONE = SplitScores(num_trials=0, nll_per_sample=math.nan, bits_per_spike=math.nan)

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


def format_scores(scores: Scores) -> list[tuple[str, ...]]:
    """Rows of a table, the header first: the name of a score, then its value for each split.

    Where there are several sessions, the rows of all together come first, then those of each.
    """
    rows = _rows_of(scores)
    for session in scores.sessions:
        rows += [("", *("" for _ in scores.splits)), *_rows_of(session, tuple(scores.splits))]
    return rows


def _rows_of(scores: Scores, splits: tuple[str, ...] | None = None) -> list[tuple[str, ...]]:
    """Rows of one session, or of all together; a session's first row has its name."""
    if splits is not None:
        found = _rows_of(replace(scores, splits={k: scores.splits.get(k) or _NONE for k in splits}))
        return [(scores.session, *splits), *found[1:]]
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


def _in_words(value: float | int | None) -> str:
    if isinstance(value, int):
        return str(value)
    return "–" if value is None or not math.isfinite(value) else f"{value:.4f}"
