"""Demixed axes of single trials: sums over folds, the penalty that other trials choose, and axes.

All that a fit needs of trials are, for each fold and condition, their sum and their number, and, for each
fold, the second moment of bins; so that hundreds of fits, to other trials or shuffled labels, cost little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.analysis.around import Around
from lfads.analysis.nested import folds_of
from lfads.numerics.demixed import Demixed, demixed_of_moments, marginal_parts
from lfads.numerics.threads import one_thread

PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""To choose from, relative to the sum of squares of the averages."""


@dataclass(frozen=True)
class Grid:
    """How conditions cross: names of factors, and how many levels each has; the last varies fastest."""

    names: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def num(self) -> int:
        """Number of conditions."""
        return int(np.prod(self.shape))

    def parts(
        self, averages: Float[np.ndarray, "condition time neuron"]
    ) -> dict[str, Float[np.ndarray, "condition time neuron"]]:
        """What time, factors and their combinations explain of centred averages."""
        found = marginal_parts(averages.reshape(*self.shape, *averages.shape[1:]), self.names)
        return {name: part.reshape(averages.shape) for name, part in found.items()}

    def level_of(self, part: str) -> Int[np.ndarray, " condition"]:
        """Number of each condition's class, where those are told apart that a part tells apart."""
        places = np.unravel_index(np.arange(self.num), self.shape)
        found = np.zeros(self.num, np.int64)
        for name, size, place in zip(self.names, self.shape, places, strict=True):
            if name in part.split(" × "):
                found = found * size + place
        return found


class Sums(NamedTuple):
    """Sums over trials of each fold and condition, and second moments of their bins."""

    total: Float[np.ndarray, "fold condition time neuron"]
    number: Float[np.ndarray, "fold condition"]
    moment: Float[np.ndarray, "fold neuron neuron"]

    @property
    def folds(self) -> list[int]:
        """Their numbers."""
        return list(range(len(self.number)))

    def only(self, folds: Sequence[int]) -> "Sums":
        """Some of the folds, numbered anew."""
        chosen = list(folds)
        return Sums(self.total[chosen], self.number[chosen], self.moment[chosen])

    def without(self, left_out: int) -> "Averages":
        """Averages over the trials of all other folds."""
        return self.some([fold for fold in self.folds if fold != left_out])

    def some(self, folds: Sequence[int]) -> "Averages":
        """Averages over the trials of some folds; a condition without any has the mean of the others."""
        chosen = list(folds)
        number = self.number[chosen].sum(0)
        total = self.total[chosen].sum(0)
        mean = total / np.maximum(number, 1)[:, None, None]
        mean[number == 0] = mean[number > 0].mean(0)
        of_means = np.einsum("c,ctn,ctm->nm", number, mean, mean, optimize=True)
        trials = number.sum()
        free = max(trials - (number > 0).sum(), 1.0)
        return Averages(mean, number, (self.moment[chosen].sum(0) - of_means) / free)


class Averages(NamedTuple):
    """Averages of conditions, the number of their trials, and how single trials scatter about them.

    `scatter` is the covariance of a trial's bins about its average, summed over bins.
    """

    mean: Float[np.ndarray, "condition time neuron"]
    number: Float[np.ndarray, " condition"]
    scatter: Float[np.ndarray, "neuron neuron"]

    @property
    def centre(self) -> Float[np.ndarray, " neuron"]:
        """Of the averages, conditions alike."""
        return self.mean.mean((0, 1))


class Axes(NamedTuple):
    """Demixed axes of each part, and what rates are centred by before."""

    of_part: dict[str, Demixed]
    centre: Float[np.ndarray, " neuron"]


class Normalised(NamedTuple):
    """Softly normalised single trials in folds, and their sums."""

    rates: Float[np.ndarray, "trial time neuron"]
    group: Int[np.ndarray, " trial"]
    fold: Int[np.ndarray, " trial"]
    mean: Float[np.ndarray, " neuron"]
    scale: Float[np.ndarray, " neuron"]
    sums: Sums
    bin_width_s: float

    @classmethod
    def of(cls, found: Around, num_folds: int) -> "Normalised":
        """Folds hold trials of all conditions alike."""
        averages = found.averages()
        scale = found.soft_scale()
        mean = averages.mean((0, 1))
        rates = (found.rates - mean) / scale
        fold = folds_of(len(rates), num_folds, blocks=False, group=found.group)
        with one_thread():
            sums = sums_of(rates, found.group, fold, len(found.labels))
        return cls(rates, found.group, fold, mean, scale, sums, found.bin_width_s)

    @property
    def averages(self) -> Averages:
        """Over all trials."""
        return self.sums.some(self.sums.folds)


def sums_of(
    rates: Float[np.ndarray, "trial time neuron"],
    group: Int[np.ndarray, " trial"],
    fold: Int[np.ndarray, " trial"],
    num_conditions: int,
) -> Sums:
    """Of all trials; moments need no labels, so shuffled ones may bring their own totals (`relabelled`)."""
    moments = np.stack([_moment(rates[fold == n]) for n in range(int(fold.max()) + 1)])
    return relabelled(rates, group, fold, num_conditions, moments)


def relabelled(
    rates: Float[np.ndarray, "trial time neuron"],
    group: Int[np.ndarray, " trial"],
    fold: Int[np.ndarray, " trial"],
    num_conditions: int,
    moment: Float[np.ndarray, "fold neuron neuron"],
) -> Sums:
    """Sums with these labels, where moments are known."""
    shape = (len(moment), num_conditions)
    place = fold * num_conditions + group
    total = np.zeros((len(moment) * num_conditions, *rates.shape[1:]))
    for trial, where in enumerate(place):
        total[where] += rates[trial]
    number = np.bincount(place, minlength=len(total)).astype(np.float64)
    return Sums(total.reshape(*shape, *rates.shape[1:]), number.reshape(shape), moment)


def axes_of(
    averages: Averages, grid: Grid, num_components: int, penalty: float, some: Sequence[str] = ()
) -> Axes:
    """Reduced-rank regression of each part, or of some, on single trials, conditions counted alike."""
    return Axes(Fit.of(averages, grid, some).axes(num_components, penalty), averages.centre)


class Fit(NamedTuple):
    """What axes of any penalty follow from: moments of single trials and parts, and the size of all."""

    crossed: dict[str, Float[np.ndarray, "neuron neuron"]]
    moment: Float[np.ndarray, "neuron neuron"]
    size: float

    @classmethod
    def of(cls, averages: Averages, grid: Grid, some: Sequence[str] = ()) -> "Fit":
        """Of all parts, or of some."""
        centred = averages.mean - averages.centre
        whole, parts = centred.reshape(-1, centred.shape[2]), grid.parts(centred)
        crossed = {name: whole.T @ parts[name].reshape(whole.shape) for name in some or parts}
        return cls(crossed, whole.T @ whole + grid.num * averages.scatter, float((whole**2).sum()))

    def axes(self, num_components: int, penalty: float) -> dict[str, Demixed]:
        """Axes of each part with a penalty, relative to the sum of squares of the averages."""
        held = self.moment + penalty * self.size * np.eye(len(self.moment))
        return demixed_of_moments(self.crossed, held, num_components)


def chosen_penalty(sums: Sums, grid: Grid, num_components: int) -> float:
    """The penalty whose axes rebuild the parts best from single trials that were left out.

    The loss is ‖part - z F'‖² with z from a left-out trial and the part that of the others' averages, mean
    over the trials of a condition, summed over conditions, bins and parts (Kobak et al. 2016).
    """
    loss = np.zeros(len(PENALTIES))
    for left_out in sums.folds:
        rest, own = sums.without(left_out), sums.some([left_out])
        fit, there = Fit.of(rest, grid), own.number > 0
        about = (own.mean - rest.centre)[there].reshape(-1, own.mean.shape[2])
        single = about.T @ about + there.sum() * own.scatter
        parts = grid.parts(rest.mean - rest.centre)
        against = {n: about.T @ parts[n][there].reshape(about.shape) for n in fit.crossed}
        for place, penalty in enumerate(PENALTIES):
            for name, one in fit.axes(num_components, penalty).items():
                rebuilt = one.decoder @ one.encoder.T
                loss[place] += np.sum(rebuilt * (single @ rebuilt - 2 * against[name]))
    return PENALTIES[int(loss.argmin())]


def _moment(rates: np.ndarray) -> np.ndarray:
    rows = rates.reshape(-1, rates.shape[2])
    return rows.T @ rows
