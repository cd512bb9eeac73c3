"""What a method with latents is: it learns from trials and infers trials, whatever is known of them."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.data.session import Session

Arrays = Mapping[str, np.ndarray]
"""What was learned, by name."""


class Trials(NamedTuple):
    """Counts of trials, which of them are known, and how long each trial is; 0 where not known.

    `encoded` are the neurons that inference will ever see; others are explained, too.
    """

    counts: Float[np.ndarray, "trial time neuron"]
    known: Bool[np.ndarray, "trial time neuron"]
    length: Int[np.ndarray, " trial"]
    encoded: Bool[np.ndarray, " neuron"]


class Inferred(NamedTuple):
    """Of each trial: expected counts per bin, and the latents with their spread; NaN behind its end."""

    counts: Float[np.ndarray, "trial time neuron"]
    factors: Float[np.ndarray, "trial time factor"]
    factors_std: Float[np.ndarray, "trial time factor"]


@runtime_checkable
class LatentMethod(Protocol):
    """A method whose latents explain counts."""

    def learn(self, trials: Trials, num_latents: int, *, to_choose: bool) -> Arrays:
        """What is learned from trials; with less care where it is only compared with others."""
        ...

    def latents(self, learned: Arrays, trials: Trials) -> Inferred:
        """Latents and expected counts of all neurons, from what is known."""
        ...

    def about(self, learned: Arrays) -> list[tuple[str, str]]:
        """What was learned, as rows of words."""
        ...


def trials_of(session: Session, forward: int) -> Trials:
    """What a method may learn from: samples that were recorded and are encoded in time."""
    length = session.trial_length - forward
    within = np.arange(session.num_bins) < length[:, None]
    known = session.observed_bins() & within[:, :, None]
    counts = np.where(known, session.spikes, 0.0)
    return Trials(counts, known, length, ~session.held_out_neurons)


def cut(trials: Trials, known: Bool[np.ndarray, "trial time neuron"]) -> Trials:
    """The trials, of which less is known."""
    return trials._replace(counts=np.where(known, trials.counts, 0.0), known=known)
