"""Which of several directions a trial was: linear discriminant analysis with shrinkage."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lfads.numerics.discriminant import SHRINKAGES, fit_discriminant


@dataclass(frozen=True)
class Decoded:
    """Share of trials decoded, with what was chosen on validation trials."""

    num_features: int
    choice: str
    shrinkage: float
    valid_accuracy: float
    test_accuracy: float


def decode(
    candidates: Iterable[tuple[str, np.ndarray]], labels: np.ndarray, split: np.ndarray
) -> Decoded:
    """Fit on training trials, choose candidate and shrinkage on validation, score on test trials.

    Parameters
    ----------
    candidates
        Name and features `trial feature` of what there is to choose from; at equal accuracy the
        first wins.
    labels, split
        Of each trial.
    """
    best = None
    for name, values in candidates:
        for shrinkage in SHRINKAGES:
            train = split == "train"
            guess = discriminant(values[train], labels[train], values, shrinkage)
            right = guess == labels
            valid, test = (float(right[split == s].mean()) for s in ("valid", "test"))
            if best is None or valid > best.valid_accuracy:
                best = Decoded(values.shape[1], name, shrinkage, valid, test)
    if best is None:
        raise ValueError("nothing to decode from")
    return best


def discriminant(
    values: np.ndarray, labels: np.ndarray, others: np.ndarray, shrinkage: float
) -> np.ndarray:
    """Labels of other trials."""
    return fit_discriminant(values, labels, shrinkage)(others)
