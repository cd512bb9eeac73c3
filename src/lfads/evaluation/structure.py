"""Whether neurons share anything on single trials: a test, and what networks show with and without it.

The test compares real trials with the same trials after each neuron's were permuted (`StructureTest`).
Beside it stands what the network shows, and what a network shows that was trained on data whose structure
was destroyed (`NetworkStructure`). Here are the numbers and their words; `runs/` finds them.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lfads.tables import Table, aligned, html_of

LEVEL = 0.01
"""The chance to claim structure where there is none, stated before the data are seen."""


@dataclass(frozen=True, kw_only=True)
class StructureTest:
    """Whether samples that a network does not see are predicted better from real trials than from shuffled.

    If neurons are independent given condition and time, real trials are one of the shuffles, and the chance
    that p is at most .01 is .01. A neuron's own spikes predict it in the shuffles as well; the difference
    is what neurons share.

    Parameters
    ----------
    nats
        Log-likelihood of all hidden samples: of counts Poisson's, without factorials; of signals that of
        normal errors with each neuron's variance.
    shuffled_nats
        The same of each shuffle.
    num_trials
        Trials that were shuffled.
    splits
        Of which they are.
    num_samples
        Spikes in hidden samples, or hidden samples of signals.
    unit
        Of the gain.
    by_condition
        Whether trials were permuted within their condition, rather than among all.

    Examples
    --------
    >>> test = lfads.StructureTest(
    ...     nats=-100.0, shuffled_nats=(-120.0,) * 199, num_trials=40, splits=("valid",), num_samples=400
    ... )
    >>> test.p_value, test.claims_structure, round(test.gain, 3)
    (0.005, True, 0.072)
    """

    nats: float
    shuffled_nats: tuple[float, ...]
    num_trials: int
    splits: tuple[str, ...]
    num_samples: int
    unit: str = "bits/spike"
    by_condition: bool = True

    @property
    def p_value(self) -> float:
        """(1 + shuffles that reach the real trials) / (1 + shuffles)."""
        return (1 + self.num_reached) / (1 + len(self.shuffled_nats))

    @property
    def num_reached(self) -> int:
        """Shuffles that reach the real trials, or cannot be compared with them."""
        return sum(not nats < self.nats for nats in self.shuffled_nats)

    @property
    def claims_structure(self) -> bool:
        """Whether p is at most .01."""
        return self.p_value <= LEVEL

    @property
    def gain(self) -> float:
        """Real trials over the mean of shuffled ones, in `unit`."""
        mean = sum(self.shuffled_nats) / len(self.shuffled_nats)
        return (self.nats - mean) / (max(self.num_samples, 1) * math.log(2))

    def to_dict(self) -> dict[str, Any]:
        """For JSON, what follows from the numbers included."""
        own = dataclasses.asdict(self)
        return {
            "p_value": self.p_value, "level": LEVEL, "claims_structure": self.claims_structure,
            "gain": self.gain, "num_shuffles": len(self.shuffled_nats), **own,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "StructureTest":
        """What `to_dict` gave."""
        own = {f.name: kept[f.name] for f in dataclasses.fields(cls)}
        lists = {k: tuple(v) for k, v in own.items() if isinstance(v, list)}
        return cls(**{**own, **lists})


@dataclass(frozen=True, kw_only=True)
class NetworkStructure:
    """What a network shows on trials that it was not trained on.

    Parameters
    ----------
    best_epoch
        Of its weights.
    bits_beyond_psth
        Bits/spike of samples that it does not see, over the PSTH's on the same; None of signals.
    single_trial_share
        Variance of factors about the means of their condition, over all their variance; NaN where no
        condition has two trials.
    input_kl_nats
        Divergence of each inferred input from its prior, nats a trial.
    rotation_r2, linear_r2
        Of a linear system with and without the constraint that it rotates, fitted to six principal
        components of the factors: of averages by condition, or of trials where there are few conditions.

    Examples
    --------
    >>> shown = lfads.NetworkStructure(
    ...     best_epoch=80, bits_beyond_psth=0.05, single_trial_share=0.4, input_kl_nats=(3.0,),
    ...     rotation_r2=0.6, linear_r2=0.7,
    ... )
    >>> round(shown.rotation_r2 / shown.linear_r2, 2)
    0.86
    """

    best_epoch: int
    bits_beyond_psth: float | None
    single_trial_share: float
    input_kl_nats: tuple[float, ...]
    rotation_r2: float
    linear_r2: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON: numbers that are not finite become None."""
        finite = {
            k: None if isinstance(v, float) and not math.isfinite(v) else v
            for k, v in dataclasses.asdict(self).items()
        }
        return {**finite, "input_kl_nats": list(self.input_kl_nats)}


@dataclass(frozen=True, kw_only=True)
class NullResult:
    """A run beside the same training on data whose structure was destroyed, and the test of structure.

    Parameters
    ----------
    surrogate
        How structure was destroyed: `trials` permuted, or `shifts` in time, of each neuron.
    seed
        Of the surrogate and the shuffles.
    test
        None where trials cannot be permuted.
    real, destroyed
        What the two networks show; None where no network was trained on the surrogate, or not to its end.
    notes
        What to know of it.
    interrupted
        Whether the training was, which `resume=True` goes on with.

    Examples
    --------
    >>> test = lfads.StructureTest(
    ...     nats=-100.0, shuffled_nats=(-120.0,) * 199, num_trials=40, splits=("valid",), num_samples=400
    ... )
    >>> found = lfads.NullResult(surrogate="trials", seed=0, test=test)
    >>> found.test.claims_structure, found.real is None
    (True, True)
    """

    surrogate: str
    seed: int
    test: StructureTest | None
    real: NetworkStructure | None = None
    destroyed: NetworkStructure | None = None
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    def __repr__(self) -> str:
        p = "no test" if self.test is None else f"p = {self.test.p_value:.3g}"
        return f"NullResult({self.surrogate!r}: {p})"

    def __str__(self) -> str:
        """The table that `lfads null` prints."""
        found = self.to_dict()
        rows = structure_rows(found)
        return "\n\n".join([*([aligned(rows)] if rows else []), verdict_of(found), *self.notes])

    def _repr_html_(self) -> str:
        found = self.to_dict()
        rows = structure_rows(found)
        tables = [Table(rows, has_header=True)] if rows else []
        return html_of("NullResult", lambda: [*tables, verdict_of(found), *self.notes])

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionary for JSON."""
        parts = {"test": self.test, "real": self.real, "destroyed": self.destroyed}
        return {
            "surrogate": self.surrogate,
            "seed": self.seed,
            **{name: None if part is None else part.to_dict() for name, part in parts.items()},
            "notes": list(self.notes),
        }


def structure_rows(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows of real beside surrogate (`NullResult.to_dict`), the header first; none without both."""
    real, destroyed = found["real"], found["destroyed"]
    if real is None or destroyed is None:
        return []
    words = {"trials": "trials of each neuron permuted", "shifts": "the same, and shifted in time"}
    rows: list[tuple[str, ...]] = [("", "real", words[found["surrogate"]])]
    labels = {
        "bits_beyond_psth": "hidden samples: bits/spike beyond the PSTH",
        "single_trial_share": "share of factor variance on single trials",
        "rotation_r2": "rotations: R² of a rotating linear system",
        "linear_r2": "R² of any linear system",
    }
    for name, label in labels.items():
        if any(each[name] is not None for each in (real, destroyed)):
            rows.append((label, *(_words(each[name]) for each in (real, destroyed))))
    pairs = zip(real["input_kl_nats"], destroyed["input_kl_nats"], strict=True)
    for number, pair in enumerate(pairs):
        rows.append((f"inferred input {number}: KL, nats a trial", *map(_words, pair)))
    rows.append(("best epoch", *(str(each["best_epoch"]) for each in (real, destroyed))))
    return rows


def verdict_of(found: Mapping[str, Any]) -> str:
    """A sentence or two on the test (`NullResult.to_dict`)."""
    test = found["test"]
    if test is None:
        return "Structure was not tested: there are no trials that could be permuted."
    reached = StructureTest.from_dict(test).num_reached
    where = "validation" if tuple(test["splits"]) == ("valid",) else " and ".join(test["splits"])
    what = (
        f"of samples that the network does not see, {reached} of {test['num_shuffles']} shuffles of "
        f"{test['num_trials']} {where} trials are predicted as well as the real trials, or better; against "
        f"the mean of the shuffles these gain {_words(test['gain'])} {test['unit']} "
        f"(p = {test['p_value']:.3f}"
    )
    beyond = "the averages of their conditions" if test["by_condition"] else "the average of trials"
    if test["claims_structure"]:
        return (
            f"There is structure: {what}, {test['level']:g} or less). Neurons share something on single "
            f"trials beyond {beyond}."
        )
    return (
        f"No structure is shown: {what}, more than {test['level']:g}). That neurons share nothing on "
        f"single trials beyond {beyond} would look like this; so may something that the network has not "
        "learned."
    )


def _words(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
