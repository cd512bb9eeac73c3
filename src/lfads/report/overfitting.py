"""What kept a run from over-fitting, and how much of it the curves show, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from lfads.config import RunConfig
from lfads.numerics.means import mean_of_known
from lfads.plots.training import column

LAST = 5
"""Epochs at the end that are averaged: single ones are noisy."""

NOTABLE = 2e-3
"""Relative change of a likelihood that is worth a word."""


def overfitting(
    metrics: Sequence[Mapping[str, Any]], best_epoch: int | None, config: RunConfig
) -> list[str]:
    """Sentences for the report, from the lines of `metrics.jsonl`.

    Two kinds are told apart. A network may learn its training trials by heart: then the likelihood of
    validation trials falls behind. Or it may learn to pass each spike on to its own rate: then that
    likelihood looks good, too, and only samples that were hidden from the encoders tell.
    """
    before, after = _at(metrics, best_epoch), _at(metrics, None)
    sentences = []
    if _rises("valid_nll", before, after) and after["train_nll"] < before["train_nll"]:
        sentences.append(
            f"After epoch {best_epoch} the network began to learn its training trials by heart: by epoch "
            f"{metrics[-1]['epoch']} their negative log-likelihood had fallen from "
            f"{before['train_nll']:.4f} to {after['train_nll']:.4f} nats per bin and neuron, and that of "
            f"validation trials had risen from {before['valid_nll']:.4f} to {after['valid_nll']:.4f}. "
            "The weights kept are from before that."
        )
    return [*sentences, *_of_samples(before, after, best_epoch, config)]


def _rises(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> bool:
    return after[name] - before[name] > NOTABLE * abs(before[name])


def _of_samples(
    before: Mapping[str, float],
    after: Mapping[str, float],
    best_epoch: int | None,
    config: RunConfig,
) -> list[str]:
    """What was hidden from the encoders, and what samples removed from validation trials tell."""
    sentences = []
    hidden = config.hyperparameters.coordinated_dropout_rate
    removed = config.objective.sample_validation_rate
    if hidden > 0:
        sentences.append(
            f"Coordinated dropout: in every step {hidden:.0%} of the samples (a bin of a neuron) were "
            "hidden from the encoders, and those alone were scored, so passing spikes through to their "
            "own rates gained nothing."
        )
    if removed > 0:
        sentences.append(
            f"Sample validation: {removed:.0%} of the samples were removed for good and predicted from "
            f"the others; they decided which epoch was best. At that epoch their negative "
            f"log-likelihood was {before['valid_sample_nll']:.4f} nats, and "
            f"{before['valid_nll']:.4f} for samples that the encoders saw."
        )
        fits_better = after["valid_nll"] <= before["valid_nll"]
        if fits_better and _rises("valid_sample_nll", before, after):
            sentences.append(
                f"After epoch {best_epoch} removed samples were predicted worse "
                f"({after['valid_sample_nll']:.4f} nats at the end) while those seen fitted better "
                f"({after['valid_nll']:.4f}): over-fitting that the ordinary validation likelihood "
                "does not show."
            )
    if not hidden and not removed:
        sentences.append(
            "Neither coordinated dropout nor sample validation was on: the network may have learned to "
            "pass spikes through to their own rates, and the validation likelihood would not show it."
        )
    return sentences


def _at(metrics: Sequence[Mapping[str, Any]], epoch: int | None) -> dict[str, float]:
    """Likelihoods at an epoch, or the means of the last ones; nan where they are not known."""
    lines = [line for line in metrics if line["epoch"] == epoch] or list(metrics[-LAST:])
    names = ("train_nll", "valid_nll", "valid_sample_nll")
    return {name: float(mean_of_known(column(lines, name), 0)) for name in names}
