"""What an alignment of sessions is: a read-in for each, into one space, and how well they agree there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems
from lfads.data.companions import is_finite_number
from lfads.data.session import Session
from lfads.numerics.moments import moments_of

Start = Literal["conditions", "time_course"]


@dataclass(frozen=True, eq=False, kw_only=True)
class StartingReadIn:
    """Affine map of a session's counts per bin into the common space, `(counts - offset) @ weights`.

    Parameters
    ----------
    offset
        Mean count per bin of each encoded neuron.
    weights
        Finite; 0 for neurons that are silent in training.
    """

    offset: Float[np.ndarray, " encoded_neuron"]
    weights: Float[np.ndarray, "encoded_neuron component"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Alignment:
    """Read-ins that bring sessions into one space.

    All weights share one factor, with which the variance of the inputs of single trials, unsmoothed, over
    training samples, is 1 on average over sessions and components. One factor for all changes no alignment.

    Parameters
    ----------
    start
        By what sessions were aligned.
    read_ins
        One a session, in the order of the data set.
    agreement
        Of each session with the others (`agreement_of`), in the averages by which they were aligned.
    """

    start: Start
    read_ins: tuple[StartingReadIn, ...]
    agreement: tuple[float, ...]


def with_unit_inputs(
    parts: Sequence[Session], read_ins: Sequence[StartingReadIn]
) -> tuple[StartingReadIn, ...]:
    """The read-ins times one factor, with which inputs have the variance 1 on average."""
    variances = [
        (r.weights * (moments_of(p.spikes, p.observed_of_any()).covariance @ r.weights)).sum(0)
        for p, r in zip(parts, read_ins, strict=True)
    ]
    variance = float(np.mean(variances))
    factor = variance**-0.5 if variance > 0 else 1.0
    return tuple(StartingReadIn(offset=r.offset, weights=factor * r.weights) for r in read_ins)


def inputs_of(
    averages: Float[np.ndarray, "condition time neuron"], read_in: StartingReadIn
) -> Float[np.ndarray, "condition time component"]:
    """What averages become in the common space; NaN where none of the neurons is known.

    Single neurons that are not known there count as if at their mean.
    """
    missing = np.isnan(averages)
    deviation = np.where(missing, 0.0, averages - read_in.offset)
    return np.where(missing.all(axis=2, keepdims=True), np.nan, deviation @ read_in.weights)


def check_sizes(num_components: Any, smoothing_s: Any, where: str) -> None:
    """Refuse a number of components below 1 and a width of smoothing below 0."""
    problems = Problems(where)
    whole = isinstance(num_components, int | np.integer) and not isinstance(num_components, bool)
    problems.require(
        bool(whole and num_components >= 1),
        f"`num_components` must be a whole number, at least 1; got {num_components!r}",
    )
    problems.require(
        is_finite_number(smoothing_s) and smoothing_s >= 0,
        f"`smoothing_s` must be a standard deviation in seconds, 0 or more; got {smoothing_s!r}",
    )
    problems.raise_if_any()
