"""Behaviour of each fold of trials, decoded by what was fitted to the others.

By ridge regression, or a Kalman filter; what there is to choose is chosen within the other folds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.analysis.behavior import Channels
from lfads.analysis.design import (
    STEPS,
    Decoded,
    Picked,
    Signal,
    forms_of,
    reduced,
    sums_of_trials,
    with_past,
)
from lfads.analysis.nested import Choice, chosen, fitted, known_together
from lfads.checks import UserError, first_of
from lfads.numerics.kalman import fit_kalman_filter, kalman_filtered
from lfads.numerics.means import std_of_known
from lfads.numerics.regression import r_squared

Behavior = Float[np.ndarray, "trial time channel"]
Variants = Sequence[tuple[float, Signal]]
"""A signal by the width of its smoothing in seconds, NaN without."""

MOST_FOR_KALMAN = 30
"""Components that a Kalman filter observes at most: the noise of more is not estimated well."""


@dataclass(frozen=True)
class Trained:
    """What decoders are fitted with.

    Parameters
    ----------
    fold
        Of each trial: it is decoded by what was fitted to the other folds.
    step
        Bins between two values of the past, or two lags.
    num_components
        Numbers of principal components to choose from.
    steps
        Numbers of steps into the past, or of lags, to choose from, ascending.
    usable
        Trials that may be used for fitting; None for all.
    """

    fold: Int[np.ndarray, " trial"]
    step: int
    num_components: Sequence[int]
    steps: Sequence[int] = STEPS
    usable: Bool[np.ndarray, " trial"] | None = None

    def folds(self) -> Iterator[tuple[int, list[Bool[np.ndarray, " trial"]]]]:
        """Each fold, and the trials of every other one that may be used."""
        usable = np.ones(len(self.fold), bool) if self.usable is None else self.usable
        num = int(self.fold.max()) + 1
        for left_out in range(num):
            others = [(self.fold == n) & usable for n in range(num) if n != left_out]
            yield left_out, [trials for trials in others if trials.any()]


def decoded_by_ridge(variants: Variants, behavior: Behavior, trained: Trained) -> Decoded:
    """By a linear map of the signal and its past: of smoothed spikes, a Wiener filter."""
    within = np.isfinite(behavior).any(2)
    predicted, group = np.full(behavior.shape, np.nan), known_together(behavior)
    picked: list[Picked] = []
    for left_out, others in trained.folds():
        here, some_of = trained.fold == left_out, np.any(others, axis=0)
        best: tuple[Picked, np.ndarray] | None = None
        for width, signal in variants:
            components = reduced(signal, within & some_of[:, None], max(trained.num_components))
            design = with_past(components, trained.step, trained.steps[-1])
            forms = forms_of(components.shape[2], trained.num_components, trained.steps)
            candidates = [form.places(components.shape[2]) for form in forms]
            inner = [sums_of_trials(design, behavior, trials, group) for trials in others]
            choice = chosen(inner, candidates)
            if best is None or choice.score > best[0].choice.score:
                some = candidates[choice.candidate]
                weights = fitted(inner, some, choice.penalty)
                values = design[here][:, :, some[1:] - 1] @ weights[:, 1:].T + weights[:, 0]
                best = Picked(width, forms[choice.candidate], choice), values
        picked.append(_found(best)[0])
        predicted[here] = _found(best)[1]
    return Decoded(predicted, picked)


def decoded_by_kalman(variants: Variants, behavior: Behavior, trained: Trained) -> Decoded:
    """By a Kalman filter whose state is the behaviour, and that observes components of the signal.

    Width of the smoothing, number of components and lag are chosen on one of the other folds, by a fit to
    the rest of them. Channels that do not vary, or were not recorded, are no part of the state, and 0.

    Raises
    ------
    UserError
        If no channel varies, or those that do are not known together.
    """
    varies = np.nan_to_num(std_of_known(behavior.reshape(-1, behavior.shape[2]), 0)) > 0
    if not varies.any():
        raise UserError("a Kalman filter needs behaviour that varies")
    if not varies.all():
        of_some = decoded_by_kalman(variants, behavior[:, :, varies], trained)
        whole = np.zeros(behavior.shape)
        whole[:, :, varies] = of_some.predicted
        return of_some._replace(predicted=whole)
    within = np.isfinite(behavior).any(2)
    predicted, picked = np.full(behavior.shape, np.nan), list[Picked]()
    for left_out, others in trained.folds():
        here, some_of = trained.fold == left_out, np.any(others, axis=0)
        inner = others[left_out % len(others)]
        best: tuple[Picked, np.ndarray] | None = None
        for width, signal in variants:
            most = min(max(trained.num_components), MOST_FOR_KALMAN)
            components = reduced(signal, within & some_of[:, None], most)
            for form in forms_of(components.shape[2], _few(trained.num_components), trained.steps):
                seen = _before(
                    components[:, :, : form.num_components], form.num_steps * trained.step
                )
                rest = fit_kalman_filter(behavior[some_of & ~inner], seen[some_of & ~inner])
                r2 = r_squared(behavior[inner], kalman_filtered(rest, seen[inner]))
                score = float(np.mean(r2[np.isfinite(r2)])) if np.isfinite(r2).any() else -np.inf
                if best is None or score > best[0].choice.score:
                    whole = fit_kalman_filter(behavior[some_of], seen[some_of])
                    values = kalman_filtered(whole, seen[here])
                    best = Picked(width, form, Choice(0, np.nan, score)), values
        picked.append(_found(best)[0])
        predicted[here] = _found(best)[1]
    return Decoded(predicted, picked)


def said_of_kalman(error: UserError, channels: Channels, session: str) -> UserError:
    """What a Kalman filter lacked, with the channel and the session that it lacked it in."""
    names, remarks = channels.name, channels.remark
    varying = [k for k, remark in enumerate(remarks) if not remark]
    if not varying:
        of = first_of(f"`{name}` is {why}" for name, why in zip(names, remarks, strict=True))
    else:
        share = np.isfinite(channels.values).mean((0, 1))
        least = min(varying, key=lambda k: share[k])
        of = f"`{names[least]}` is known least, in {100 * share[least]:.3g} % of bins"
    return UserError(
        f"{error} (session `{session}`; {of}): choose channels that were recorded together by `behavior=`"
    )


METHODS = {"ridge": decoded_by_ridge, "kalman": decoded_by_kalman}


def _few(numbers: Sequence[int]) -> list[int]:
    return [min(number, MOST_FOR_KALMAN) for number in numbers]


def _before(signal: Float[np.ndarray, "trial time _"], lag: int) -> np.ndarray:
    """The signal so many bins before; the first bin stands for what was before a trial."""
    return signal[:, np.maximum(np.arange(signal.shape[1]) - lag, 0)]


def _found(best: tuple[Picked, np.ndarray] | None) -> tuple[Picked, np.ndarray]:
    if best is None:
        raise ValueError("nothing to decode from")
    return best
