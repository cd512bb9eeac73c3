"""What left-out trials say of demixed components: whether courses repeat, and tell classes apart."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from lfads.analysis.classes import accuracy, lasting
from lfads.analysis.demixing import Grid, Normalised, Sums, axes_of, relabelled
from lfads.numerics.means import mean_of_known
from lfads.numerics.regression import r_squared


class Told(NamedTuple):
    """How often classes are found in each bin, the best of shuffles, and where it is more."""

    accuracy: Float[np.ndarray, "part component time"]
    best_shuffled: Float[np.ndarray, "part component time"]
    significant: Bool[np.ndarray, "part component time"]
    num_shuffles: int


def told_apart(
    trials: Normalised, grid: Grid, num: int, penalty: float, *, num_shuffles: int, seed: int
) -> Told:
    """Accuracy of classes in each bin, and the best of shuffles; of `time`, which has none, NaN."""
    own = accuracies(trials, trials.sums, trials.group, grid, num, penalty)
    rng, best = np.random.default_rng(seed), np.full_like(own, -np.inf)
    for _ in range(num_shuffles):
        group = rng.permutation(trials.group)
        sums = relabelled(trials.rates, group, trials.fold, grid.num, trials.sums.moment)
        best = np.maximum(best, accuracies(trials, sums, group, grid, num, penalty))
    better = lasting((own > best) & bool(num_shuffles), trials.bin_width_s)
    best = np.where(np.isfinite(best), best, np.nan)
    none = ((1, 0), (0, 0), (0, 0))
    return Told(
        np.pad(own, none, constant_values=np.nan), np.pad(best, none, constant_values=np.nan),
        np.pad(better, none), num_shuffles,
    )  # fmt: skip


def accuracies(
    trials: Normalised, sums: Sums, group: np.ndarray, grid: Grid, num: int, penalty: float
) -> Float[np.ndarray, "part component time"]:
    """Of left-out trials, whose class is that of the nearest mean of the others' in each component.

    A trial whose class none of the others has is not told.
    A row for each part but `time`.
    """
    found, names = [], list(grid.parts(np.zeros((grid.num, 1, 1))))[1:]
    for left_out in sums.folds:
        rest, own = sums.without(left_out), trials.fold == left_out
        axes, there = axes_of(rest, grid, num, penalty, names), rest.number > 0
        scores = trials.rates[own] @ np.concatenate([axes.of_part[n].decoder for n in names], 1)
        each = []
        for place, name in enumerate(names):
            level, several = grid.level_of(name), slice(place * num, (place + 1) * num)
            means = rest.mean[there] @ axes.of_part[name].decoder
            classes = np.unique(level[there])
            of_class = np.stack([means[level[there] == n].mean(0) for n in classes])
            place_of = np.full(int(level.max()) + 1, -1)  # of a class that no other trial has, none
            place_of[classes] = np.arange(len(classes))
            wanted = place_of[level[group[own]]]
            each.append(accuracy(scores[..., several], wanted, of_class))
        found.append(np.stack(each) * own.sum())
    return np.sum(found, axis=0) / len(group)


def r2_left_out(
    sums: Sums, grid: Grid, num: int, penalty: float
) -> Float[np.ndarray, "part component"]:
    """R² at which averages of left-out trials repeat the course of a component, mean over folds.

    Of folds that have trials of all conditions; NaN if none has, as where a condition has one trial.
    """
    found = [np.full((len(grid.parts(np.zeros((grid.num, 1, 1)))), num), np.nan)]
    for left_out in sums.folds:
        rest, own = sums.without(left_out), sums.some([left_out])
        if not ((own.number > 0) & (rest.number > 0)).all():
            continue
        axes = axes_of(rest, grid, num, penalty)
        before, after = (grid.parts(of.mean - of.centre) for of in (rest, own))
        found.append(np.stack([
            r_squared(after[name] @ one.decoder, before[name] @ one.decoder)
            for name, one in axes.of_part.items()
        ]))  # fmt: skip
    return mean_of_known(np.stack(found), 0)
