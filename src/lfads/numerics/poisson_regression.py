"""Poisson regression of many neurons on one design, by Newton's method.

The neurons are fitted together, as products of matrices, so that a hundred hardly take longer than ten. Of
each neuron its own part of the design can be left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real

from lfads.numerics.poisson import rate_of

HIGHEST_LOG_RATE = 5.0  # counts per bin; keeps a first, wild step finite

_BLOCK = 64  # neurons that are fitted together
_ENOUGH, _ENOUGH_A_FEATURE = 5_000, 20  # samples to estimate second derivatives from
_MOST_STEPS, _MOST_HALVINGS = 50, 30
_SLOW = 0.3  # of the decrement before, above which second derivatives are renewed
_MOST_RENEWED = 2  # times at each penalty: they cost as much as many steps

Weights = Float[np.ndarray, "weight neuron"]


@dataclass(frozen=True, eq=False)
class OwnPart:
    """What comes into the design from the very neuron that is predicted, and is left out of its design.

    Neuron i is regressed on x - a_i v_i: features x, its own activity a_i, and its loadings v_i.

    Parameters
    ----------
    activity
        Of each neuron that is predicted, sample by sample.
    loadings
        With which that went into each feature; 0 for a neuron that is not in the design.
    """

    activity: Float[np.ndarray, "sample neuron"]
    loadings: Float[np.ndarray, "feature neuron"]

    def of(self, neurons: np.ndarray | slice) -> "OwnPart":
        """Of some neurons."""
        return OwnPart(self.activity[:, neurons], self.loadings[:, neurons])


def fit_poisson_regressions(
    design: Float[np.ndarray, "sample feature"],
    counts: Real[np.ndarray, "sample neuron"],
    penalties: Sequence[float],
    *,
    known: Bool[np.ndarray, "sample neuron"] | None = None,
    own: OwnPart | None = None,
    tolerance: float = 1e-8,
) -> Iterator[Weights]:
    """Weights that explain the counts of each neuron, for each penalty: the intercept, then one a feature.

    Minimises for each neuron sum(exp(b + x w) - n (b + x w)) + penalty/2 ‖w‖² over its known samples, by
    Newton's method with step halving; each penalty starts where the one before ended, so strong ones come
    first. Second derivatives are those at constant rates, until steps become slow: then they are estimated
    anew, from some of the samples if there are very many. What is minimised is always exact. A neuron
    without a spike gets the rate of half a spike in all its samples, and no weights.

    Parameters
    ----------
    design
        Features x of each sample, in single or double precision; the former takes half the time and a
        tolerance of 1e-5 at least.
    counts
        Counts n; anything where they are not known.
    penalties
        Of the squared norm of w; the intercept b is free.
    known
        False where a count is missing; by default none is.
    own
        What each neuron gave to the design itself, which is left out.
    tolerance
        Of what is minimised: how much a step must still promise, relative to it, to be taken.

    Examples
    --------
    >>> x = np.array([[-1.0], [1.0]] * 50)
    >>> (weights,) = fit_poisson_regressions(x, np.array([[1], [3]] * 50), [0.0])
    >>> np.exp(log_rates(x[:2], weights)).round(3).ravel().tolist()
    [1.0, 3.0]
    """
    seen = np.ones(counts.shape, bool) if known is None else known
    targets = np.where(seen, counts, 0).astype(design.dtype)
    weights = _constant(targets, seen, design.shape[1])
    spiking = np.flatnonzero(targets.any(0))
    gram = design.T @ design
    blocks = []
    for first in range(0, len(spiking), _BLOCK):
        block = spiking[first : first + _BLOCK]
        problem = _Problem(
            design, targets[:, block], None if seen.all() else seen[:, block],
            None if own is None else own.of(block),
        )  # fmt: skip
        blocks.append((block, problem, problem.curvature_at_constant(weights[0, block], gram)))
    for penalty in penalties:
        for block, problem, curvature in blocks:
            weights[:, block] = _by_newton(
                problem, penalty, weights[:, block], curvature, tolerance
            )
        yield weights.copy()


def log_rates(
    design: Float[np.ndarray, "sample feature"], weights: Weights, own: OwnPart | None = None
) -> Float[np.ndarray, "sample neuron"]:
    """b + x w of each neuron, without its own part of the design; at most `HIGHEST_LOG_RATE`."""
    found = weights[0] + design @ weights[1:]
    if own is not None:
        found -= own.activity * (own.loadings * weights[1:]).sum(0)
    return np.minimum(found, HIGHEST_LOG_RATE)


def _constant(targets: np.ndarray, seen: np.ndarray, num_features: int) -> Weights:
    """Weights of constant rates: the mean, or half a spike in all samples."""
    weights = np.zeros((1 + num_features, targets.shape[1]))
    weights[0] = np.log(rate_of(targets.sum(0), seen.sum(0)))
    return weights


@dataclass(frozen=True, eq=False)
class _Problem:
    """What is minimised for some neurons; `seen` is None if all of their counts are known."""

    design: np.ndarray
    targets: np.ndarray
    seen: np.ndarray | None
    own: OwnPart | None

    def of(self, neurons: np.ndarray) -> "_Problem":
        if neurons.all():
            return self
        return _Problem(
            self.design, self.targets[:, neurons],
            None if self.seen is None else self.seen[:, neurons],
            None if self.own is None else self.own.of(neurons),
        )  # fmt: skip

    def cost(self, weights: Weights, penalty: float) -> tuple[np.ndarray, np.ndarray]:
        """The cost of each neuron, and its rates, 0 where a count is not known."""
        values = log_rates(self.design, weights.astype(self.design.dtype), self.own)
        rates = np.exp(values)
        if self.seen is not None:
            rates *= self.seen
        nats = (rates - self.targets * values).sum(0, dtype=np.float64)
        return nats + 0.5 * penalty * (weights[1:] ** 2).sum(0), rates

    def gradient(self, weights: Weights, penalty: float, rates: np.ndarray) -> Weights:
        excess = rates - self.targets
        slopes = self.design.T @ excess + penalty * weights[1:]
        if self.own is not None:
            slopes -= self.own.loadings * np.einsum("sn,sn->n", self.own.activity, excess)
        return np.concatenate([excess.sum(0)[None], slopes])

    def curvature_at_constant(self, intercepts: np.ndarray, gram: np.ndarray) -> np.ndarray:
        """Second derivatives without penalty at constant rates, `neuron weight weight`.

        Samples that are not known count by their share.
        """
        share = 1.0 if self.seen is None else self.seen.mean(0)
        rates = np.exp(intercepts) * share
        first = np.concatenate([[float(len(self.design))], self.design.sum(0)])
        products = np.block([[first[None, :1], first[None, 1:]], [first[1:, None], gram]])
        found = rates[:, None, None] * products
        constant = np.broadcast_to(rates, self.targets.shape)
        return self._without_own(found, constant)

    def curvature(self, rates: np.ndarray) -> np.ndarray:
        """The same at other rates, estimated from evenly chosen samples if there are very many."""
        enough = max(_ENOUGH, _ENOUGH_A_FEATURE * self.design.shape[1])
        step = max(1, len(self.design) // enough)
        some = slice(None, None, step)
        own = None if self.own is None else OwnPart(self.own.activity[some], self.own.loadings)
        part = _Problem(np.ascontiguousarray(self.design[some]), self.targets[some], None, own)
        weighted = rates[some] * (len(rates) / len(part.design))
        return part._without_own(_weighted_products(part.design, weighted), weighted)

    def _without_own(self, products: np.ndarray, rates: np.ndarray) -> np.ndarray:
        if self.own is None:
            return products
        weighted = self.own.activity * rates
        shared = np.concatenate([weighted.sum(0)[None], self.design.T @ weighted])
        loadings = np.concatenate([np.zeros((1, rates.shape[1])), self.own.loadings])
        itself = np.einsum("sn,sn->n", self.own.activity, weighted)
        cross = np.einsum("kn,ln->nkl", shared, loadings)
        both = np.einsum("n,kn,ln->nkl", itself, loadings, loadings)
        return products - cross - cross.transpose(0, 2, 1) + both


def _weighted_products(design: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """sum_s r_s x_s x_s' of each neuron, with a leading 1 in x."""
    found = np.empty((rates.shape[1], design.shape[1] + 1, design.shape[1] + 1))
    for neuron, root in enumerate(np.sqrt(rates.T)):
        weighted = design * root[:, None]
        found[neuron, 0, 0] = root @ root
        found[neuron, 0, 1:] = found[neuron, 1:, 0] = root @ weighted
        found[neuron, 1:, 1:] = weighted.T @ weighted
    return found


def _inverse(curvature: np.ndarray, penalty: float) -> np.ndarray:
    """Inverse second derivatives with the penalty; the intercept bears none."""
    diagonal = np.arange(curvature.shape[1])
    penalised = curvature.copy()
    penalised[:, diagonal, diagonal] += np.where(diagonal > 0, penalty, 0.0) + 1e-9
    return np.linalg.inv(penalised)


def _by_newton(
    problem: _Problem, penalty: float, start: Weights, curvature: np.ndarray, tolerance: float
) -> Weights:
    """The neurons' weights. `curvature` is renewed in place for neurons whose steps became slow."""
    weights = start.copy()
    value, rates = problem.cost(weights, penalty)
    inverse = _inverse(curvature, penalty)
    going, last = np.ones(len(value), bool), np.full(len(value), np.inf)
    renewed = np.zeros(len(value), int)
    for _ in range(_MOST_STEPS):
        gradient = problem.gradient(weights, penalty, rates)
        step = np.einsum("nkl,ln->kn", inverse, gradient)
        decrement = (gradient * step).sum(0)
        slow = going & (decrement > _SLOW * last) & (renewed < _MOST_RENEWED)
        if slow.any():
            curvature[slow] = problem.of(slow).curvature(rates[:, slow])
            inverse[slow] = _inverse(curvature[slow], penalty)
            step[:, slow] = np.einsum("nkl,ln->kn", inverse[slow], gradient[:, slow])
            decrement = (gradient * step).sum(0)
            renewed += slow
        last = np.where(slow, np.inf, decrement)
        going &= decrement >= tolerance * np.maximum(1.0, np.abs(value))
        if not going.any():
            break
        step[:, ~going] = 0.0
        weights, improved, value, rates = _halved(problem, penalty, weights, step, value, going)
        going &= improved
    return weights


def _halved(
    problem: _Problem,
    penalty: float,
    weights: Weights,
    step: Weights,
    value: np.ndarray,
    going: np.ndarray,
) -> tuple[Weights, np.ndarray, np.ndarray, np.ndarray]:
    """Weights after the longest step that improves, whether there is one, and their cost and rates."""
    new = weights - step
    new_value, rates = problem.cost(new, penalty)
    worse = going & (new_value >= value)
    for halving in range(1, _MOST_HALVINGS + 1):
        if not worse.any():
            break
        size = 0.5**halving if halving < _MOST_HALVINGS else 0.0
        new[:, worse] = weights[:, worse] - step[:, worse] * size
        new_value[worse], rates[:, worse] = problem.of(worse).cost(new[:, worse], penalty)
        if size:
            worse &= new_value >= value
    return new, ~worse, new_value, rates
