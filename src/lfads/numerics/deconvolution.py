"""Events behind calcium traces: a first-order decay is undone, and events are not negative.

The trace y is a baseline b, calcium c and noise; c_t = γ c_{t-1} + s_t with events s_t ≥ 0. Events minimise

    ½ Σ_t (y_t - b - c_t)² + λ Σ_t s_t,

solved exactly by pools of frames between events, which are merged where an event would be negative
(Friedrich et al. 2017, PLoS Comput. Biol. 13:e1005423). λ is such that what is left has the variance of
the noise.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError

DECAYS = (0.3, 0.998)
"""Bounds of a decay that is estimated."""

NUM_LAGS = 5
NUM_ROUNDS = 12


class Deconvolved(NamedTuple):
    """Events of a trace, NaN where that is; and what they were found with."""

    events: Float[np.ndarray, " frame"]
    decay: float
    noise_std: float
    baseline: float


def events_of_pools(
    trace: Float[np.ndarray, " frame"], decay: float, penalty: float
) -> Float[np.ndarray, " frame"]:
    """Events s of a trace without baseline: the minimum that the module names, exactly.

    A pool is frames that one event explains: c = value · decay^k. Its value is the weighted mean of what it
    holds; it is merged with the pool before it where that, decayed, is higher.

    Examples
    --------
    >>> events_of_pools(np.array([0.0, 1.0, 0.5, 0.25, 1.125]), 0.5, 0.0).tolist()
    [0.0, 1.0, 0.0, 0.0, 1.0]
    """
    drawn = trace - penalty * (1 - decay)
    drawn[-1:] = trace[-1:] - penalty
    values, weights, lengths = list[float](), list[float](), list[int]()
    for value in drawn.tolist():
        weight, length = 1.0, 1
        while values and (fall := decay ** lengths[-1]) * max(values[-1], 0.0) > value:
            before = weights[-1]
            total = before + fall * fall * weight
            value = (before * values.pop() + fall * weight * value) / total
            weight, length = total, length + lengths.pop()
            weights.pop()
        values.append(value)
        weights.append(weight)
        lengths.append(length)
    heights = np.maximum(values, 0.0)
    events = np.zeros_like(trace)
    starts = np.cumsum([0, *lengths[:-1]])
    left = np.concatenate([[0.0], heights[:-1] * decay ** np.array(lengths[:-1])])
    events[starts] = np.maximum(heights - left, 0.0)
    return events


def calcium_of(
    events: Float[np.ndarray, "*trace frame"], decay: float
) -> Float[np.ndarray, "*trace frame"]:
    """c_t = decay c_{t-1} + s_t."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0], [1.0, -decay], events))


def noise_of(trace: Float[np.ndarray, " frame"], decay: float) -> float:
    """Standard deviation of the noise: what the variance is beyond the covariance of neighbours / decay."""
    centred = trace - trace.mean()
    variance = float(np.mean(centred**2))
    beyond = variance - float(np.mean(centred[1:] * centred[:-1])) / decay
    return float(np.sqrt(max(beyond, 1e-4 * variance)))


def decay_of(trace: Float[np.ndarray, " frame"]) -> float:
    """The decay per frame that autocovariances at lags above 0, which noise has no part in, fall by."""
    centred = trace - trace.mean()
    lags = range(1, min(NUM_LAGS + 2, len(trace) - 1))
    found = np.array([np.mean(centred[lag:] * centred[:-lag]) for lag in lags])
    squares = float((found[:-1] ** 2).sum())
    ratio = float((found[1:] * found[:-1]).sum()) / squares if squares > 0 else 0.0
    return float(np.clip(ratio, *DECAYS))


def deconvolve(trace: Float[np.ndarray, " frame"], decay: float | None = None) -> Deconvolved:
    """Events of a trace of fluorescence.

    Parameters
    ----------
    trace
        Such as dF/F, one value a frame; NaN where missing: events begin anew behind a gap.
    decay
        Of calcium from frame to frame, exp(-frame / time constant); estimated if not given.

    Raises
    ------
    UserError
        If the decay is no share.
    """
    if decay is not None and not 0 < decay < 1:
        raise UserError(f"the decay of calcium a frame must be between 0 and 1; got {decay:g}")
    known = np.isfinite(trace)
    events = np.full(trace.shape, np.nan)
    values = trace[known].astype(np.float64)
    if len(values) < 2 * NUM_LAGS or np.ptp(values) == 0:
        events[known] = 0.0
        return Deconvolved(
            events, decay or DECAYS[0], 0.0, float(values.mean() if len(values) else 0)
        )
    decay = decay_of(values) if decay is None else decay
    noise = noise_of(values, decay)
    gaps = np.flatnonzero(np.diff(np.flatnonzero(known)) > 1) + 1
    pieces = np.split(np.arange(len(values)), gaps)
    baseline, penalty = float(np.quantile(values, 0.15)), max(noise, 1e-12)
    found = np.zeros_like(values)
    for _ in range(NUM_ROUNDS):
        left = np.empty_like(values)
        for piece in pieces:
            found[piece] = events_of_pools(values[piece] - baseline, decay, penalty)
            left[piece] = values[piece] - baseline - calcium_of(found[piece], decay)
        baseline += float(left.mean())
        spread = float(left.std())
        penalty *= float(np.clip((noise / max(spread, 1e-12)) ** 2, 0.25, 4.0))
    events[known] = found
    return Deconvolved(events, decay, noise, baseline)
