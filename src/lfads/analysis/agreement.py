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
LEAST_SHARE = 0.01
"""Of a direction in the variance of factors, for it to be looked at by itself."""

_ROUNDING = 1e-10  # of their mean square: what constant factors seem to vary by

Values = Float[np.ndarray, "trial time feature"]


def cross_decoding(
    factors: Mapping[str, np.ndarray],
    train: Bool[np.ndarray, " trial"],
    within: Bool[np.ndarray, "trial time"],
) -> xr.Dataset:
    """R² of each model's factors from those of each other, in the same bin, on trials not fitted to.

    1 - Σ (f - f̂)² / Σ (f - f̄)², summed over factors, bins and trials, so that turned factors have the same.
    f̂ is a ridge regression whose penalty is chosen within the training trials. Factors of small scale count
    little in this sum; so beside it stands the R² of the direction w that is predicted worst, the least of
    1 - Σ (w · (f - f̂))² / Σ (w · (f - f̄))² among mixtures of the principal components that carry at least
    1 % of the variance.

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
    xr.Dataset
        `r2` and `worst_direction`, `predicted` × `from`; 1 where both are the same model, NaN for predicted
        factors that do not vary.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> true = rng.normal(size=(40, 20, 3))
    >>> more = np.concatenate([true, rng.normal(size=(40, 20, 3))], axis=2)
    >>> r2 = cross_decoding({"a": true, "b": more}, np.arange(40) % 5 > 0, np.ones((40, 20), bool))
    >>> [round(float(of.sel({"predicted": "a", "from": "b"})), 2) for of in r2.values()]
    [1.0, 1.0]
    >>> [float(of.sel({"predicted": "b", "from": "a"})) < 0.55 for of in r2.values()]
    [True, True]
    """
    names = list(factors)
    if train.all() or not train.any():
        train = np.arange(len(train)) % NUM_FOLDS > 0
    values = np.stack([np.eye(len(names))] * 2)
    with one_thread():
        for column, source in enumerate(names):
            features = reduced(
                np.asarray(factors[source], np.float32), within & train[:, None], MOST_COMPONENTS
            )
            for row, target in enumerate(names):
                if row != column:
                    wanted = np.asarray(factors[target], np.float64)
                    values[:, row, column] = _r2(features, wanted, train, within)
    axes, of = ("predicted", "from"), "on trials that were left out"
    return xr.Dataset(
        {
            "r2": (axes, values[0], {"units": "1", "long_name": f"R² of factors {of}"}),
            "worst_direction": (
                axes, values[1], {"units": "1", "long_name": f"least R² of a direction of factors {of}"}
            ),
        },
        {"predicted": names, "from": names},
    )  # fmt: skip


def means_of_others(r2: xr.DataArray) -> tuple[list[float], list[float]]:
    """Of each model: mean R² with which the others predict it, and with which it predicts them."""
    values = np.where(np.eye(len(r2), dtype=bool), np.nan, r2.values)
    return mean_of_known(values, 1).tolist(), mean_of_known(values, 0).tolist()


def mean_of_sessions(each: Sequence[xr.Dataset]) -> xr.Dataset:
    """Every session counts the same."""
    return each[0].map(
        lambda of: of.copy(data=np.mean([one[of.name].values for one in each], axis=0))
    )


def _r2(
    features: Values,
    targets: Float[np.ndarray, "trial time target"],
    train: Bool[np.ndarray, " trial"],
    within: Bool[np.ndarray, "trial time"],
) -> tuple[float, float]:
    """Of all factors together, and of the direction that is predicted worst."""
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
    varying = y - y.mean(0)
    total = (varying**2).sum()
    if not total > _ROUNDING * ((y + about) ** 2).sum():
        return np.nan, np.nan
    variance, axes = np.linalg.eigh(varying.T @ varying)
    large = variance >= min(LEAST_SHARE * total, variance[-1])
    whitened = left @ (axes[:, large] / np.sqrt(variance[large]))
    return float(1 - (left**2).sum() / total), float(
        1 - np.linalg.eigvalsh(whitened.T @ whitened)[-1]
    )
