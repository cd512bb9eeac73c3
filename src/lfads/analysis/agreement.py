"""Whether models of the same trials agree: factors of each predicted from those of every other.

Among models that predict neurons equally well, one may hold dynamics that are not in the data: its own
factors tell what the others' hold, and the others' do not tell what its hold (Dabholkar & Barak 2024).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lfads.analysis.design import reduced
from lfads.analysis.nested import chosen, fitted, folds_of, sums_of
from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known
from lfads.numerics.threads import one_thread

NUM_FOLDS = 5
MOST_COMPONENTS = 100
MOST_SAMPLES = 20_000

Values = Float[np.ndarray, "trial time feature"]


def cross_decoding(
    factors: Mapping[str, np.ndarray],
    train: Bool[np.ndarray, " trial"],
    within: Bool[np.ndarray, "trial time"],
) -> xr.DataArray:
    """R² of each model's factors from those of each other, in the same bin, on trials not fitted to.

    1 - Σ (f - f̂)² / Σ (f - f̄)², summed over factors, bins and trials, so that turned factors have the same.
    f̂ is a ridge regression whose penalty is chosen within the training trials.

    Parameters
    ----------
    factors
        By the name of the model, `trial time feature`: as many features as each has.
    train
        Trials to fit to; the others are scored. If it is all of them or none, every fifth is scored.
    within
        Bins that lie within their trials.

    Returns
    -------
    xr.DataArray
        `predicted` × `from`; 1 where both are the same model.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> true = rng.normal(size=(40, 20, 3))
    >>> more = np.concatenate([true, rng.normal(size=(40, 20, 3))], axis=2)
    >>> r2 = cross_decoding({"a": true, "b": more}, np.arange(40) % 5 > 0, np.ones((40, 20), bool))
    >>> round(float(r2.sel({"predicted": "a", "from": "b"})), 2)
    1.0
    >>> round(float(r2.sel({"predicted": "b", "from": "a"})), 1)
    0.5
    """
    names = list(factors)
    if train.all() or not train.any():
        train = np.arange(len(train)) % NUM_FOLDS > 0
    values = np.eye(len(names))
    with one_thread():
        for column, source in enumerate(names):
            features = reduced(
                np.asarray(factors[source], np.float32), within & train[:, None], MOST_COMPONENTS
            )
            for row, target in enumerate(names):
                if row != column:
                    wanted = np.asarray(factors[target], np.float64)
                    values[row, column] = _r2(features, wanted, train, within)
    return xr.DataArray(
        values, {"predicted": names, "from": names}, ("predicted", "from"), "cross_decoding",
        {"units": "1", "long_name": "R² of factors on trials that were left out"},
    )  # fmt: skip


def means_of_others(r2: xr.DataArray) -> tuple[list[float], list[float]]:
    """Of each model: mean R² with which the others predict it, and with which it predicts them."""
    values = np.where(np.eye(len(r2), dtype=bool), np.nan, r2.values)
    return mean_of_known(values, 1).tolist(), mean_of_known(values, 0).tolist()


def mean_of_sessions(each: Sequence[xr.DataArray]) -> xr.DataArray:
    """Every session counts the same."""
    return each[0].copy(data=np.mean([one.values for one in each], axis=0))


def _r2(
    features: Values,
    targets: Float[np.ndarray, "trial time target"],
    train: Bool[np.ndarray, " trial"],
    within: Bool[np.ndarray, "trial time"],
) -> float:
    trials = np.flatnonzero(train)
    trials = trials[evenly(len(trials), max(NUM_FOLDS, MOST_SAMPLES // within.shape[1]))]
    known = within & np.isfinite(targets).all(2)
    about = targets[known & train[:, None]].mean(0)
    fold = folds_of(len(trials), NUM_FOLDS, blocks=False)
    group = np.zeros(targets.shape[2], np.int64)

    def sums(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inside = known[some]
        return features[some][inside], targets[some][inside] - about

    inner = [sums_of(*sums(trials[fold == number]), group) for number in range(int(fold.max()) + 1)]
    everything = np.arange(1 + features.shape[2])
    choice = chosen(inner, [everything])
    weights = fitted(inner, everything, choice.penalty)
    x, y = sums(np.flatnonzero(~train))
    left = y - weights[:, 0] - x @ weights[:, 1:].T
    total = ((y - y.mean(0)) ** 2).sum()
    return float(1 - (left**2).sum() / total) if total > 0 else float("nan")
