"""Demixed principal components: axes of the part of averages that one task variable explains.

Kobak, Brendel, Constantinidis, Feierstein, Kepecs, Mainen, Qi, Romo, Uchida & Machens 2016, eLife 5:e10989.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.numerics.components import leading_axes


class Demixed(NamedTuple):
    """Components z = x · decoder of rows x, from which their part is rebuilt as z · encoder'.

    Columns by decreasing variance of what they rebuild; the encoder's are orthonormal.
    """

    decoder: Float[np.ndarray, "neuron component"]
    encoder: Float[np.ndarray, "neuron component"]


def demixed(
    parts: Mapping[str, Float[np.ndarray, "row neuron"]],
    whole: Float[np.ndarray, "row neuron"],
    num_components: int,
    noise: Float[np.ndarray, "neuron neuron"] | None = None,
) -> dict[str, Demixed]:
    """Reduced-rank regression of each part of averages on the whole of them.

    Minimises ‖part - (whole + noise) D F'‖², with F orthonormal and of so many columns: with
    B = (whole' whole + noise)⁻¹ whole' part, F holds the first right singular vectors of whole B, extended
    by the noise, and D = B F.

    Parameters
    ----------
    parts
        What task variables explain of the averages, by name.
    whole
        The averages, centred.
    num_components
        How many axes.
    noise
        What else varies in what the decoder shall be applied to, as a sum of squares and products over as
        many rows: of single trials about the averages, and a multiple of the unit matrix as a penalty.

    Examples
    --------
    >>> whole = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])
    >>> demixed({"first": whole * [1.0, 0.0]}, whole, 1)["first"].decoder.round(6).tolist()
    [[1.0], [0.0]]
    """
    moment = whole.T @ whole
    crossed = {name: whole.T @ part for name, part in parts.items()}
    return demixed_of_moments(crossed, moment if noise is None else moment + noise, num_components)


def demixed_of_moments(
    crossed: Mapping[str, Float[np.ndarray, "neuron neuron"]],
    moment: Float[np.ndarray, "neuron neuron"],
    num_components: int,
) -> dict[str, Demixed]:
    """`demixed`, of which only whole' part of each part and whole' whole + noise are needed."""
    targets = np.concatenate(list(crossed.values()), axis=1)
    every = np.split(np.linalg.lstsq(moment, targets)[0], len(crossed), axis=1)
    found = {}
    for name, weights in zip(crossed, every, strict=True):
        encoder = leading_axes(weights.T @ moment @ weights, num_components)
        found[name] = Demixed(weights @ encoder, encoder)
    return found


def marginal_parts(
    averages: Float[np.ndarray, "*factor time neuron"], names: Sequence[str]
) -> dict[str, Float[np.ndarray, "..."]]:
    """Averages, split into what time, each factor and each combination of factors explain.

    `time` is their mean over all conditions; every other part is constant over the factors that it does
    not name, and what others explain is taken off. Parts add up to the averages, and are orthogonal.

    Parameters
    ----------
    averages
        Centred over everything but neurons, an axis for each factor first.
    names
        Of the factors.

    Examples
    --------
    >>> parts = marginal_parts(np.arange(6.0).reshape(2, 3, 1), ["side"])
    >>> {name: part.ravel().tolist() for name, part in parts.items()}
    {'time': [1.5, 2.5, 3.5, 1.5, 2.5, 3.5], 'side': [-1.5, -1.5, -1.5, 1.5, 1.5, 1.5]}
    """
    factors = range(len(names))
    parts: dict[tuple[int, ...], np.ndarray] = {}
    for number in range(len(names) + 1):
        for some in combinations(factors, number):
            others = tuple(axis for axis in factors if axis not in some)
            mean = averages.mean(others, keepdims=True)
            within = [part for of, part in parts.items() if set(of) < set(some)]
            parts[some] = np.broadcast_to(mean, averages.shape) - sum(within)
    return {" × ".join(names[n] for n in some) or "time": part for some, part in parts.items()}
