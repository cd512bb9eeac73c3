"""What an experiment is: data sets, methods, what is kept of results, a figure, the paper's numbers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from lfads.paper.cells import Found
from lfads.paper.methods import Method, Simulated
from lfads.paper.size import Size
from lfads.results import Posterior

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One data set of an experiment.

    Parameters
    ----------
    title
        In figures and tables.
    simulate
        From a seed and a size, the data with the system that made them.
    methods
        Those that are fitted to it; None for all of the experiment.
    """

    title: str
    simulate: Callable[[int, Size], Simulated]
    methods: tuple[str, ...] | None = None


class Claim(NamedTuple):
    """A number of the paper, or a target, beside ours.

    Parameters
    ----------
    what
        Is measured.
    paper
        What the paper reports, or what was aimed at, in words.
    here
        Ours in words, by seed.
    reached
        Whether ours of every seed is as good; None where nothing is aimed at, or seeds are missing.
    """

    what: str
    paper: str
    here: Mapping[int, str]
    reached: bool | None

    @property
    def verdict(self) -> str:
        """In a word."""
        return "" if self.reached is None else "reached" if self.reached else "missed"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        here = {f"seed {seed}": words for seed, words in self.here.items()}
        return {"what": self.what, "paper": self.paper, "here": here, "reached": self.reached}


class Results:
    """What was kept of every fit that is there, by data set, method and seed."""

    def __init__(
        self, cells: Mapping[tuple[str, str, int], Found], sizes: Mapping[int, Size]
    ) -> None:
        self._cells, self.sizes = cells, sizes

    def __contains__(self, cell: tuple[str, str, int]) -> bool:
        return cell in self._cells

    def of(self, case: str, method: str, seed: int = 0) -> Found:
        """One fit."""
        return self._cells[case, method, seed]

    def number(self, case: str, method: str, name: str, seed: int = 0) -> Any:
        """One number of a fit, or list of numbers."""
        return self.of(case, method, seed).numbers[name]

    def by_seed(self, pick: Callable[..., T], *fits: tuple[str, str]) -> dict[int, T]:
        """What `pick` makes of the numbers of fits (case and method), of each seed that has all of them."""
        return {
            seed: pick(*(self.of(*fit, seed).numbers for fit in fits))
            for seed in self.sizes
            if all((*fit, seed) in self for fit in fits)
        }

    @property
    def trials(self) -> dict[int, str]:
        """How many trials data sets have, in words, by seed."""
        found: dict[int, str] = {}
        for seed in self.sizes:
            own = [one.numbers for (_, _, of), one in self._cells.items() if of == seed]
            each = sorted(
                {(n["num_training"], n["num_validation"]) for n in own if "num_training" in n}
            )
            if each:
                many = [
                    f"{training} training and {valid} validation trials" for training, valid in each
                ]
                found[seed] = many[0] if len(many) == 1 else f"{many[0]} to {many[-1]}"
        return found


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A question of the paper, and how it is put again.

    Parameters
    ----------
    title, figures, about
        Its name in words, the figures of the paper that show it (empty if there are none), and what is
        asked.
    cases, methods
        By name. Every method is fitted to every case that does not say otherwise.
    keep
        What is kept of results.
    claims
        Numbers of the paper beside ours.
    draw, height_in, caption
        The figure: drawn into an empty one of the common width.
    """

    title: str
    figures: str
    about: str
    cases: Mapping[str, Case]
    methods: Mapping[str, Method]
    keep: Callable[[Simulated, Posterior], Found]
    claims: Callable[[Results], Sequence[Claim]]
    draw: Callable[[Any, Results], None]
    height_in: float
    caption: str

    def judged(self, results: Results) -> list[Claim]:
        """Claims of which there are numbers; none is judged by a quick look, or while seeds are missing."""
        found = [one for one in self.claims(results) if one.here]
        if any(size.is_quick for size in results.sizes.values()):
            return [one._replace(reached=None) for one in found]
        seeds = results.sizes.keys()
        return [one if one.here.keys() == seeds else one._replace(reached=None) for one in found]

    def methods_of(self, case: str) -> Mapping[str, Method]:
        """Those that are fitted to a case."""
        wanted = self.cases[case].methods
        return self.methods if wanted is None else {name: self.methods[name] for name in wanted}


def claim(
    what: str,
    paper: str,
    numbers: Mapping[int, float],
    least: float | None = None,
    form: str = "{:.3f}",
    *,
    most: float = math.inf,
) -> Claim:
    """A number, seed by seed, that shall be no less than `least`, if it is given, and no more than `most`.

    >>> claim("R²", "≥ 0.9", {0: 0.95, 1: 0.85}, 0.9)
    Claim(what='R²', paper='≥ 0.9', here={0: '0.950', 1: '0.850'}, reached=False)
    """
    here = {seed: "none" if n != n else form.format(n) for seed, n in numbers.items()}
    reached = None if least is None else all(least <= n <= most for n in numbers.values())
    return Claim(what, paper, here, reached if numbers else None)


def claim_of_each(
    what: str,
    paper: str,
    numbers: Mapping[int, Sequence[float]],
    least: float | None = None,
    form: str = "{:.3f}",
) -> Claim:
    """Several numbers, such as of sessions, seed by seed, none of which shall be less than another.

    >>> claim_of_each("r", "≥ 0.9", {0: [0.95, 0.85]}, 0.9)
    Claim(what='r', paper='≥ 0.9', here={0: '0.950, 0.850'}, reached=False)
    """
    here = {seed: ", ".join(map(form.format, each)) for seed, each in numbers.items()}
    if least is None or not numbers:
        return Claim(what, paper, here, None)
    return Claim(what, paper, here, all(n >= least for each in numbers.values() for n in each))
