"""Constant rates: each neuron at its mean over the training trials, whatever happens."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lfads.baselines.baseline import (
    Stored,
    fit_of,
    rates_alone,
    require_counts,
    training_trials,
)
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.poisson import rate_of
from lfads.results import Posterior


@dataclass(frozen=True)
class Constant:
    """Each neuron's mean rate over the training trials.

    A neuron without a spike there gets the rate of half a spike, so that none is impossible.

    Examples
    --------
    >>> dataset = Dataset.from_arrays(np.ones((5, 4, 2), int), bin_width_s=0.01)
    >>> float(Constant().fit(dataset).infer(dataset).rates.mean())
    100.0
    """

    def fit(self, dataset: Dataset) -> "FittedConstant":
        """Means of each session.

        Raises
        ------
        UserError
            If a session has no training trials, or holds signals.
        """
        require_counts("constant", dataset)
        return FittedConstant({s.name: _means(s) / dataset.bin_width_s for s in dataset.sessions})

    def from_arrays(self, stored: Stored) -> "FittedConstant":
        """What was fitted, from what `FittedConstant.to_arrays` gave."""
        return FittedConstant(
            {name: stored.arrays[f"{k}"] for k, name in enumerate(stored.about["sessions"])}
        )


def _means(session: Session) -> Float[np.ndarray, " neuron"]:
    """Mean counts per bin."""
    part = session.take(training_trials(session))
    seen = part.observed_of_any()
    number = np.broadcast_to(seen.sum((0, 1)), part.num_neurons)
    return rate_of(np.where(seen, part.spikes, 0).sum((0, 1)), number)


@dataclass(frozen=True, eq=False)
class FittedConstant:
    """Rates in spikes/s of each neuron, by session."""

    rates_hz: Mapping[str, Float[np.ndarray, " neuron"]]

    def infer(self, dataset: Dataset) -> Posterior:
        """The same rates in every bin."""
        return Posterior(
            {
                s.name: rates_alone(
                    np.broadcast_to(fit_of(self.rates_hz, s), s.values.shape), s, dataset
                )
                for s in dataset.sessions
            }
        )

    def to_arrays(self) -> Stored:
        """Rates by number of the session."""
        arrays = {f"{k}": rates for k, rates in enumerate(self.rates_hz.values())}
        return Stored(arrays, {"sessions": list(self.rates_hz)})

    def choices_made(self) -> list[tuple[str, str]]:
        """Nothing is chosen."""
        return [("choices", "none")]
