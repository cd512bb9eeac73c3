"""The one list of scores and their numbers, as the terminal, the report and JSON show them."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from lfads.evaluation.needed_words import format_needed

LABELS = {
    "num_trials": "trials",
    "nll_per_sample": "negative log-likelihood (nats per bin and neuron)",
    "bits_per_spike": "bits per spike",
    "held_out_bits_per_spike": "bits per spike, held-out neurons",
    "forward_bits_per_spike": "bits per spike, forward bins",
    "bits_per_sample": "bits per sample",
    "held_out_bits_per_sample": "bits per sample, held-out neurons",
    "forward_bits_per_sample": "bits per sample, forward bins",
    "deviance_explained": "deviance explained",
    "held_out_deviance_explained": "deviance explained, held-out neurons",
    "forward_deviance_explained": "deviance explained, forward bins",
    "rate_r2_median": "R² of rates, median neuron",
    "rate_r2_mean": "R² of rates, mean over neurons",
    "latent_r2": "R² of latent",
    "input_r2": "R² of input",
    "rate_coverage": "share of true rates within error bars (0.90 is right)",
    "factor_coverage": "share of true latents within error bars (0.90 is right)",
    "input_coverage": "share of true inputs within error bars (0.90 is right)",
    "held_out_uniformity": "held-out counts: distance from what is predicted (0 is right)",
}
"""Every score in words, in the order in which they are shown."""

_OF_GROUPS = (
    "num_trials", "bits_per_spike", "held_out_bits_per_spike", "forward_bits_per_spike", "bits_per_sample",
    "held_out_bits_per_sample", "deviance_explained", "rate_r2_median",
)  # fmt: skip
"""Those that each of several sessions or areas is shown with."""


GAINS = ("bits_per_sample", "bits_per_spike")
"""Scores that tell in one number how good a fit is: the first of them that there is. There are bits per
sample where the likelihood is not Poisson's: then training went by them."""


COMPARED = tuple(f"{part}{gain}" for gain in GAINS for part in ("", "held_out_", "forward_"))
"""Scores that a run and baselines are compared by."""

_OF_SPIKES = {name for name in COMPARED if name.endswith("bits_per_spike")}


def gain_of(scores: Iterable[Mapping[str, Any]]) -> str:
    """The name of the gain that any of some sessions, as `Scores.to_dict` gives them, is scored by."""
    there = {name for each in scores for split in each["splits"].values() for name in split}
    return next((name for name in GAINS if name in there), GAINS[0])


def format_scores(scores: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows of a table, the header first: the name of a score, then its value for each split.

    Parameters
    ----------
    scores
        As `Scores.to_dict` gives them.
    """
    splits: Mapping[str, Mapping[str, Any]] = scores["splits"]
    names = dict.fromkeys(name for name in LABELS if any(name in s for s in splits.values()))
    names |= dict.fromkeys(name for s in splits.values() for name in s)
    rows = [("score", *splits)]
    for name in names:
        label = LABELS.get(name, name.replace("_", " "))
        values = [s.get(name) for s in splits.values()]
        width = max(len(v) if isinstance(v, list) else -1 for v in values)
        if width < 0:
            rows.append((label, *map(in_words, values)))
        for k in range(width):
            rows.append((f"{label} {k}", *(in_words(v[k] if v else None) for v in values)))
    return rows


def score_tables(scores: Mapping[str, Any]) -> list[list[tuple[str, ...]]]:
    """Tables of scores, the header of each first.

    Of all, beside baselines, areas, sessions, decoding, and what inferred inputs are for.
    """
    tables = [
        format_scores(scores), format_beside(scores), format_areas(scores), format_sessions(scores),
        *format_decoding(scores), *format_needed(scores),
    ]  # fmt: skip
    return [rows for rows in tables if rows]


def format_beside(scores: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows of a table of the run beside baselines, the header first; none where there is nothing to say.

    The main gains over constant rates are compared, on the trials that decide. A last column says what to
    make of them.
    """
    split = deciding_split(scores)
    if split is None:
        return []
    baselines = {name: of for name, of in scores.get("baselines", {}).items() if of["splits"]}
    rows = [(f"beside baselines, {split}", "this run", *baselines, "this run is")]
    for name in COMPARED:
        own, others = score_of(scores, split, name), of_baselines(scores, split, name)
        words = "" if own is None else standing(name, own, others)
        if words:
            beside = (in_words(others.get(baseline)) for baseline in baselines)
            rows.append((LABELS[name], in_words(own), *beside, words))
    return rows if len(rows) > 1 else []


def notes_beside(scores: Mapping[str, Any]) -> list[str]:
    """What baselines had to note, such as why one of them could not be fitted; each once."""
    return list(
        dict.fromkeys(text for of in scores.get("baselines", {}).values() for text in of["notes"])
    )


def deciding_split(scores: Mapping[str, Any]) -> str | None:
    """The trials to judge by, test or else validation ones; None if there are neither."""
    return next((split for split in ("test", "valid") if split in scores.get("splits", {})), None)


def deciding_gain(scores: Mapping[str, Any], split: str) -> str | None:
    """The score to judge a run by in a split; None if it has none.

    Of those that baselines have, too; of held-out neurons where there are any, since the smoothing
    baseline never sees a neuron's own spikes, and a network may.
    """
    names = [name for gain in GAINS for name in (f"held_out_{gain}", gain)]
    own = [name for name in names if score_of(scores, split, name) is not None]
    shared = [name for name in own if of_baselines(scores, split, name)]
    return next(iter(shared or own), None)


def of_baselines(scores: Mapping[str, Any], split: str, name: str) -> dict[str, float]:
    """One of the scores of each baseline that has it."""
    found = {
        baseline: score_of(of, split, name) for baseline, of in scores.get("baselines", {}).items()
    }
    return {baseline: value for baseline, value in found.items() if value is not None}


def standing(name: str, own: float, baselines: Mapping[str, float]) -> str:
    """What a gain over constant rates says beside those of baselines, in words; empty if nothing.

    >>> standing("bits_per_spike", -0.196, {})
    'worse than a constant rate'
    >>> standing("bits_per_spike", 0.1, {"psth": 0.2, "constant": 0.0})
    'not better than psth'
    """
    if own < min(0.0, baselines.get("constant", 0.0)):
        return f"worse than {'a constant rate' if name in _OF_SPIKES else 'constant values'}"
    above = [baseline for baseline, value in baselines.items() if value >= own]
    if above:
        return f"not better than {', '.join(above)}"
    return f"better than {', '.join(baselines)}" if baselines else ""


def gains_by_split(scores: Mapping[str, Any]) -> str:
    """The gain over constant rates in each split, in a few words."""
    gain = gain_of([scores])
    found = [(split, score_of(scores, split, gain)) for split in scores["splits"]]
    words = ", ".join(f"{in_words(value)} ({split})" for split, value in found if value is not None)
    return f"{words or '–'} {LABELS[gain]}"


def format_sessions(scores: Mapping[str, Any], *splits: str) -> list[tuple[str, ...]]:
    """Rows of a table with a line for each session, the header first; none for one session.

    Parameters
    ----------
    scores
        As `Scores.to_dict` gives them.
    splits
        Of which there are columns; by default test trials, or validation trials if there are none.
    """
    return _lines("session", scores.get("sessions", {}), scores, splits)


def format_areas(scores: Mapping[str, Any], *splits: str) -> list[tuple[str, ...]]:
    """`format_sessions` of the areas that neurons lie in; none for one area."""
    areas = {area: {"splits": each} for area, each in scores.get("areas", {}).items()}
    return _lines("area", areas, scores, splits)


def format_decoding(scores: Mapping[str, Any]) -> list[list[tuple[str, ...]]]:
    """Tables of R² of behaviour, one for each session with a line for each channel; none without."""
    tables = []
    for name, each in {"": scores, **scores.get("sessions", {})}.items():
        found: Mapping[str, Mapping[str, Mapping[str, Any]]] = each.get("decoding", {})
        for number, by_signal in enumerate(found.values()):
            if number == 0:
                where = f" of {name}" if name else ""
                tables.append([(f"behaviour{where}, R² of left-out trials", *by_signal)])
            for channel in next(iter(by_signal.values())):
                values = [in_words(of[channel]) for of in by_signal.values()]
                tables[-1].append((channel, *values))
    return tables


def _lines(
    what: str, groups: Mapping[str, Any], scores: Mapping[str, Any], splits: tuple[str, ...]
) -> list[tuple[str, ...]]:
    there = splits or tuple(s for s in ("test", "valid", "train") if s in scores["splits"])[:1]
    columns = [
        (name, split)
        for name in _OF_GROUPS
        for split in there
        if any(score_of(each, split, name) is not None for each in groups.values())
    ]
    if not columns:
        return []
    rows = [(what, *(f"{LABELS[name]}, {split}" for name, split in columns))]
    for group, each in groups.items():
        values = (score_of(each, split, name) for name, split in columns)
        rows.append((group, *map(in_words, values)))
    return rows


def score_of(scores: Mapping[str, Any], split: str, name: str) -> float | int | None:
    """One of the scores of a session, as `Scores.to_dict` gives them; None where there is none."""
    value = scores.get("splits", {}).get(split, {}).get(name)
    return value if isinstance(value, int | float) else None


def in_words(value: Any) -> str:
    """A score as every table shows it."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.4f}" if value == 0 or 0.001 <= abs(value) < 1000 else f"{value:.4g}"
