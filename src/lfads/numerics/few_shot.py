"""How much of new neurons a few trials teach: Poisson regression from factors that are there already.

Of models that predict equally well, one whose factors hold what is not in the data needs more trials, since
what is superfluous has to be learnt to be left out (Dabholkar & Barak 2024).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Real

from lfads.numerics.poisson import bits_per_spike
from lfads.numerics.poisson_regression import fit_poisson_regressions, log_rates

PENALTIES = (1000.0, 100.0, 10.0, 1.0)
"""To choose from, of factors in standard deviations: strong ones first."""

Factors = Float[np.ndarray, "trial time factor"]
Counts = Real[np.ndarray, "trial time neuron"]
Known = Bool[np.ndarray, "trial time neuron"]


def few_shot_gains(
    factors: Factors,
    counts: Counts,
    known: Known,
    *,
    train: Int[np.ndarray, " train"],
    test: Int[np.ndarray, " test"],
    shots: Sequence[int],
    num_draws: int = 5,
    seed: int = 0,
) -> Float[np.ndarray, "shot draw"]:
    """Bits per spike of counts in test trials, from a fit to a few training trials, for each draw of them.

    log rate = b + w · factors for each neuron, with a penalty on ‖w‖² that is chosen by a fit to one half
    of the few trials for the other.

    Parameters
    ----------
    factors
        Of every trial.
    counts, known
        Of the neurons to be predicted; anything where they are not known.
    train, test
        Trials to draw from, and to score.
    shots
        Numbers of trials to draw.
    num_draws
        How often.
    seed
        Of the draws: the same trials are drawn whatever the factors.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(40, 20, 2))
    >>> n = rng.poisson(np.exp(x[:, :, :1] - 1))
    >>> known, trials = np.ones(n.shape, bool), np.arange(40)
    >>> gains = few_shot_gains(x, n, known, train=trials[:20], test=trials[20:], shots=(2, 20))
    >>> gains.shape, bool((gains.mean(1)[1] > gains.mean(1)[0] > 0.1))
    ((2, 5), True)
    """
    flat = factors[train].reshape(-1, factors.shape[2])
    mean, deviation = flat.mean(0), flat.std(0)
    values = (factors - mean) / np.where(deviation > 1e-9, deviation, 1.0)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(train) for _ in range(num_draws)]
    gains = np.full((len(shots), num_draws), np.nan)
    for place, number in enumerate(shots):
        for draw, order in enumerate(orders):
            some = order[:number]
            half = number // 2
            best = _best_penalty(values, counts, known, some[:half], some[half:]) if half else 0
            *_, weights = fit_poisson_regressions(
                *_samples(values, counts, some), PENALTIES[: best + 1], known=_rows(known, some)
            )
            gains[place, draw] = _gain(values, counts, known, test, weights)
    return gains


def _best_penalty(
    values: Factors, counts: Counts, known: Known, fitted_on: np.ndarray, scored: np.ndarray
) -> int:
    """The number of the penalty with which one half of the trials predicts the other best."""
    fits = fit_poisson_regressions(
        *_samples(values, counts, fitted_on), PENALTIES, known=_rows(known, fitted_on)
    )
    gains = [_gain(values, counts, known, scored, weights) for weights in fits]
    return int(np.nanargmax(gains)) if np.isfinite(gains).any() else 0


def _gain(
    values: Factors, counts: Counts, known: Known, trials: np.ndarray, weights: np.ndarray
) -> float:
    design, targets = _samples(values, counts, trials)
    return bits_per_spike(np.exp(log_rates(design, weights)), targets, mask=_rows(known, trials))


def _samples(values: Factors, counts: Counts, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return values[trials].reshape(-1, values.shape[2]), _rows(counts, trials)


def _rows(values: np.ndarray, trials: np.ndarray) -> np.ndarray:
    return values[trials].reshape(-1, values.shape[2])
