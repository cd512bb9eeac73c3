"""How many latents a session has, and how many bins a method takes together: what predicts best.

Scored are neurons that inference does not see, on trials that were not fitted to, always on the data's own
bins, so that all choices compare.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lfads.baselines.baseline import training_trials
from lfads.baselines.held_back import trials_to_choose_on
from lfads.baselines.latent_method import Arrays, LatentMethod, Trials, cut, trials_of
from lfads.baselines.wider_bins import any_known
from lfads.checks import Problems, UserError, is_whole
from lfads.data.session import Session
from lfads.numerics.means import mean_of_known
from lfads.numerics.poisson import LOWEST_RATE, bits_per_spike

NUM_LATENTS = (1, 2, 3, 5, 8, 12, 20)
"""To choose from."""

FOLDS = 5
"""In which neurons are left out, to be predicted from the others."""

LEAST_GAIN = 1e-3
"""Bits per spike that more latents must bring: less is chance."""


@dataclass(frozen=True, eq=False)
class SessionFit:
    """What was fitted to one session.

    Parameters
    ----------
    learned
        Of the method; without latents, `counts` alone: the expected ones per bin.
    num_latents
        Their number; 0 where none predicts anything.
    scored
        On what was chosen, in words; empty if there was nothing to choose.
    by_number
        Bits per spike by number of latents, as text.
    by_width
        Bits per spike by number of bins that are taken together, as text.
    """

    learned: Arrays
    num_latents: int
    scored: str = ""
    by_number: Mapping[str, float] = field(default_factory=dict)
    by_width: Mapping[str, float] = field(default_factory=dict)


def candidates_of(choice: int | Sequence[int]) -> tuple[int, ...]:
    """Whole numbers to choose from, the smallest first."""
    one = isinstance(choice, int | np.integer)
    return (int(choice),) if one else tuple(sorted(choice))


def check_candidates(problems: Problems, name: str, choice: int | Sequence[int]) -> None:
    """Note what is wrong with numbers to choose from."""
    several = tuple(choice) if isinstance(choice, Sequence | np.ndarray) else (choice,)
    problems.require(
        len(several) > 0 and all(is_whole(one) and one > 0 for one in several),
        f"`{name}=` must be whole numbers above 0; got {choice!r}",
    )


def fit_session(
    methods: Mapping[int, LatentMethod], session: Session, forward: int, numbers: Sequence[int]
) -> SessionFit:
    """Choose and fit for a session: first how many bins together, with a middle number of latents.

    Parameters
    ----------
    methods
        By how many bins they take together.
    session
        Trials of all splits.
    forward
        Bins at the end of each trial that are not encoded.
    numbers
        Of latents to choose from, rising.

    Raises
    ------
    UserError
        If there are no training trials, or none of so many successive known bins.
    """
    training = trials_of(session.take(training_trials(session)), forward)
    methods = _usable(methods, training, session.name)
    if len(methods) == len(numbers) == 1:
        (method,) = methods.values()
        return SessionFit(method.learn(training, numbers[0], to_choose=False), numbers[0])
    some, scored, words = trials_to_choose_on(session)
    held_out = session.held_out_neurons.any()
    words = f"{words}, {'held-out neurons' if held_out else 'neurons left out'}"
    part, used = session.take(scored), trials_of(session.take(some), forward)

    def bits_of(width: int, number: int) -> float:
        method = methods[width]
        if width > 1 and not any_known(used, width):
            return -math.inf  # of the trials that remain for fitting
        learned = method.learn(used, number, to_choose=True)
        return _left_out_score(method, learned, part, forward)

    middle, bits_by_width = numbers[len(numbers) // 2], {}
    if len(methods) > 1:
        bits_by_width = {width: bits_of(width, middle) for width in methods}
    width = max(bits_by_width or methods, key=lambda width: bits_by_width.get(width, 0.0))
    method, by_number = methods[width], {}
    best = (LEAST_GAIN, 0)
    for number in numbers:
        known = bits_by_width.get(width) if number == middle else None
        bits = bits_of(width, number) if known is None else known
        by_number[str(number)] = bits
        if bits > best[0] + (LEAST_GAIN if best[1] else 0.0):
            best = (bits, number)
        elif best[1] and number > 2 * best[1]:
            break  # far more latents than are any good
    number = best[1] if len(numbers) > 1 else numbers[0]
    learned = method.learn(training, number, to_choose=False) if number else _constant(training)
    by_width = {str(width): bits for width, bits in bits_by_width.items()}
    return SessionFit(learned, number, words, by_number if len(numbers) > 1 else {}, by_width)


def _usable(
    methods: Mapping[int, LatentMethod], training: Trials, name: str
) -> Mapping[int, LatentMethod]:
    """Without those that take more bins together than are known of any trial."""
    usable = {w: method for w, method in methods.items() if w == 1 or any_known(training, w)}
    if not usable:
        raise UserError(
            f"`bins_together=` must be fewer bins than {min(methods)} for session `{name}`: no training "
            "trial has that many successive bins in which a neuron is known"
        )
    return usable


def _constant(training: Trials) -> Arrays:
    """Mean counts: what is left without latents."""
    counts = np.where(training.known, training.counts, np.nan)
    mean = np.nan_to_num(mean_of_known(counts, (0, 1)))
    return {"counts": np.maximum(mean, LOWEST_RATE)}


def _left_out_score(method: LatentMethod, learned: Arrays, session: Session, forward: int) -> float:
    """Bits per spike of neurons that inference does not see: held-out ones, or each fold in turn."""
    trials = trials_of(session, forward)
    encoded = np.flatnonzero(~session.held_out_neurons)
    folds = [np.isin(np.arange(session.num_neurons), encoded[k::FOLDS]) for k in range(FOLDS)]
    if session.held_out_neurons.any():
        folds = [session.held_out_neurons]
    rates = np.full(trials.counts.shape, np.nan)
    for fold in folds:
        seen = trials.known & ~(fold | session.held_out_neurons)
        rates[:, :, fold] = method.latents(learned, cut(trials, seen)).counts[:, :, fold]
    chosen = np.logical_or.reduce(folds)
    counts = np.where(trials.known, trials.counts, np.nan)[:, :, chosen]
    bits = bits_per_spike(rates[:, :, chosen], counts)
    return bits if math.isfinite(bits) else -math.inf
