"""Linear discriminant analysis with a covariance that is shrunk towards its mean variance."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError

SHRINKAGES = (0.01, 0.03, 0.1, 0.3, 0.5, 0.9)
"""To choose from."""


class Discriminant(NamedTuple):
    """Kinds, and the linear score of each: the highest wins."""

    kinds: np.ndarray
    weights: Float[np.ndarray, "feature kind"]
    intercept: Float[np.ndarray, " kind"]

    def __call__(self, values: Float[np.ndarray, "trial feature"]) -> np.ndarray:
        """The kind of each trial."""
        return self.kinds[(values @ self.weights + self.intercept).argmax(axis=1)]


def fit_discriminant(
    values: Float[np.ndarray, "trial feature"], labels: np.ndarray, shrinkage: float
) -> Discriminant:
    """The discriminant of Gaussian kinds that share a covariance and are equally likely.

    Σ = (1 - s) S + s tr(S)/F · I, score of kind k = x' Σ⁻¹ μ_k - ½ μ_k' Σ⁻¹ μ_k: S is the covariance of F
    features within kinds, μ_k the mean of kind k, s the shrinkage.

    Parameters
    ----------
    values
        Features of each trial.
    labels
        Kind of each trial.
    shrinkage
        Above 0 to 1.

    Raises
    ------
    UserError
        If there are fewer than two kinds, or the shrinkage is out of range.

    References
    ----------
    Friedman (1989), Journal of the American Statistical Association 84:165-175, eq. 18 with λ = 1.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [4.0], [5.0]])
    >>> fitted = fit_discriminant(x, np.array(["left", "left", "right", "right"]), 0.1)
    >>> fitted(np.array([[-3.0], [2.6]])).tolist()
    ['left', 'right']
    """
    if not 0 < shrinkage <= 1:
        raise UserError(f"`shrinkage` must be above 0 and at most 1; got {shrinkage}")
    kinds, number = np.unique(labels, return_inverse=True)
    if len(kinds) < 2:
        raise UserError("a discriminant needs trials of two kinds or more to be told apart")
    means = _means(values, number, len(kinds))
    within = values - means[number]
    covariance = within.T @ within / len(values)
    variance = np.trace(covariance) / len(covariance)
    covariance = (1 - shrinkage) * covariance
    covariance[np.diag_indices_from(covariance)] += shrinkage * variance + 1e-12
    directions = np.linalg.solve(covariance, means.T)
    return Discriminant(kinds, directions, -0.5 * np.einsum("kf,fk->k", means, directions))


def _means(
    values: Float[np.ndarray, "trial feature"], number: Int[np.ndarray, " trial"], num: int
) -> Float[np.ndarray, "kind feature"]:
    return np.stack([values[number == kind].mean(0) for kind in range(num)])
