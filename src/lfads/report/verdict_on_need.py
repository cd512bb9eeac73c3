"""The part of the verdict on whether inferred inputs are needed, as `lfads evaluate` found."""

from collections.abc import Iterator, Mapping
from typing import Any

from lfads.checks import first_of
from lfads.evaluation import needed_words as words
from lfads.evaluation.needed import InputsNeeded, needed_of
from lfads.report.lights import Light

QUESTION = "Do the data need inputs?"

COMPARE = (
    "Train one with `--model.num-inferred-inputs 0` on the same data, and give it to `lfads evaluate RUN "
    "--without`."
)


def needed(scores: Mapping[str, Any]) -> Iterator[Light]:
    """Whether inputs are needed; nothing where that was not measured.

    Parameters
    ----------
    scores
        As `Scores.to_dict` gives them.
    """
    found: dict[str, list[str]] = {}
    sessions = list(scores.get("inputs_needed", {}))
    for session in sessions:
        need = needed_of(scores, session)
        for k, word in enumerate(words.verdicts(scores, session)):
            of = f" of {session}" if len(sessions) > 1 else ""
            found.setdefault(word, []).append(f"{k}{of}{_with_gain(need, k)}")
    if not found:
        return
    which = {word: f"Input {first_of(names)}" for word, names in found.items()}
    if words.HARMS in found:
        yield Light(
            "bad", QUESTION,
            f"{which[words.HARMS]} harms: held-out samples are predicted better with it at 0. Give fewer "
            "`--model.num-inferred-inputs`, or more `--hyperparameters.inferred-input-kl-weight`.",
        )  # fmt: skip
    elif words.NOT_SHOWN in found:
        yield Light(
            "look", QUESTION,
            f"{which[words.NOT_SHOWN]} is not shown to be needed: held-out samples are predicted as well "
            "with it at 0. Give fewer `--model.num-inferred-inputs`.",
        )  # fmt: skip
    elif words.DO_WITHOUT in found:
        yield Light(
            "look", QUESTION,
            f"Not shown: {_small(which[words.DO_WITHOUT])} is in use, but a network without inputs "
            "predicts held-out samples about as well. Use that one, or do not interpret the input.",
        )  # fmt: skip
    elif words.LIKE_NOISE in found:
        yield Light(
            "look", QUESTION,
            f"{which[words.LIKE_NOISE]} is in use, but costs no more than on shuffled trials: it follows "
            "averages by condition. Do not interpret it on single trials.",
        )  # fmt: skip
    elif words.IN_USE in found:
        yield Light(
            "look", QUESTION,
            f"{which[words.IN_USE]} is in use by this network, which does not say that the data need it: "
            f"an autonomous system can be put into inputs, too. {COMPARE}",
        )  # fmt: skip
    elif words.TOO_FEW in found:
        yield Light("look", QUESTION, "That cannot be told from so few trials.")
    else:
        yield Light(
            "good", QUESTION,
            f"As far as was tried, yes: {_small(which[words.NEEDED])}, and a network that was trained "
            "without inputs predicts less. What the generator has not learned looks the same.",
        )  # fmt: skip


def _with_gain(need: InputsNeeded | None, number: int) -> str:
    return "" if need is None else f" ({need.gains[number].value:.3f} {need.unit})"


def _small(text: str) -> str:
    return text[0].lower() + text[1:]
