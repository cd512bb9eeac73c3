"""Which trials something is fitted to, or computed of, where all would take too long."""

import dataclasses

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.evenly import evenly


def fewer_trials(
    dataset: Dataset, most_training: int | None, most_validation: int | None = None
) -> Dataset:
    """At most so many trials of each session, evenly spread, in its order; None for all.

    Examples
    --------
    >>> dataset = Dataset.from_arrays(np.ones((20, 4, 2), int), bin_width_s=0.01)
    >>> fewer_trials(dataset, 3)
    Dataset(Session('session': 7 trials, 4 bins, 2 neurons); 10 ms bins)
    """
    most = {"train": most_training, "valid": most_validation}
    return dataclasses.replace(
        dataset, sessions=tuple(_fewer_of(session, most) for session in dataset.sessions)
    )


def _fewer_of(session: Session, most: dict[str, int | None]) -> Session:
    chosen = np.ones(session.num_trials, bool)
    for split, limit in most.items():
        there = np.flatnonzero(session.of_split(split))
        if limit is not None:
            chosen[there] = False
            chosen[there[evenly(len(there), limit)]] = True
    return session.take(np.flatnonzero(chosen))
