"""Whether a name speaks of trials or of units: `trial(n)`, `goCue` and `RT`, or `unit_ids` and `depth`."""

import re
from typing import Literal

Kind = Literal["trials", "units"]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _one_of(within: str, first: str, whole: str) -> re.Pattern[str]:
    """Words that contain one, begin with one, or are one of those listed."""
    return re.compile(f"(?:{within})|^(?:{first})|^(?:{whole})s?$".replace(" ", "|"))


_OF_TRIALS = _one_of(
    "trial condition direction outcome reward stimul",
    "target reaction block start stop choice correct sweep repeat onset contrast coherence success respon",
    "go rt cue stim dir cond rep side angle",
)
_OF_UNITS = _one_of(
    "unit neuron cluster electrode waveform channel",
    "cell area region depth quality probe shank layer isolation pref tuning",
    "snr chan ch elec isi",
)


_TRIALS = re.compile(r"trial|sweep|repeat|^reps?$", re.IGNORECASE)
_UNITS = re.compile(r"unit|neuron|cell|cluster|channel|electrode", re.IGNORECASE)


def kind_of_level(name: str) -> Kind | None:
    """What a variable or field holds many of, if its name says so.

    >>> kind_of_level("trials"), kind_of_level("goodUnits"), kind_of_level("spikes_go")
    ('trials', 'units', None)
    """
    of_trials, of_units = _TRIALS.search(name), _UNITS.search(name)
    if bool(of_trials) == bool(of_units):
        return None
    return "trials" if of_trials else "units"


def kind_of(name: str) -> Kind | None:
    """What the name of a column speaks of; None if of neither, or of both.

    >>> kind_of("unit_ids"), kind_of("reactionTime"), kind_of("stim_channel"), kind_of("category")
    ('units', 'trials', None, None)
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    of_trials = any(_OF_TRIALS.search(word) for word in words)
    of_units = any(_OF_UNITS.search(word) for word in words)
    if of_trials == of_units:
        return None
    return "trials" if of_trials else "units"
