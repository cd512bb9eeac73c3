"""What to make of inferred inputs, in words: the tables and notes of `lfads evaluate` and of the report."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lfads.evaluation.inputs import InputNull
from lfads.evaluation.needed import Gain, GainOverWithout, InputsNeeded, needed_of, without_of

LEAST_GAIN = 0.02
"""Bits per spike, or nats per sample, by which a network must be better than another to say so.

A network with an input is better by .004 and .008 on two simulated systems that have none: it corrects what
its generator has not learned. A bootstrap over trials does not know that."""

HARMS = "harms"
NOT_SHOWN = "not shown to be needed"
TOO_FEW = "not told: too few trials"
IN_USE = "in use; need not shown"
LIKE_NOISE = "in use, but costs no more than on shuffled trials"
DO_WITHOUT = "in use, but not needed"
NEEDED = "needed"


def verdict_on(
    gain: Gain,
    *,
    beyond_shuffled: bool | None = None,
    without: GainOverWithout | None = None,
) -> str:
    """One of the words above.

    An input is called needed if its network loses without it, if it exceeds shuffled trials where that was
    tried, and if a network that was trained without inputs predicts less. Without such a network, need is
    not shown.

    Parameters
    ----------
    gain
        Over the same network with the input at 0.
    beyond_shuffled
        Whether it costs more than on shuffled trials; None where that was not tried.
    without
        The gain over a network that was trained without inputs.

    Examples
    --------
    >>> verdict_on(Gain(0.4, 0.3, 0.5))
    'in use; need not shown'
    >>> verdict_on(Gain(0.001, -0.002, 0.004))
    'not shown to be needed'
    """
    if math.isnan(gain.low):
        return TOO_FEW
    if gain.high < 0:
        return HARMS
    if not gain.low > 0:
        return NOT_SHOWN
    if beyond_shuffled is False:
        return LIKE_NOISE
    if without is None:
        return IN_USE
    return NEEDED if better(without) else DO_WITHOUT


def better(without: GainOverWithout) -> bool:
    """Whether the network with inputs is better than that without, beyond what trainings differ by."""
    return without.gain.low > 0 and without.gain.value >= LEAST_GAIN


def verdicts(scores: Mapping[str, Any], session: str) -> list[str]:
    """The words on each input of a session; empty where nothing was measured.

    Parameters
    ----------
    scores
        As `Scores.to_dict` gives them.
    session
        Its name.
    """
    found, without = needed_of(scores, session), without_of(scores, session)
    if found is None:
        return []
    null = InputNull.kept_in(scores, session)
    beyond: list[bool | None] = [None] * len(found.gains)
    if null is not None:
        beyond = [a > b for a, b in zip(*null, strict=True)]
    return [
        verdict_on(gain, beyond_shuffled=b, without=without)
        for gain, b in zip(found.gains, beyond, strict=True)
    ]


def format_needed(scores: Mapping[str, Any]) -> list[list[tuple[str, ...]]]:
    """Tables of what inputs are for, the header of each first; none where nothing was measured."""
    names = list(scores.get("inputs_needed", {}))
    found = [(name, need) for name in names if (need := needed_of(scores, name)) is not None]
    tables = []
    if found:
        first = found[0][1]
        head = (f"inferred inputs, {first.split}", f"gain ({first.unit})", "95 % interval",
                "KL (nats a trial)", "variance of factors it drives", "verdict")  # fmt: skip
        rows = [
            row
            for name, need in found
            for row in _rows(need, scores, name, f" of {name}" if len(found) > 1 else "")
        ]
        tables.append([head, *rows])
    others = [w for name in scores.get("without_inputs", {}) if (w := without_of(scores, name))]
    if others:
        first = others[0]
        head = (f"a network trained without inputs, {first.split}", f"gain over it ({first.unit})",
                "95 % interval", "do the data need inputs?")  # fmt: skip
        lines = [
            (f"{w.run}{f', {name}' if len(others) > 1 else ''}", *_gain(w.gain), answer_of(w))
            for name, w in zip(scores["without_inputs"], others, strict=True)
        ]
        tables.append([head, *lines])
    return tables


def notes_on_inputs(scores: Mapping[str, Any]) -> list[str]:
    """What the tables do not say of themselves."""
    if not scores.get("inputs_needed"):
        return []
    said = [
        "gain: of samples that the encoders do not see, over this same network with the input at 0, "
        "which was not trained to do without"
    ]
    needs = [need for name in scores["inputs_needed"] if (need := needed_of(scores, name))]
    if any(share > 1 for need in needs for share in (*need.shares, need.share_of_all)):
        said.append(
            "variance of factors it drives: above 100 % where the generator without the input runs further "
            "from the factors than these vary"
        )
    if not scores.get("without_inputs"):
        said.append(
            "whether the data need inputs, a network tells that was trained on them with [model] "
            "num_inferred_inputs = 0: `run.gain_over_without`"
        )
    return said


def answer_of(without: GainOverWithout) -> str:
    """Whether the data need inputs, as far as two networks tell."""
    if math.isnan(without.gain.low):
        return TOO_FEW
    if better(without):
        return "yes: the network without predicts less"
    if without.gain.high < -LEAST_GAIN:
        return "no: the network without predicts more"
    return "not shown: the network without predicts about as well"


def _rows(
    need: InputsNeeded, scores: Mapping[str, Any], session: str, of: str
) -> Iterator[tuple[str, ...]]:
    null = InputNull.kept_in(scores, session)
    kl_nats = (
        need.kl_nats if null is None else null.kl_nats
    )  # of more trials, as stands beside shuffled
    each = zip(need.gains, kl_nats, need.shares, verdicts(scores, session), strict=True)
    for k, (gain, nats, share, word) in enumerate(each):
        yield f"input {k}{of}", *_gain(gain), f"{nats:.3g}", _percent(share), word
    if len(need.gains) > 1:
        nats = f"{sum(kl_nats):.3g}"
        yield f"all{of}", *_gain(need.gain_of_all), nats, _percent(need.share_of_all), ""


def _gain(gain: Gain) -> tuple[str, str]:
    if math.isnan(gain.low):
        return _short(gain.value), "–"
    return _short(gain.value), f"{_short(gain.low)} to {_short(gain.high)}"


def _short(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _percent(share: float) -> str:
    if math.isnan(share):
        return "–"
    return f"{100 * share:.2g} %" if share < 1 else f"{100 * share:.0f} %"
