"""The end of a population search: learning rates fall along a cosine, and no member is replaced.

While members are compared their learning rates stay, so that settings decide and not how far a rate has
fallen; weights that jump about the optimum are then worse than those of a training whose rate falls.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lfads.config import SearchConfig
from lfads.search.population import has_converged
from lfads.training.schedules import cosine


@dataclass(frozen=True)
class Finish:
    """The last generations of a search.

    Parameters
    ----------
    after
        So many generations in which members were compared.
    generations
        Of the finish.
    why
        Members were compared often enough: `num_generations`, `max_hours` or `converged`.
    budget
        Generations or hours that were to be had then; a search that is resumed with more goes on.
    """

    after: int
    generations: int
    why: str
    budget: float = 0.0

    def is_over(self, done: int) -> bool:
        """Whether it is, after so many generations."""
        return done >= self.after + self.generations


def finish_length(search: SearchConfig) -> int:
    """Generations of the finish: at most half of all.

    >>> finish_length(SearchConfig(num_generations=3, finish_generations=2))
    1
    """
    return min(search.finish_generations, search.num_generations // 2)


def finish_due(
    search: SearchConfig, done: int, seconds: float, best_scores: Sequence[float]
) -> Finish | None:
    """The finish, if members were compared often enough: what is left of a budget is for it.

    Parameters
    ----------
    search
        Its budgets.
    done, seconds
        Generations, and how long they took.
    best_scores
        After each of them.
    """
    length = finish_length(search)
    hours = math.inf if search.max_hours is None else search.max_hours
    if done + length >= search.num_generations:
        left = max(search.num_generations - done, 0)
        return Finish(done, left, "num_generations", float(search.num_generations))
    if seconds * (1 + length / max(done, 1)) >= 3600 * hours:
        return Finish(done, length, "max_hours", hours)
    if has_converged(best_scores, search.min_improvement, search.patience_generations):
        return Finish(done, length, "converged")
    return None


def has_more(finish: Finish, search: SearchConfig) -> bool:
    """Whether there is a larger budget than the one that it was the end of."""
    now = {"num_generations": search.num_generations, "max_hours": search.max_hours or math.inf}
    return now.get(finish.why, -math.inf) > finish.budget


def rate_factors(
    finish: Finish | None, search: SearchConfig, generation: int, epochs: range, final: float
) -> list[float]:
    """What learning rates are multiplied by in the epochs of a generation.

    Parameters
    ----------
    finish, search
        That the generation may belong to.
    generation, epochs
        Counted from 1.
    final
        Share of the learning rate that the cosine ends at.
    """
    if finish is None:
        return [1.0] * len(epochs)
    whole = finish.generations * search.epochs_per_generation
    before = (generation - 1 - finish.after) * search.epochs_per_generation
    return [cosine((before + k) / whole, final) for k in range(len(epochs))]
