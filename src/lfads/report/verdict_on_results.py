"""The part of the verdict on what was inferred: initial conditions, inputs, and agreement of sessions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import first_of, many
from lfads.evaluation.inputs import InputNull, noise_reasons
from lfads.evaluation.matching import holds
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.report.lights import Light
from lfads.results import Posterior

SILENT_NATS = 0.1
"""Nats a trial below which a posterior is its prior."""

LAGGING = 0.5
"""A session's agreement with the others, as a share of the median, below which it is named."""


def divergences(
    metrics: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], posterior: Posterior
) -> Iterator[Light]:
    """Whether initial conditions and the controller say anything."""
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
    elif used := [_dimensions_used(of) for of in posterior.sessions.values()]:
        state = "good" if max(used) else "look"
        yield Light(
            state, question,
            f"{'Yes' if max(used) else 'Hardly'}: {found}, and {many(max(used), 'dimension')} of the code "
            "differ more between trials than they are uncertain.",
        )  # fmt: skip


def _dimensions_used(posterior: xr.Dataset) -> int:
    """Dimensions of the code whose means differ more between trials than they are uncertain."""
    if not holds(posterior, "initial_condition_mean"):
        return 0
    between = posterior["initial_condition_mean"].to_numpy().var(0)
    within = (posterior["initial_condition_std"].to_numpy() ** 2).mean(0)
    return int((between > within).sum())


def inputs(posterior: Posterior, scores: Mapping[str, Any]) -> Iterator[Light]:
    """Whether inferred inputs are more than noise, and surer than they differ."""
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
            f"{first_of(noise)}. Do not interpret it on single trials; averages by condition may "
            f"still differ. Compare with fewer inputs (`--model.num-inferred-inputs`).{advice}",
        )  # fmt: skip
    elif unsure:
        yield Light(
            "look", question,
            f"{first_of(unsure)}: trust averages over trials rather than single ones.{advice}",
        )  # fmt: skip
    else:
        yield Light(
            "good" if tried else "look", question,
            "As far as was tried, yes: neurons share something on single trials beyond their condition, an "
            f"input, a gain of all, or dynamics that were not learned.{advice}",
        )  # fmt: skip


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


def sessions(agreement: Mapping[str, float] | None) -> Iterator[Light]:
    """Whether sessions agree with each other."""
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
