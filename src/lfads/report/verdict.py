"""A verdict on a run: the questions to ask before believing it, each with a light and what to do.

The rules look at what is known already: the lines of `metrics.jsonl`, the summary, scores with those of the
baselines, and what was inferred. A light is a hint where to look, not a test.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import first_of, many
from lfads.config import RunConfig, read_preset
from lfads.data.dataset import Dataset
from lfads.evaluation.inputs import InputNull, noise_reasons
from lfads.evaluation.listed import (
    GAINS,
    LABELS,
    deciding_gain,
    deciding_split,
    in_words,
    of_baselines,
    score_of,
)
from lfads.evaluation.matching import holds
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.plots.training import column
from lfads.report.lights import Light
from lfads.results import Posterior

FEW_TRIALS = 20
"""Validation trials below which a score says little."""

STILL_RISING = 0.02
"""Share of the gain that the last tenth of the epochs brought, above which more of them would help."""

OVERFITTED = 0.1
"""Share of the gain that was lost again after the best epoch, above which it is worth a word."""

SILENT_NATS = 0.1
"""Nats a trial below which a posterior is its prior."""

LAGGING = 0.5
"""A session's agreement with the others, as a share of the median, below which it is named."""


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
    return [
        *_finished(summary, config),
        *_converged(metrics, summary),
        *_better_than_baselines(scores),
        *_divergences(metrics, summary),
        *_inputs(dataset, posterior, scores),
        *_sessions(agreement),
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
    else:
        yield Light("good", question, "It ended by itself.")


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
    if name is None or len(metrics) < 10:
        return
    question = "Has validation stopped improving?"
    gains = column(metrics, f"valid_{name}")
    width = max(1, len(gains) // 10)
    last, before = np.nanmean(gains[-width:]), np.nanmean(gains[-2 * width : -width])
    best = np.nanmax(gains)
    found = f"{best:.3f} {LABELS[name]} at best"
    if best > 0 and last - before > STILL_RISING * best:
        yield Light(
            "look", question,
            f"The last {many(width, 'epoch')} still brought {last - before:.3f} {LABELS[name]} ({found}). "
            "Train longer, with `--training.num-epochs` and `--training.decay-epochs`.",
        )  # fmt: skip
    elif best > 0 and best - last > OVERFITTED * best and summary.get("best_epoch"):
        yield Light(
            "look", question,
            f"It fell again after the best epoch ({found}, {last:.3f} at the end): the network over-fits. "
            f"The weights of epoch {summary['best_epoch']} were kept. More trials, more "
            "`--hyperparameters.dropout-rate`, a smaller network, or `lfads search` may give more.",
        )  # fmt: skip
    else:
        yield Light("good", question, f"The last epochs changed little ({found}).")


def _better_than_baselines(scores: Mapping[str, Any]) -> Iterator[Light]:
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
    if own <= 0:
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
    elif trials < FEW_TRIALS:
        yield Light(
            "look", question, f"{found}: better than {beside}, but these are few trials to tell by."
        )
    else:
        yield Light("good", question, f"{found}: better than {beside}.")


def _divergences(
    metrics: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]
) -> Iterator[Light]:
    at_best = [m for m in metrics if m.get("epoch") == summary.get("best_epoch")] or metrics[-1:]
    start, inputs = (
        at_best[0].get(f"valid_kl_{of}") if at_best else None
        for of in ("initial_condition", "inferred_inputs")
    )
    if inputs is not None and 0 < inputs < SILENT_NATS:
        yield Light(
            "look", "Does the controller say anything?",
            f"Hardly: inferred inputs carry {inputs:.2g} nats a trial. That is right for dynamics that run "
            "by themselves. If you know of inputs, lower `--hyperparameters.inferred-input-kl-weight`.",
        )  # fmt: skip
    if start is None:
        return
    question = "Do trials start in different places?"
    found = f"the initial condition carries {start:.2g} nats a trial"
    if start < SILENT_NATS:
        yield Light(
            "look", question,
            f"No: {found}, so that all trials start alike. If they should not, ramp the divergences longer "
            "(`--training.ramp-epochs`) or lower `--hyperparameters.initial-condition-kl-weight`.",
        )  # fmt: skip
    else:
        yield Light("good", question, f"Yes: {found}.")


def _inputs(dataset: Dataset, posterior: Posterior, scores: Mapping[str, Any]) -> Iterator[Light]:
    question, noise, unsure = "Do inferred inputs stand out from noise?", [], []
    with_inputs = {n: of for n, of in posterior.sessions.items() if holds(of, "inferred_inputs")}
    if not with_inputs:
        return
    tried = True
    for name, found in with_inputs.items():
        null = InputNull.kept_in(scores, name)
        tried &= null is not None
        for number, why in enumerate(noise_reasons(found, null)):
            which = f"{number}{f' of {name}' if len(posterior.sessions) > 1 else ''}"
            if why:
                noise.append(f"Input {which} does not ({why})")
            elif spreads := _less_than_its_spread(found, number):
                unsure.append(
                    f"Input {which} differs less between trials than it is uncertain ({spreads})"
                )
    advice = "" if tried else f" {_SHUFFLE}"
    if noise:
        yield Light(
            "look", question,
            f"{first_of(noise)}. Do not interpret it; fewer inputs "
            f"(`--model.num-inferred-inputs`) are enough.{advice}",
        )  # fmt: skip
    elif unsure:
        yield Light(
            "look", question,
            f"{first_of(unsure)}: trust averages over trials rather than single ones.{advice}",
        )  # fmt: skip
    else:
        yield Light("good" if tried else "look", question, f"As far as was tried, yes.{advice}")


_SHUFFLE = (
    "`lfads evaluate RUN --shuffle-control` tells whether they cost more than on shuffled trials."
)


def _less_than_its_spread(posterior: xr.Dataset, number: int) -> str:
    """Spread of the means over trials and of the posterior, if the first is smaller; else empty."""
    if not holds(posterior, "inferred_inputs_std"):
        return ""
    means = posterior["inferred_inputs"].to_numpy()[..., number]
    between = float(np.sqrt(mean_of_known(std_of_known(means, 0) ** 2, 0)))
    spread = posterior["inferred_inputs_std"].to_numpy()[..., number]
    within = float(np.sqrt(mean_of_known(spread**2, (0, 1))))
    return f"s.d. {between:.2g} and {within:.2g}" if between < within else ""


def _sessions(agreement: Mapping[str, float] | None) -> Iterator[Light]:
    known = {name: r2 for name, r2 in (agreement or {}).items() if np.isfinite(r2)}
    if len(known) < 2:
        return
    question, median = "Do sessions agree?", float(np.median(list(known.values())))
    behind = [name for name, r2 in known.items() if r2 < LAGGING * median]
    found = f"median R² of a session's averages with the others' {median:.2f}"
    if median < LAGGING:
        yield Light(
            "look", question,
            f"Hardly: {found}. The network keeps them apart. Do they share task, conditions and the event "
            "of alignment?",
        )  # fmt: skip
    elif behind:
        yield Light(
            "look", question,
            f"Not all: {found}; far behind are {first_of(behind)}. Check their labels and alignment.",
        )  # fmt: skip
    else:
        yield Light("good", question, f"Yes: {found}.")
