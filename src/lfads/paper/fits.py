"""Fits that experiments need, in their order, and what is kept of each, from its file or computed now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lfads.data.dataset import Dataset
from lfads.paper.cells import Found, read_found, score_key, write_found
from lfads.paper.experiment import Case, Experiment
from lfads.paper.methods import Simulated
from lfads.paper.size import Size

Say = Callable[[str], None]


@dataclass(frozen=True)
class Fit:
    """One method on one data set of one seed.

    Parameters
    ----------
    name
        Of the experiment.
    experiment, case, method, seed, size
        What is fitted to what.
    given
        The data, simulated when they are first asked for.
    """

    name: str
    experiment: Experiment
    case: str
    method: str
    seed: int
    size: Size
    given: Callable[[], Simulated]

    @property
    def key(self) -> tuple[str, str, int]:
        """Among the results of its experiment."""
        return self.case, self.method, self.seed

    def digest(self) -> str:
        """Of all that its numbers depend on. The data are simulated for it."""
        return score_key(self.given().dataset, self._settings, self.experiment.keep)

    def found(self, out: Path, say: Say, *, progress: bool) -> Found:
        """What is kept of it; fitted, if nothing is kept in `out` that depends on the same."""
        place = out / "kept" / f"{self._file}-{self.digest()}"
        if (kept := read_found(place)) is not None and "seconds" in kept.numbers:
            say(f"{self.words}: kept")
            return kept
        say(f"{self.words} …")
        method, given = self.experiment.methods[self.method], self.given()
        folder = out / "networks" / self._file
        fitted = method.results(given, self.size, self.seed, folder, progress)
        kept = self.experiment.keep(given, fitted.posterior)
        about = {
            "size": self.size.name,
            "seconds": round(fitted.seconds, 1),
            "lfads": version("lfads"),
        }
        kept = Found(
            {**kept.numbers, **fitted.chosen, **trials_of(given.dataset), **about}, kept.arrays
        )
        write_found(place, kept)
        say(f"{self.words}: {fitted.seconds:.0f} s")
        return kept

    @property
    def _settings(self) -> Mapping[str, Any]:
        return self.experiment.methods[self.method].settings(self.size, self.seed)

    @property
    def _file(self) -> str:
        return f"{self.name}-{self.case}-{self.method}-seed{self.seed}-{self.size.name}"

    @property
    def words(self) -> str:
        """For progress."""
        case = (
            "" if len(self.experiment.cases) == 1 else f", {self.experiment.cases[self.case].title}"
        )
        return f"{self.name}{case}, seed {self.seed} ({self.size.name}): {self.method}"


def trials_of(dataset: Dataset) -> dict[str, int]:
    """How many trials there are, of all sessions."""
    number = {
        split: sum(int(session.of_split(split).sum()) for session in dataset.sessions)
        for split in ("train", "valid")
    }
    return {"num_training": number["train"], "num_validation": number["valid"]}


def fits_of(chosen: Mapping[str, Experiment], sizes: Mapping[int, Size]) -> Iterator[Fit]:
    """Every fit: seed by seed, so that each experiment has numbers of the first one early."""
    for seed, size in sizes.items():
        for name, experiment in chosen.items():
            for case, about in experiment.cases.items():
                given = _once(about, seed, size)
                for method in experiment.methods_of(case):
                    yield Fit(name, experiment, case, method, seed, size, given)


def _once(case: Case, seed: int, size: Size) -> Callable[[], Simulated]:
    made: list[Simulated] = []

    def given() -> Simulated:
        if not made:
            made.append(case.simulate(seed, size))
        return made[0]

    return given
