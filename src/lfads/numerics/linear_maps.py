"""Linear maps that are applied bin after bin: their modes, how long these last and how fast they turn."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float


class Modes(NamedTuple):
    """Eigenvalues of maps, the largest modulus first, and their eigenvectors as columns of norm 1."""

    eigenvalues: Complex[np.ndarray, "map mode"]
    vectors: Complex[np.ndarray, "map unit mode"]

    @property
    def num_unstable(self) -> np.ndarray:
        """Modes of each map that grow: eigenvalues outside of the unit circle."""
        return (np.abs(self.eigenvalues) > 1.0).sum(1)


def modes_of(matrices: Float[np.ndarray, "map unit unit"]) -> Modes:
    """Modes of x' = A x.

    >>> found = modes_of(np.array([[[0.5, 0.0], [0.0, 1.2]]]))
    >>> found.eigenvalues.real.tolist(), found.num_unstable.tolist()
    ([[1.2, 0.5]], [1])
    """
    values, vectors = (np.asarray(each, np.complex128) for each in np.linalg.eig(matrices))
    # Conjugates have one modulus, but for rounding: the one that turns forwards comes first.
    order = np.lexsort((-values.imag, -np.abs(values).round(12)), axis=1)
    vectors = np.take_along_axis(vectors, order[:, None], 2)
    return Modes(np.take_along_axis(values, order, 1), vectors)


def time_constants_s(
    eigenvalues: Complex[np.ndarray, "*map mode"], bin_width_s: float
) -> Float[np.ndarray, "*map mode"]:
    """Seconds in which a mode falls to 1/e, -Δt / ln|λ|; negative if it grows, for that factor.

    >>> time_constants_s(np.array([np.exp(-0.1) + 0j, np.exp(0.5) + 0j]), 0.01).round(6).tolist()
    [0.1, -0.02]
    """
    with np.errstate(divide="ignore"):
        rate = np.log(np.abs(eigenvalues))  # -inf of a mode that is gone after one bin
        return np.where(rate == 0.0, np.inf, -bin_width_s / rate)


def frequencies_hz(
    eigenvalues: Complex[np.ndarray, "*map mode"], bin_width_s: float
) -> Float[np.ndarray, "*map mode"]:
    """Turns of a mode a second, |arg λ| / 2πΔt; half a turn a bin for a negative eigenvalue.

    >>> frequencies_hz(np.exp(np.array([0.2j, -0.2j]) * np.pi), 0.01).round(6).tolist()
    [10.0, 10.0]
    """
    return np.abs(np.angle(eigenvalues)) / (2 * np.pi * bin_width_s)
