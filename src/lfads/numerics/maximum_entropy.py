"""Surrogates of a table with three axes: random, but with its means and covariances along each axis.

The Gaussian of largest entropy among all distributions with the mean and the three marginal covariances of
the table, such as over time, neurons and conditions. Whatever follows from smoothness in time, from few
dimensions of the population, or from alike conditions is in the surrogates, too; what is not, is more.

Elsayed & Cunningham 2017, Nature Neuroscience 20:1310-1318 (tensor maximum entropy).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

_MOST_ROUNDS = 300
_CONVERGED = 1e-9  # of marginal variances, relative to each
_NOTHING = 1e-10  # of an eigenvalue, relative to the largest
_FULL_STEP = 0.25  # Newton decrement below which a whole step is safe

Tensor = Float[np.ndarray, "first second third"]


class MaximumEntropy(NamedTuple):
    """Mean, axes along which entries are independent, and their standard deviations in these."""

    mean: Tensor
    axes: tuple[np.ndarray, np.ndarray, np.ndarray]
    std: Tensor

    def draw(self, rng: np.random.Generator) -> Tensor:
        """One surrogate."""
        found = rng.standard_normal(self.std.shape) * self.std
        for axis, basis in enumerate(self.axes):
            found = np.moveaxis(np.tensordot(basis, found, (1, axis)), 0, axis)
        return self.mean + found


def maximum_entropy(table: Tensor) -> MaximumEntropy:
    """The distribution of surrogates of a table.

    The mean is that of each entry of each axis, added up: m_ijk = a_i + b_j + c_k. In the eigenvectors of
    the three marginal covariances of what is left, variances are 1 / (x_i + y_j + z_k), where sums over two
    axes are the eigenvalues of the third. A table that does not vary gives itself.

    Examples
    --------
    >>> table = np.random.default_rng(0).normal(size=(4, 5, 6)).cumsum(0)
    >>> found = maximum_entropy(table)
    >>> rest = table - found.mean
    >>> np.allclose((found.std**2).sum(), (rest**2).sum())
    True
    """
    mean = additive_mean(table)
    rest = table.astype(np.float64) - mean
    values, axes = zip(*(_spectrum(rest, axis) for axis in range(3)), strict=True)
    if not all(map(len, values)):
        return MaximumEntropy(mean, axes, np.zeros(tuple(map(len, values))))
    return MaximumEntropy(mean, axes, np.sqrt(marginal_variances(values)))


def additive_mean(table: Tensor) -> Tensor:
    """The smallest table with the same means over every two axes."""
    along = [table.mean(others, keepdims=True) for others in ((1, 2), (0, 2), (0, 1))]
    return np.add(along[0] + along[1], along[2]) - 2 * table.mean()


def marginal_variances(values: Sequence[np.ndarray]) -> Tensor:
    """1 / (x_i + y_j + z_k) with given sums over every two axes, by Newton's method.

    x, y and z minimise the convex sum of x_i λ_i + y_j μ_j + z_k ν_k - log(x_i + y_j + z_k), which is
    self-concordant: damped steps stay where all variances are positive, and converge from anywhere.

    Parameters
    ----------
    values
        Eigenvalues of the three covariances, positive and with one sum.
    """
    sizes = [len(v) for v in values]
    cuts = np.cumsum(sizes)[:-1]
    target = np.concatenate(values)
    found = np.concatenate([np.prod(sizes) / len(v) / v / 3 for v in values])
    for _ in range(_MOST_ROUNDS):
        variances = 1 / _sums(found, cuts)
        gradient = target - _marginals(variances)
        if np.abs(gradient / target).max() < _CONVERGED:
            break
        step = _newton_step(variances, gradient)
        decrement = float(np.sqrt(max(-(gradient @ step), 0.0)))
        found = found + _length(found, step, cuts, target, decrement) * step
    return 1 / _sums(found, cuts)


def _spectrum(rest: Tensor, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the covariance along an axis that are not 0, and their eigenvectors."""
    rows = np.moveaxis(rest, axis, 0).reshape(rest.shape[axis], -1)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    kept = values > max(_NOTHING * values[-1], 1e-300)
    values, vectors = values[kept], vectors[:, kept]
    return values * (rest**2).sum() / values.sum() if len(values) else values, vectors


def _sums(found: np.ndarray, cuts: np.ndarray) -> Tensor:
    first, second, third = np.split(found, cuts)
    return first[:, None, None] + second[:, None] + third


def _marginals(variances: Tensor) -> np.ndarray:
    return np.concatenate([variances.sum(others) for others in ((1, 2), (0, 2), (0, 1))])


def _newton_step(variances: Tensor, gradient: np.ndarray) -> np.ndarray:
    """With the smallest step among those that differ by what cancels in sums."""
    squares = variances**2
    pairs = [[None, squares.sum(2), squares.sum(1)], [None, None, squares.sum(0)]]
    own = np.split(_marginals(squares), np.cumsum(variances.shape)[:-1])
    blocks = [[np.diag(own[i]) if i == j else None for j in range(3)] for i in range(3)]
    for i in range(2):
        for j in range(i + 1, 3):
            block = np.asarray(pairs[i][j])
            blocks[i][j], blocks[j][i] = block, block.T
    hessian = np.block([[np.asarray(block) for block in row] for row in blocks])
    scale = 1 / np.sqrt(np.diag(hessian))
    scaled = hessian * scale * scale[:, None]
    return -scale * np.linalg.lstsq(scaled, gradient * scale, rcond=1e-13)[0]


def _length(
    found: np.ndarray, step: np.ndarray, cuts: np.ndarray, target: np.ndarray, decrement: float
) -> float:
    """The longest of some steps that is better than the damped one, which is always safe."""
    if decrement < _FULL_STEP:
        return 1.0

    def cost(length: float) -> float:
        sums = _sums(found + length * step, cuts)
        if sums.min() <= 0:
            return np.inf
        return float((found + length * step) @ target - np.log(sums).sum())

    safe = 1 / (1 + decrement)
    lengths = [n for n in (1.0, 0.5, 0.25, 0.1) if n > safe]
    least = cost(safe)
    return next((n for n in lengths if cost(n) < least), safe)
