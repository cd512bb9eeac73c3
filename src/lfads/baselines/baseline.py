"""What a baseline is: choices, `fit` on a data set, and from then on `infer`, as a trained network does.

A baseline of another package is a class of this form, named in its entry points (`lfads.baselines`).
"""

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
import xarray as xr

from lfads.arrays import Rates, TrialMask
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.results import Posterior
from lfads.results.posterior import KNOWS_CONDITIONS

Fit = TypeVar("Fit")


class Stored(NamedTuple):
    """What is written of a fitted baseline, and all that is needed to open it again.

    Parameters
    ----------
    arrays
        Plain arrays by name: numbers and text, no objects.
    about
        Plain values for JSON: what was chosen, by session, and whatever else belongs to the arrays.
    """

    arrays: Mapping[str, np.ndarray]
    about: Mapping[str, Any]


@runtime_checkable
class FittedBaseline(Protocol):
    """A baseline that was fitted to a data set."""

    def infer(self, dataset: Dataset) -> Posterior:
        """Rates in spikes/s, and whatever else the method knows, of every trial of the same neurons.

        `lfads.data.labels.labelled_results` gives results their labels. What the method does not know is
        absent. Sessions are told by name, if the baseline was fitted to several.
        """
        ...

    def to_arrays(self) -> Stored:
        """All that `from_arrays` needs."""
        ...

    def choices_made(self) -> list[tuple[str, str]]:
        """What was chosen and how it scored, as rows of words: a name, and its value."""
        ...


@runtime_checkable
class Baseline(Protocol):
    """A method to compare with. Its choices are parameters of the constructor, all with defaults.

    They are kept as attributes of the same names, in plain values that JSON has.
    """

    def fit(self, dataset: Dataset) -> FittedBaseline:
        """Fit to the training trials; what has to be chosen is chosen on the validation trials.

        Raises
        ------
        UserError
            If the data are not of a kind that the method is made for.
        """
        ...

    def from_arrays(self, stored: Stored) -> FittedBaseline:
        """What was fitted, from what its `to_arrays` gave.

        Raises
        ------
        UserError
            If the arrays are not what this version of the method writes.
        """
        ...


def require_counts(name: str, dataset: Dataset) -> None:
    """A UserError, which names the baseline, unless the data are spike counts."""
    if dataset.kind != "counts":
        raise UserError(
            f"the baseline `{name}` predicts spike counts; {dataset.source} holds signals: give spikes, "
            "or compare runs of signals with each other"
        )


def training_trials(session: Session) -> TrialMask:
    """Which trials to fit to; a UserError if there are none."""
    trials = session.of_split("train")
    if not trials.any():
        raise UserError(
            f"session `{session.name}` has no training trials to fit to: mark some as 'train' in `split`"
        )
    return trials


def fit_of(sessions: Mapping[str, Fit], session: Session) -> Fit:
    """What was fitted to a session: by its name if there are several, since files may have moved."""
    return next(iter(sessions.values())) if len(sessions) == 1 else sessions[session.name]


def rates_alone(
    rates_hz: Rates, session: Session, dataset: Dataset, *, knows_conditions: bool = False
) -> xr.Dataset:
    """Results that are rates of counts and nothing else.

    Those that were made from the conditions of the trials say so (`knows_conditions`): what conditions
    differ in, or which one a trial is of, is no question to them.
    """
    about = {"observation": "poisson", "source": dataset.source}
    return labelled_results(
        {"rates": Variable(rates_hz, ("trial", "time", "neuron"), "spikes/s")},
        session, dataset,
        attributes=about | ({KNOWS_CONDITIONS: 1} if knows_conditions else {}),
    )  # fmt: skip


def choices_of(baseline: Baseline) -> dict[str, Any]:
    """The choices of a baseline by name: its constructor's parameters.

    >>> from lfads.baselines.smoothing import Smoothing
    >>> choices_of(Smoothing(widths_s=(0.05,)))["widths_s"]
    (0.05,)
    """
    parameters = inspect.signature(type(baseline)).parameters
    return {name: getattr(baseline, name) for name in parameters}
