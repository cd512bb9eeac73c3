"""A verdict on a run: the questions to ask before believing it, each with a light and what to do.

The rules look at what is known already: the lines of `metrics.jsonl`, the summary, scores with those of the
baselines, and what was inferred. A light is a hint where to look, not a test.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lfads.checks import many
from lfads.config import RunConfig, read_preset
from lfads.data.dataset import Dataset
from lfads.evaluation.listed import (
    GAINS,
    LABELS,
    deciding_gain,
    deciding_split,
    in_words,
    of_baselines,
    score_of,
)
from lfads.plots.training import column
from lfads.report.lights import Light
from lfads.report.verdict_on_need import needed
from lfads.report.verdict_on_results import divergences, inputs, sessions
from lfads.results import Posterior

FEW_TRIALS = 20
"""Validation trials below which a score says little."""

CHANCE = 0.14
"""Bits per spike, over the root of the number of trials: twice the s.d. of the difference of two models of
40 neurons that are equally good."""

FEWEST_EPOCHS = 10

STILL_RISING = 0.02
"""Share of the gain that the last tenth of the epochs brought, above which more of them would help."""

OVERFITTED = 0.1
"""Share of the gain that was lost again after the best epoch, above which it is worth a word."""


UNVALIDATED = Light(
    "bad", "Was it validated?",
    "No: there are no validation trials, so that nothing tells of over-fitting. Leave every "
    "fifth trial for it.",
)  # fmt: skip


def verdict(
    dataset: Dataset,
    posterior: Posterior,
    *,
    metrics: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    config: RunConfig,
    scores: Mapping[str, Any],
    agreement: Mapping[str, float] | None = None,
) -> list[Light]:
    """Every question that the run has an answer to, in the order in which to ask them.

    Parameters
    ----------
    dataset, posterior
        Data, and what was inferred from them.
    metrics, summary, config
        Of the run.
    scores
        As `Scores.to_dict` gives them, with those of baselines.
    agreement
        R² of each session's averages with the others', by name.
    """
    validated = any(session.of_split("valid").any() for session in dataset.sessions)
    return [
        *_finished(summary, config),
        *([] if validated else [UNVALIDATED]),
        *(_converged(metrics, summary) if validated else []),
        *_better_than_baselines(scores, config),
        *divergences(metrics, summary, posterior),
        *inputs(posterior, scores),
        *needed(scores),
        *sessions(agreement),
    ]


def _finished(summary: Mapping[str, Any], config: RunConfig) -> Iterator[Light]:
    question, ended = "Is the run finished?", summary.get("stopped_by")
    if ended in (None, "interrupted"):
        how = "was interrupted" if ended else "has not ended"
        yield Light(
            "bad", question,
            f"It {how}: this is a first look, not a result. Go on with `lfads train` and `--resume`.",
        )  # fmt: skip
    elif _is_demo(config):
        yield Light(
            "bad", question,
            "It was trained with the preset `demo`, which stops long before the end: a first look, not a "
            "result. Leave `--preset demo` out.",
        )  # fmt: skip
    elif ended == "max_hours":
        yield Light(
            "look", question,
            "Its time budget was spent before training had ended by itself. Go on with `--resume` and more "
            "`--training.max-hours`.",
        )  # fmt: skip
    elif ended == "num_epochs" and (why := _too_early(summary, config)):
        yield Light(
            "bad",
            question,
            f"{why}: a first look, not a result. Give `--training.num-epochs` more.",
        )
    else:
        yield Light("good", question, "It ended by itself.")


def _too_early(summary: Mapping[str, Any], config: RunConfig) -> str:
    """Whether the epochs ended before the run was at its end; empty if not."""
    epochs, training = int(summary.get("epochs", 0)), config.training
    if epochs and training.ramp_epochs and epochs <= training.ramp_epochs:
        return (
            f"It stopped after {many(epochs, 'epoch')}, while weights of the objective still rose "
            f"(`ramp_epochs` {training.ramp_epochs})"
        )
    if epochs and training.decay_epochs and epochs < training.decay_epochs:
        return (
            f"It stopped after {many(epochs, 'epoch')}, before the learning rate had decayed "
            f"(`decay_epochs` {training.decay_epochs})"
        )
    return ""


def _is_demo(config: RunConfig) -> bool:
    given = config.to_dict()
    return all(
        given.get(table, {}).get(name) == value
        for table, values in read_preset("demo").items()
        for name, value in values.items()
    )


def _converged(metrics: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> Iterator[Light]:
    """By the gain over constant rates, bits per spike or per sample, of validation trials."""
    by_spike = ("bits_per_spike", *GAINS)  # a Poisson run has both
    name = next(
        (n for n in by_spike if any(m.get(f"valid_{n}") is not None for m in metrics)), None
    )
    if name is None:
        return
    question = "Has validation stopped improving?"
    if len(metrics) < FEWEST_EPOCHS:
        yield Light("look", question, f"{many(len(metrics), 'epoch')} are too few to tell.")
        return
    gains = column(metrics, f"valid_{name}")
    width = max(1, len(gains) // 10)
    if not np.isfinite(gains[-width:]).all():
        yield Light("bad", question, "The last epochs have no finite score: training went wrong.")
        return
    smooth = np.convolve(gains, np.full(width, 1 / width), "valid")  # single epochs are noisy
    last, before, best = smooth[-1], smooth[-1 - width], float(np.nanmax(smooth))
    scale = max(abs(best), abs(last))
    found = f"{best:.3f} {LABELS[name]} at best, by one posterior sample a trial"
    if last - before > STILL_RISING * scale:
        yield Light(
            "look", question,
            f"The last {many(width, 'epoch')} still brought {last - before:.3f} {LABELS[name]} ({found}). "
            "Train longer, with `--training.num-epochs` and `--training.decay-epochs`.",
        )  # fmt: skip
    elif best - last > OVERFITTED * scale and summary.get("best_epoch"):
        yield Light(
            "look", question,
            f"It fell again after the best epoch ({found}, {last:.3f} at the end): the network over-fits. "
            f"The weights of epoch {summary['best_epoch']} were kept. More trials, more "
            "`--hyperparameters.dropout-rate`, a smaller network, or `lfads search` may give more.",
        )  # fmt: skip
    else:
        yield Light("good", question, f"The last epochs changed little ({found}).")


def _better_than_baselines(scores: Mapping[str, Any], config: RunConfig) -> Iterator[Light]:
    split = deciding_split(scores)
    name = None if split is None else deciding_gain(scores, split)
    own = None if split is None or name is None else score_of(scores, split, name)
    if split is None or name is None or own is None:
        return
    question, others = (
        "Does it predict better than simple methods?", of_baselines(scores, split, name)
    )  # fmt: skip
    trials = int(scores["splits"][split].get("num_trials", 0))
    words = {"test": "test", "valid": "validation"}[split]
    constant = "constant rates" if "spike" in name else "constant values"
    found = f"{in_words(own)} {LABELS[name]} on {many(trials, f'{words} trial')}"
    beside = ", ".join(f"{baseline} {in_words(value)}" for baseline, value in others.items())
    if own <= min(0.0, others.get("constant", 0.0)):
        yield Light(
            "bad", question,
            f"{found}: no better than {constant}{f' ({beside})' if beside else ''}. Check bin width "
            "and alignment with `lfads preview`, and train longer or with `lfads search`.",
        )  # fmt: skip
    elif above := [baseline for baseline, value in others.items() if value >= own]:
        yield Light(
            "bad", question,
            f"{found}; not better than {' and '.join(above)} ({beside}). Train longer, or find settings "
            "with `lfads search`.",
        )  # fmt: skip
    elif not others:
        yield Light(
            "look", question,
            f"{found}: better than {constant}. Baselines were not computed: `lfads evaluate RUN` does.",
        )  # fmt: skip
    elif trials < FEW_TRIALS or own - max(others.values()) < CHANCE / trials**0.5:
        yield Light(
            "look", question,
            f"{found}: better than {beside}, but by no more than chance may bring on so few trials.",
        )  # fmt: skip
    elif not name.startswith("held_out") and not config.hyperparameters.coordinated_dropout_rate:
        yield Light(
            "look", question,
            f"{found}: better than {beside}. But the network has seen the very spikes that it predicts, "
            "and the baselines have not. Hold neurons out, or use "
            "`--hyperparameters.coordinated-dropout-rate`.",
        )  # fmt: skip
    else:
        yield Light("good", question, f"{found}: better than {beside}.")
