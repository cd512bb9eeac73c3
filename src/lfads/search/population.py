"""Population-based training as pure functions: who is replaced by whom, and what changes then.

Scores are validation nats per sample: lower is better, and one that is not finite always loses. All
randomness comes from a NumPy generator that is given.

References: Jaderberg et al. 2017, arXiv:1711.09846; Keshtkaran et al. 2022, Nature Methods 19:1572.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from lfads.config import SearchRange

Scores = Float[np.ndarray, " member"]
Values = Mapping[str, Float[np.ndarray, " member"]]
"""Hyperparameters by name, one value a member."""

MOST_TRIES = 99
LEAST_SHARE = 0.002
"""Of the width: the smallest perturbation."""

TRUNCATED_SHARE = 0.2


def tournament(scores: Scores, rng: np.random.Generator) -> Int[np.ndarray, " member"]:
    """Whose state each member goes on with: its own, or that of the one other it met, if that is better.

    >>> tournament(np.array([1.0, 2.0]), np.random.default_rng(0))
    array([0, 0])
    """
    members = np.arange(len(scores))
    if len(members) < 2:
        return members
    met = (members + rng.integers(1, len(members), len(members))) % len(members)
    ranked = comparable(scores)
    return np.where(ranked[met] < ranked, met, members)


def truncation(
    scores: Scores, rng: np.random.Generator, share: float = TRUNCATED_SHARE
) -> Int[np.ndarray, " member"]:
    """Whose state each member goes on with: the worst share takes over from members of the best.

    >>> truncation(np.array([3.0, 1.0, 2.0, 9.0, 4.0]), np.random.default_rng(0))
    array([0, 1, 2, 1, 4])
    """
    ranked = comparable(scores)
    source = np.arange(len(scores))
    number = max(1, int(share * len(scores))) if len(scores) > 1 else 0
    order = np.argsort(ranked, kind="stable")
    best, worst = order[:number], order[len(order) - number :]
    for member in worst:
        better = rng.choice(best)
        if ranked[better] < ranked[member]:
            source[member] = better
    return source


def comparable(scores: Scores) -> Scores:
    """Scores with infinity where they are not finite."""
    return np.where(np.isfinite(scores), scores, np.inf)


def draw(
    range_: SearchRange, number: int, rng: np.random.Generator, *, from_start: bool = True
) -> Float[np.ndarray, " member"]:
    """First values: the start if there is one and it is wanted, else draws from the law."""
    if from_start and range_.start is not None:
        return np.full(number, range_.start)
    if range_.law == "uniform":
        return rng.uniform(range_.low, range_.high, number)
    return np.exp(rng.uniform(np.log(range_.low), np.log(range_.high), number))


def perturb(value: float, range_: SearchRange, rng: np.random.Generator) -> float:
    """The value times exp(±U[log(1 + 0.002 w), log(1 + w)]), as likely up as down.

    Where limits are enforced it is drawn again until it lies inside, and clipped after 99 tries.
    """
    least, most = np.log1p(LEAST_SHARE * range_.width), np.log1p(range_.width)
    changed = value
    for _ in range(MOST_TRIES):
        changed = float(value * np.exp(rng.choice((-1.0, 1.0)) * rng.uniform(least, most)))
        if not range_.enforced or range_.low <= changed <= range_.high:
            return changed
    return float(np.clip(changed, range_.low, range_.high))


def explore(
    values: Values,
    source: Sequence[int] | Int[np.ndarray, " member"],
    space: Mapping[str, SearchRange],
    rng: np.random.Generator,
    *,
    resample: bool = False,
) -> dict[str, Float[np.ndarray, " member"]]:
    """Hyperparameters of the next generation: those replaced take their source's and change them.

    Members that go on with their own state keep theirs.
    """
    source = np.asarray(source)
    explored = {name: np.array(column) for name, column in values.items()}
    for member in np.flatnonzero(source != np.arange(len(source))):
        for name, column in sorted(values.items()):  # the order of draws is part of the search
            taken = float(column[source[member]])
            if name in space and resample:
                taken = float(draw(space[name], 1, rng, from_start=False)[0])
            elif name in space:
                taken = perturb(taken, space[name], rng)
            explored[name][member] = taken
    return explored


def has_converged(
    best_scores: Sequence[float], min_improvement: float, patience_generations: int
) -> bool:
    """Whether the best score improved by no more than a relative amount over some generations.

    >>> has_converged([1.0, 0.9, 0.9, 0.9], 5e-4, 2)
    True
    >>> has_converged([1.0, 0.9, 0.9, 0.8], 5e-4, 2)
    False
    """
    if len(best_scores) <= patience_generations:
        return False
    before, now = best_scores[-1 - patience_generations], best_scores[-1]
    return bool(np.isfinite(now) and before - now <= min_improvement * abs(before))
