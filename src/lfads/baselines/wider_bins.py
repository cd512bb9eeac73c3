"""Successive bins taken together: counts summed, and what is left where only some of them are known."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Real

from lfads.baselines.latent_method import Trials


class Groups(NamedTuple):
    """Groups of successive bins of trials whose samples are known at the same places.

    Parameters
    ----------
    share
        Of each group's samples that are known; 0 where none is.
    time_bins
        Mean time of these samples, in bins of the data, 0 the centre of the first; the middle of the group
        where none is known.
    """

    share: Float[np.ndarray, "group neuron"]
    time_bins: Float[np.ndarray, " group"]


def summed(values: Real[np.ndarray, "trial time neuron"], together: int) -> np.ndarray:
    """Sums over so many successive bins; the last group may have fewer.

    >>> summed(np.arange(5).reshape(1, 5, 1), 2).ravel().tolist()
    [1, 5, 4]
    """
    return np.add.reduceat(values, np.arange(0, values.shape[1], together), axis=1)


def complete(trials: Trials, together: int) -> Trials:
    """Trials of wider bins, known only where all of their samples are; without those too short for one."""
    known = summed(trials.known.astype(np.int64), together) == together
    counts = np.where(known, summed(trials.counts, together), 0.0)
    length = trials.length // together
    longest = max(1, int(length.max(initial=0)))
    found = trials._replace(counts=counts[:, :longest], known=known[:, :longest], length=length)
    long_enough = length > 0
    return found._replace(
        counts=found.counts[long_enough], known=found.known[long_enough], length=length[long_enough]
    )


def any_known(trials: Trials, together: int) -> bool:
    """Whether any neuron is known in so many successive bins, as they are grouped."""
    return bool(complete(trials, together).known.any())


def groups_of(known: Bool[np.ndarray, "time neuron"], together: int) -> Groups:
    """Which share of each group is known, and when."""
    number = summed(known[None].astype(np.float64), together)[0]
    starts = np.arange(0, len(known), together)
    middle = 0.5 * (starts + np.minimum(starts + together, len(known)) - 1)
    at = np.broadcast_to(np.arange(len(known))[:, None], known.shape)
    total = summed(np.where(known, at, 0)[None].astype(np.float64), together)[0].sum(1)
    of_group = number.sum(1)
    return Groups(
        number / together, np.where(of_group > 0, total / np.maximum(of_group, 1), middle)
    )
