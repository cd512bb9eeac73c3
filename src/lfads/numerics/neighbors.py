"""Whether points are near others of their group: votes of nearest neighbours, against shuffled labels."""

import numpy as np
from jaxtyping import Float, Int

from lfads.numerics.separation import Separation, shuffled_within


def votes(
    values: Float[np.ndarray, "trial feature"],
    group: Int[np.ndarray, " trial"],
    num_neighbors: int,
    seed: int = 0,
    num_shuffles: int = 200,
) -> Separation:
    """Share of trials whose nearest neighbours, themselves left out, vote for their group; and by chance.

    Each group counts the same: in votes, by the share of its trials that are neighbours, and in the
    accuracy. NaN where there is one group.

    Examples
    --------
    >>> side = np.arange(40) % 2
    >>> votes(side[:, None] + 0.1 * np.sin(np.arange(40.0))[:, None], side, 5).accuracy
    1.0
    """
    if len(np.unique(group)) < 2:
        return Separation(np.nan, np.nan, np.nan, np.nan)
    square = (values**2).sum(1)
    distance = square[:, None] + square - 2 * values @ values.T
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : min(num_neighbors, len(values) - 1)]
    labels = np.searchsorted(np.unique(group), group)
    number = np.bincount(labels)

    def accuracy(of: np.ndarray) -> float:
        won = np.eye(len(number))[of][nearest].sum(1) / number  # each group counts the same
        right = won.argmax(1) == of
        return float(np.mean([right[of == g].mean() for g in range(len(number))]))

    found, rng = accuracy(labels), np.random.default_rng(seed)
    alone = np.zeros(len(labels), np.int64)
    shuffled = np.array(
        [accuracy(shuffled_within(rng, labels, alone)) for _ in range(num_shuffles)]
    )
    p = (1 + int((shuffled >= found - 1e-12).sum())) / (1 + num_shuffles)
    return Separation(found, float(shuffled.mean()), float(np.quantile(shuffled, 0.95)), p)
