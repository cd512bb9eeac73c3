"""Square roots of Poisson counts: the mean that belongs to a mean root, and roots of part of the counts."""

import functools

import numpy as np
from jaxtyping import Float
from scipy.stats import poisson

from lfads.numerics.poisson import LOWEST_RATE

_LARGEST = 50.0  # counts per bin, beyond which a root is that of the mean less a quarter

_NODES = 7  # of the average over roots
_LEAST_MEAN = 1e-3  # counts, where roots of a part are compared with those of the whole
_APART = 1.05  # ratio of two means, for slopes


def mean_of_root(roots: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Mean λ of the Poisson counts y whose mean square root E[√y | λ] this is.

    About the root itself where counts are 0 and 1, and its square where they are large.

    >>> mean_of_root(np.array([-0.1, 0.01, 3.0])).round(2).tolist()
    [0.0, 0.01, 9.26]
    """
    of_means, means = _roots_of_means()
    found = np.interp(roots, of_means, means)
    return np.where(roots > of_means[-1], roots**2 + 0.25, found)


def mean_over_roots(
    roots: Float[np.ndarray, "*trial time neuron"], variance: Float[np.ndarray, "time neuron"]
) -> Float[np.ndarray, "*trial time neuron"]:
    """`mean_of_root`, averaged over Gaussian roots of these means and variances.

    >>> mean_over_roots(np.array([[3.0]]), np.array([[0.5]])).round(2).tolist()
    [[9.77]]
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    spread = np.sqrt(np.maximum(variance, 0.0))
    pairs = zip(nodes, weights / weights.sum(), strict=True)
    return sum(
        (weight * mean_of_root(roots + node * spread) for node, weight in pairs), np.zeros(())
    )


def root_of_mean(means: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Mean square root E[√y | λ] of the Poisson counts y of each mean λ.

    >>> root_of_mean(np.array([0.01, 9.26])).round(2).tolist()
    [0.01, 3.0]
    """
    of_means, known = _roots_of_means()
    found = np.interp(means, known, of_means)
    return np.where(means > known[-1], np.sqrt(np.maximum(means - 0.25, 0.0)), found)


def roots_of_some(
    roots: Float[np.ndarray, "*trial group neuron"],
    share: Float[np.ndarray, "group neuron"],
    offset: Float[np.ndarray, " neuron"],
) -> Float[np.ndarray, "*trial group neuron"]:
    """What roots of whole groups would be, from roots of counts of a share of their bins.

    Near the neuron's offset, mean roots of a part and of the whole are about linear in each other. The
    variance is then about 1 / share of that of the whole, for small and large counts.

    >>> whole = np.array([[[2.0]]])
    >>> roots_of_some(whole, np.array([[1.0]]), np.array([3.0])).ravel().tolist()
    [2.0]
    >>> half = root_of_mean(np.array([[[5.0]]]))  # of 10 counts, half of which are known
    >>> found = roots_of_some(half, np.array([[0.5]]), root_of_mean(np.array([10.0])))
    >>> mean_of_root(found).round(3).ravel().tolist()
    [10.0]
    """
    mean = np.maximum(mean_of_root(offset), _LEAST_MEAN)
    part = np.where((share > 0) & (share < 1), share, 1.0)
    slope = root_of_mean(part * mean * _APART) - root_of_mean(part * mean / _APART)
    slope /= root_of_mean(mean * _APART) - root_of_mean(mean / _APART)
    moved = offset + (roots - root_of_mean(part * mean)) / slope
    return np.where(part < 1, moved, roots)


@functools.cache
def _roots_of_means() -> tuple[np.ndarray, np.ndarray]:
    """E[√y] of Poisson counts y, and their means, both rising."""
    means = np.concatenate([[LOWEST_RATE], np.geomspace(1e-4, _LARGEST, 400)])
    counts = np.arange(int(_LARGEST + 12 * _LARGEST**0.5))
    return poisson.pmf(counts, means[:, None]) @ np.sqrt(counts), means
