"""What an experiment is: data sets, methods, what is kept of results, a figure, the paper's numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lfads.paper.cells import Found
from lfads.paper.methods import Method, Simulated
from lfads.paper.size import Size
from lfads.results import Posterior


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
        Ours: of seed 0, and of the other seeds.
    reached
        Whether ours of every seed is as good; None where nothing is aimed at.
    """

    what: str
    paper: str
    here: tuple[str, ...]
    reached: bool | None

    def verdict(self, quick: bool) -> str:
        """In a word; nothing of a quick look, whose data are too few to judge by."""
        if self.reached is None or quick:
            return ""
        return "reached" if self.reached else "missed"


class Results:
    """What was kept of every cell that is there, by data set, method and seed."""

    def __init__(
        self, cells: Mapping[tuple[str, str, int], Found], sizes: Mapping[int, Size]
    ) -> None:
        self._cells, self.sizes = cells, sizes

    @property
    def seeds(self) -> tuple[int, ...]:
        """In order; the first is shown in figures."""
        return tuple(self.sizes)

    def __contains__(self, cell: tuple[str, str, int]) -> bool:
        return cell in self._cells

    def of(self, case: str, method: str, seed: int = 0) -> Found:
        """One cell."""
        return self._cells[case, method, seed]

    def number(self, case: str, method: str, name: str, seed: int = 0) -> Any:
        """One number of a cell, or list of numbers."""
        return self._cells[case, method, seed].numbers[name]

    def methods_of(self, case: str, seed: int = 0) -> list[str]:
        """Methods that there are results of."""
        return [method for one, method, of in self._cells if one == case and of == seed]

    def seeds_of(self, case: str, *methods: str) -> Iterator[int]:
        """Seeds of which there are results of all of these methods."""
        return (seed for seed in self.seeds if all((case, m, seed) in self._cells for m in methods))


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

    def methods_of(self, case: str) -> Mapping[str, Method]:
        """Those that are fitted to a case."""
        wanted = self.cases[case].methods
        return self.methods if wanted is None else {name: self.methods[name] for name in wanted}


def claim(
    what: str,
    paper: str,
    numbers: Sequence[float],
    least: float | None = None,
    form: str = "{:.3f}",
) -> Claim:
    """A number, seed by seed, that shall be no less than another.

    >>> claim("R²", "≥ 0.9", [0.95, 0.85], 0.9)
    Claim(what='R²', paper='≥ 0.9', here=('0.950', '0.850'), reached=False)
    """
    reached = None if least is None or not numbers else all(n >= least for n in numbers)
    return Claim(what, paper, tuple(form.format(n) for n in numbers), reached)
