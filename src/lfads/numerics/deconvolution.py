"""Events behind calcium traces: a first-order decay is undone, and events are not negative.

The trace y is a baseline b, calcium c and noise; c_t = γ c_{t-1} + s_t with events s_t ≥ 0. Events minimise

    ½ Σ_t (y_t - b - c_t)² + λ Σ_t s_t,

solved exactly by pools of frames between events, which are merged where an event would be negative
(Friedrich et al. 2017, PLoS Comput. Biol. 13:e1005423). b is at its minimum too, if that is not below the
lowest frames, and λ such that what is left has the variance of the noise: for given pools both are in
closed form, as there. Where frames are missing, c decays on, by γ to the number of frames between two that
are known.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError

DECAYS = (0.3, 0.998)
"""Bounds of a decay that is estimated."""

NUM_LAGS = 5
NUM_ROUNDS = 30
"""At most; four to seven suffice."""

QUARTILE = 0.6745
"""Of a normal distribution: the median of absolute values over the standard deviation."""

LEAST_NOISE = 1e-3
"""Of a trace's variance: less cannot be told from none by covariances."""

LOWEST = 0.02
"""Share of frames whose values are below the baseline less about a standard deviation of the noise."""

CLOSE = 1e-3
"""Of the noise: a baseline that changes by less has converged."""


class Deconvolved(NamedTuple):
    """Events of a trace, NaN where they cannot be known; and what they were found with."""

    events: Float[np.ndarray, " frame"]
    decay: float
    noise_std: float
    baseline: float


def events_of_pools(
    trace: Float[np.ndarray, " frame"],
    decay: float,
    penalty: float,
    frames: Int[np.ndarray, " frame"] | None = None,
) -> Float[np.ndarray, " frame"]:
    """Events s of a trace without baseline: the minimum that the module names, exactly.

    A pool is frames that one event explains: c = value · decay^k. Its value is the weighted mean of what it
    holds; it is merged with the pool before it where that, decayed, is higher.

    Parameters
    ----------
    trace
        Of the frames that are known.
    decay
        From frame to frame.
    penalty
        λ.
    frames
        Their numbers, where some are missing.

    Examples
    --------
    >>> events_of_pools(np.array([0.0, 1.0, 0.5, 0.25, 1.125]), 0.5, 0.0).tolist()
    [0.0, 1.0, 0.0, 0.0, 1.0]
    >>> events_of_pools(np.array([0.0, 1.0, 0.25]), 0.5, 0.0, np.array([0, 1, 3])).tolist()
    [0.0, 1.0, 0.0]
    """
    at = np.arange(len(trace)) if frames is None else frames
    drawn = trace - penalty * _costs(decay, at)
    values, weights, starts, firsts = list[float](), list[float](), list[int](), list[int]()
    numbers = at.tolist()
    for first, (start, value) in enumerate(zip(numbers, drawn.tolist(), strict=True)):
        weight, here = 1.0, first
        while values and (fall := decay ** (start - starts[-1])) * max(values[-1], 0.0) > value:
            before = weights.pop()
            total = before + fall * fall * weight
            value = (before * values.pop() + fall * weight * value) / total
            weight, start, here = total, starts.pop(), firsts.pop()
        values.append(value)
        weights.append(weight)
        starts.append(start)
        firsts.append(here)
    heights = np.maximum(values, 0.0)
    events = np.zeros_like(trace)
    left = np.concatenate([[0.0], heights[:-1] * decay ** np.diff(starts)])
    events[firsts] = np.maximum(heights - left, 0.0)
    return events


def calcium_of(
    events: Float[np.ndarray, "*trace frame"], decay: float
) -> Float[np.ndarray, "*trace frame"]:
    """c_t = decay c_{t-1} + s_t."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0], [1.0, -decay], events))


def noise_of(trace: Float[np.ndarray, " frame"], decay: float) -> float:
    """Standard deviation of the noise: what the variance is beyond the covariance of neighbours / decay.

    The decay is that which the trace itself has (`decay_of`). NaN where frames are missing; neighbours are
    those of the usual step. Where as much as that is not left, the median of their differences says it.
    """
    step = _step_of(trace)
    before, after = trace[:-step], trace[step:]
    known = np.isfinite(before) & np.isfinite(after)
    pairs = np.stack([before[known], after[known]])
    by_differences = float(np.median(np.abs(pairs[1] - pairs[0])) / (QUARTILE * 2**0.5))
    pairs = pairs - pairs.mean(1, keepdims=True)
    variance, beside = float((pairs**2).mean()), float((pairs[0] * pairs[1]).mean())
    beyond = variance - max(beside, 0.0) / decay**step
    if beyond < LEAST_NOISE * variance:
        return max(min(by_differences, variance**0.5), (1e-4 * variance) ** 0.5)
    return beyond**0.5


def decay_of(trace: Float[np.ndarray, " frame"]) -> float:
    """The decay per frame that autocovariances at lags above 0, which noise has no part in, fall by."""
    step = _step_of(trace)
    lags = [step * lag for lag in range(1, NUM_LAGS + 2) if step * lag < len(trace) - 1]
    found = _covariances(trace, lags)
    squares = float((found[:-1] ** 2).sum())
    ratio = float((found[1:] * found[:-1]).sum()) / squares if squares > 0 else 0.0
    return float(np.clip(max(ratio, 0.0) ** (1 / step), *DECAYS))


def deconvolve(trace: Float[np.ndarray, " frame"], decay: float | None = None) -> Deconvolved:
    """Events of a trace of fluorescence.

    Parameters
    ----------
    trace
        Such as dF/F, one value a frame; NaN where missing, as in every other frame of a neuron that is
        scanned in every other one.
    decay
        Of calcium from frame to frame, exp(-frame / time constant); estimated if not given.

    Returns
    -------
    Deconvolved
        Events are NaN where the trace is, in the first frame and in the first behind a gap, as calcium may
        be there from before; everywhere in traces of fewer than 10 frames.

    Raises
    ------
    UserError
        If the decay is no share.
    """
    if decay is not None and not 0 < decay < 1:
        raise UserError(f"the decay of calcium a frame must be between 0 and 1; got {decay:g}")
    frames = np.flatnonzero(np.isfinite(trace))
    events = np.full(trace.shape, np.nan)
    values = trace[frames].astype(np.float64)
    if len(values) < 2 * NUM_LAGS:
        return Deconvolved(events, decay or DECAYS[0], 0.0, float("nan"))
    if np.ptp(values) == 0:
        events[frames] = 0.0
        return Deconvolved(events, decay or DECAYS[0], 0.0, float(values[0]))
    seen = np.where(np.isfinite(trace), trace, np.nan)
    own = decay_of(seen)
    decay, noise = own if decay is None else decay, noise_of(seen, own)
    lowest = float(np.quantile(values, LOWEST)) + noise
    baseline, penalty = max(float(np.quantile(values, 0.15)), lowest), 0.0
    for _ in range(NUM_ROUNDS):
        found = events_of_pools(values - baseline, decay, penalty, frames)
        before = baseline
        given = _of_given_pools(values, found, decay, frames, noise, lowest)
        baseline, penalty = given or (before, penalty)
        if abs(baseline - before) <= CLOSE * noise:
            break
    events[frames] = events_of_pools(values - baseline, decay, penalty, frames)
    steps = np.diff(frames)
    events[frames[0]] = np.nan
    events[frames[1:][steps > np.median(steps)]] = np.nan
    return Deconvolved(events, decay, noise, baseline)


def _of_given_pools(
    values: np.ndarray,
    found: np.ndarray,
    decay: float,
    frames: np.ndarray,
    noise: float,
    lowest: float,
) -> tuple[float, float] | None:
    """Baseline and penalty for pools as they are; None where calcium leaves nothing to say about them.

    With P the projection on the pools' decays, what is left of a trace is (I-P)(y - b) + λ P p for the
    costs p; it sums to 0 at the best b, and its squares to the noise's at λ. The baseline is no lower than
    given: far below the data, events everywhere could explain everything.
    """
    is_start = found > 0
    is_start[0] = True
    pool, starts = np.cumsum(is_start) - 1, np.flatnonzero(is_start)
    shape = decay ** (frames - frames[starts][pool]).astype(float)
    share = (found[starts] > 0) / np.bincount(pool, shape**2)

    def onto_pools(given: np.ndarray) -> np.ndarray:
        return (np.bincount(pool, shape * given) * share)[pool] * shape

    one, costs = np.ones_like(values), onto_pools(_costs(decay, frames))
    apart, ones_apart = values - onto_pools(values), one - onto_pools(one)
    if (size := float(ones_apart.sum())) <= CLOSE * len(values):
        return None
    fixed, slope = float(apart.sum()) / size, float(costs.sum()) / size
    left, by_penalty = apart - fixed * ones_apart, costs - slope * ones_apart
    a, b = float(by_penalty @ by_penalty), float(left @ by_penalty)
    c = float(left @ left) - len(values) * noise**2
    penalty = (-b + np.sqrt(max(b * b - a * c, 0.0))) / a if a > 0 else 0.0
    if fixed + slope * max(penalty, 0.0) < lowest:
        beyond = len(values) * noise**2 - float(((apart - lowest * ones_apart) ** 2).sum())
        size = float(costs @ costs)
        return lowest, float(np.sqrt(max(beyond, 0.0) / size)) if size > 0 else 0.0
    return fixed + slope * max(penalty, 0.0), max(penalty, 0.0)


def _costs(decay: float, frames: np.ndarray) -> np.ndarray:
    """What a unit of calcium in each frame adds to the sum of events."""
    return np.append(1 - decay ** np.diff(frames).astype(float), 1.0)


def _step_of(trace: np.ndarray) -> int:
    """Frames from one that is known to the next, as a rule."""
    return int(np.median(np.diff(np.flatnonzero(np.isfinite(trace)))))


def _covariances(trace: np.ndarray, lags: list[int]) -> np.ndarray:
    """Of the trace with itself so many frames later, over pairs that are known; 0 where there is none."""
    centred = trace - np.nanmean(trace)
    products = [centred[lag:] * centred[: len(centred) - lag] for lag in lags]
    return np.array([np.nanmean(p) if np.isfinite(p).any() else 0.0 for p in products])
