"""Classes of single trials told apart bin by bin, in one component, and for how long."""

import numpy as np
from jaxtyping import Bool, Float, Int

LASTING_S = 0.1
"""Shorter stretches of bins are taken for chance."""


def accuracy(
    scores: Float[np.ndarray, "trial time component"],
    classes: Int[np.ndarray, " trial"],
    means: Float[np.ndarray, "class time component"],
) -> Float[np.ndarray, "component time"]:
    """Share of trials that are nearest to the mean of their class, in each bin and component.

    >>> scores = np.array([[[0.1]], [[0.8]], [[0.4]]])
    >>> accuracy(scores, np.array([0, 1, 1]), np.array([[[0.0]], [[1.0]]])).round(2).tolist()
    [[0.67]]
    """
    nearest = np.abs(scores[..., None] - np.moveaxis(means, 0, -1)).argmin(-1)
    return (nearest == classes[:, None, None]).mean(0).T


def lasting(
    found: Bool[np.ndarray, "*axes time"], bin_width_s: float, least_s: float = LASTING_S
) -> Bool[np.ndarray, "*axes time"]:
    """Stretches that last, and no others.

    >>> lasting(np.array([True, False, True, True, False]), 0.05).tolist()
    [False, False, True, True, False]
    """
    least = max(1, round(least_s / bin_width_s))
    kept = np.zeros_like(found)
    for start in range(found.shape[-1] - least + 1):
        whole = found[..., start : start + least].all(-1, keepdims=True)
        kept[..., start : start + least] |= whole
    return kept
