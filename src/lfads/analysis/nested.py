"""Ridge regression with nested cross-validation by trial, from second moments of each fold.

Every fold of trials is predicted by a map that was fitted to the others. What has to be chosen is chosen
within these others: each of them is predicted in turn by the rest. Only sums of products of each fold are
needed, so that hundreds of fits cost little.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.arrays import CHOP_COLUMNS

PENALTIES = (1e-4, 1e-2, 1e-1, 1.0, 10.0)
"""Of standardised features, relative to the number of samples."""

_ROUNDING = 1e-12  # of a sum of squares: what a constant target seems to vary by


class Sums(NamedTuple):
    """Sums over the known samples of a fold: products of features (1 first), with targets, and of targets.

    Targets that are known in the same samples are a group, whose features are summed once.
    """

    features: Float[np.ndarray, "group weight weight"]
    cross: Float[np.ndarray, "target weight"]
    squares: Float[np.ndarray, " target"]
    total: Float[np.ndarray, " target"]
    number: Float[np.ndarray, " target"]
    group: Int[np.ndarray, " target"]

    def plus(self, other: "Sums") -> "Sums":
        """Of both folds."""
        return self._with(other, 1.0)

    def minus(self, other: "Sums") -> "Sums":
        """Of one fold without another that is part of it."""
        return self._with(other, -1.0)

    def _with(self, other: "Sums", sign: float) -> "Sums":
        return Sums(
            self.features + sign * other.features, self.cross + sign * other.cross,
            self.squares + sign * other.squares, self.total + sign * other.total,
            self.number + sign * other.number, self.group,
        )  # fmt: skip

    def of_weights(self, some: Int[np.ndarray, "_"]) -> "Sums":
        """Of some of the weights alone, by their places."""
        return self._replace(
            features=self.features[:, some[:, None], some], cross=self.cross[:, some]
        )

    def weights(self, penalty: float) -> Float[np.ndarray, "target weight"]:
        """Ridge weights; the intercept bears no penalty."""
        diagonal = np.arange(self.features.shape[1])
        found = np.zeros_like(self.cross)
        for number, own in self._groups():
            penalised = self.features[number].copy()
            amount = np.where(diagonal > 0, penalty, 0.0) * self.number[own[0]] + 1e-9
            penalised[diagonal, diagonal] += amount
            found[own] = np.linalg.solve(penalised, self.cross[own].T).T
        return found

    def residual(self, weights: Float[np.ndarray, "target weight"]) -> np.ndarray:
        """Sum of squares that weights leave of each target."""
        own = np.zeros(len(weights))
        for number, targets in self._groups():
            some = weights[targets]
            own[targets] = ((some @ self.features[number]) * some).sum(1)
        return self.squares - 2 * (weights * self.cross).sum(1) + own

    def about_mean(self) -> np.ndarray:
        """Sum of squares of each target about its mean."""
        return self.squares - self.total**2 / np.maximum(self.number, 1)

    def _groups(self) -> Iterator[tuple[int, np.ndarray]]:
        for number in range(len(self.features)):
            yield number, np.flatnonzero(self.group == number)


def sums_of(
    features: Float[np.ndarray, "sample feature"],
    targets: Float[np.ndarray, "sample target"],
    group: Int[np.ndarray, " target"],
) -> Sums:
    """Of some samples; NaN marks targets that are missing. Those of one group are missing together."""
    known: Bool[np.ndarray, "sample target"] = np.isfinite(targets)
    design = np.insert(features, 0, 1.0, axis=1)
    values = np.where(known, targets, 0.0)
    firsts = [int(np.flatnonzero(group == number)[0]) for number in range(int(group.max()) + 1)]
    parts = [design if known[:, k].all() else design[known[:, k]] for k in firsts]
    return Sums(
        np.stack([part.T @ part for part in parts]), values.T @ design, (values**2).sum(0),
        values.sum(0), known.sum(0).astype(np.float64), group,
    )  # fmt: skip


def known_together(targets: Float[np.ndarray, "*sample target"]) -> Int[np.ndarray, " target"]:
    """The group of each target: those that are known in the same samples.

    >>> known_together(np.array([[1.0, np.nan, 2.0], [3.0, 4.0, 5.0]])).tolist()
    [1, 0, 1]
    """
    known = np.isfinite(targets).reshape(-1, targets.shape[-1])
    return np.unique(known, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)


@dataclass(frozen=True)
class Choice:
    """What was chosen within the other folds, and how it scored there (mean R² of targets)."""

    candidate: int
    penalty: float
    score: float


def chosen(inner: Sequence[Sums], candidates: Sequence[Int[np.ndarray, "_"]]) -> Choice:
    """Which weights (one of the candidates) and which penalty predict the inner folds best."""
    whole = _together(inner)
    best = Choice(0, PENALTIES[-1], -np.inf)
    about = np.sum([fold.about_mean() for fold in inner], axis=0)
    varies = about > _ROUNDING * whole.squares
    if not varies.any():
        return best
    for place, some in enumerate(candidates):
        of_all, apart = whole.of_weights(some), [fold.of_weights(some) for fold in inner]
        rest = [of_all.minus(fold) for fold in apart]
        for penalty in PENALTIES:
            left = sum(
                one.residual(other.weights(penalty)) for one, other in zip(apart, rest, strict=True)
            )
            score = float(np.mean(1 - np.asarray(left)[varies] / about[varies]))
            if score > best.score:
                best = Choice(place, penalty, score)
    return best


def fitted(
    inner: Sequence[Sums], some: Int[np.ndarray, "_"], penalty: float
) -> Float[np.ndarray, "target weight"]:
    """Some of the weights, fitted to all inner folds."""
    return _together(inner).of_weights(some).weights(penalty)


def _together(folds: Sequence[Sums]) -> Sums:
    return functools.reduce(Sums.plus, folds)


def folds_of(
    num_trials: int, num_folds: int, *, blocks: bool, group: Int[np.ndarray, " trial"] | None = None
) -> Int[np.ndarray, " trial"]:
    """The fold of each trial: at random, alike for each group; or in blocks, for windows that overlap.

    Trials dealt in turn would give folds conditions of their own where these come in turn.
    """
    number = min(num_folds, num_trials)
    if blocks:
        return np.arange(num_trials) * number // num_trials
    order = np.random.default_rng(0).permutation(num_trials)
    if group is not None:
        order = order[np.argsort(group[order], kind="stable")]
    fold = np.empty(num_trials, np.int64)
    fold[order] = np.arange(num_trials) % number
    return fold


def in_several_folds(windows: xr.Dataset, fold: np.ndarray) -> Bool[np.ndarray, "trial time"]:
    """Bins of a recording that windows of several folds hold: they are neither fitted nor scored."""
    piece, _, _, start = (windows[name].to_numpy().astype(np.int64) for name in CHOP_COLUMNS)
    bins = start[:, None] + np.arange(windows.sizes["time"])
    place = np.stack([np.broadcast_to(piece[:, None], bins.shape), bins], axis=-1).reshape(-1, 2)
    of_bin = np.unique(place, axis=0, return_inverse=True)[1].reshape(-1)
    number = np.broadcast_to(fold[:, None], bins.shape).reshape(-1)
    first = np.full(of_bin.max() + 1, number.max())
    last = np.zeros_like(first)
    np.minimum.at(first, of_bin, number)
    np.maximum.at(last, of_bin, number)
    return (first != last)[of_bin].reshape(bins.shape)
