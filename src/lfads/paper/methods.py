"""What is fitted in an experiment: LFADS, an opponent, or a ceiling that knows the simulated system."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from lfads.baselines.baseline import choices_of
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.data.dataset import Dataset
from lfads.numerics.threads import one_thread
from lfads.paper.cells import fit_key
from lfads.paper.code import code_of
from lfads.paper.size import Size
from lfads.paper.trials import fewer_trials
from lfads.parts import made
from lfads.results import Posterior
from lfads.runs.train import trained_to_the_end
from lfads.runs.trained_run import Run
from lfads.training.folder import is_done


class Simulated(NamedTuple):
    """A data set, and the system that made it, for those who may know it."""

    dataset: Dataset
    system: Any = None


class Fitted(NamedTuple):
    """Results, for how many seconds they were fitted and inferred (all tries), and what was chosen."""

    posterior: Posterior
    seconds: float
    chosen: Mapping[str, Any] = {}


@runtime_checkable
class Method(Protocol):
    """Gives results of a data set."""

    def settings(self, size: Size, seed: int) -> Mapping[str, Any]:
        """All that results depend on beside the data and this library, in plain values."""
        ...

    def results(
        self, given: Simulated, size: Size, seed: int, folder: Path, progress: bool
    ) -> Fitted:
        """Fit and infer. What takes long is kept in folders whose names begin so, and goes on there."""
        ...


@dataclass(frozen=True)
class LFADS:
    """LFADS with its defaults, but for some settings.

    Parameters
    ----------
    choices
        Tables of settings, where they shall not be the defaults.
    num_samples
        Of the posterior, that results are averages of.
    refine
        Steps that each trial's posterior is refined by, with the network fixed.
    """

    choices: Mapping[str, Any] = field(default_factory=dict)
    num_samples: int = 50
    refine: int = 0

    def settings(self, size: Size, seed: int) -> Mapping[str, Any]:
        """Every setting that does not follow from the data."""
        refined = {"refine": self.refine} if self.refine else {}
        return {**self._config(size, seed).to_dict(), "num_samples": self.num_samples, **refined}

    def results(
        self, given: Simulated, size: Size, seed: int, folder: Path, progress: bool
    ) -> Fitted:
        """Train, or go on training, and infer."""
        run = self.trained(given.dataset, size, seed, folder, progress=progress)
        began = time.monotonic()
        posterior = run.infer(
            given.dataset, num_samples=self.num_samples, refine=self.refine, progress=progress
        )
        return Fitted(posterior, run.summary["seconds"] + time.monotonic() - began)

    def trained(
        self, dataset: Dataset, size: Size, seed: int, folder: Path, *, progress: bool
    ) -> Run:
        """The network in a folder whose name begins so; trained, or trained on, if it is not done.

        One that was trained for another experiment on the same data with the same settings will do.
        """
        config, own = self._config(size, seed), self.folder_of(dataset, size, seed, folder)
        folder = self.found(dataset, size, seed, folder) or own
        return trained_to_the_end(dataset, config, folder, progress=progress)

    def found(self, dataset: Dataset, size: Size, seed: int, folder: Path) -> Path | None:
        """Where such a network is that is done, trained for whatever experiment; None if there is none."""
        own = self.folder_of(dataset, size, seed, folder)
        alike = sorted(own.parent.glob(f"*-{own.name.rpartition('-')[2]}"))
        return next((each for each in alike if is_done(each)), None)

    def folder_of(self, dataset: Dataset, size: Size, seed: int, folder: Path) -> Path:
        """Where its network is: a folder whose name begins so, with a digest of data and settings."""
        key = fit_key(dataset, self._config(size, seed).to_dict())
        return folder.with_name(f"{folder.name}-{key}")

    def _config(self, size: Size, seed: int) -> RunConfig:
        tables = merge({"training": size.training()}, self.choices, {"seed": seed})
        return RunConfig.from_dict(tables)


REFINED, REFINE_STEPS = "LFADS refined", 60
UNGATED = "LFADS without gates"
"""Its generator is `vanilla_rnn`, in which an input acts at once."""

OURS: Mapping[str, Method] = {"LFADS": LFADS(), REFINED: LFADS(refine=REFINE_STEPS)}
"""One network with its defaults: as its encoders give results, and refined trial by trial."""


@dataclass(frozen=True)
class LFADSAlone:
    """LFADS with a network of its own for each session.

    Parameters
    ----------
    choices
        As of `LFADS`.
    """

    choices: Mapping[str, Any] = field(default_factory=dict)

    def settings(self, size: Size, seed: int) -> Mapping[str, Any]:
        """Those of each network."""
        return {"alone": True, **LFADS(self.choices).settings(size, seed)}

    def results(
        self, given: Simulated, size: Size, seed: int, folder: Path, progress: bool
    ) -> Fitted:
        """Train and infer session by session."""
        found, seconds = {}, 0.0
        for session in given.dataset.sessions:
            own = Simulated(dataclasses.replace(given.dataset, sessions=(session,)))
            place = folder / session.name
            one = LFADS(self.choices).results(own, size, seed, place, progress)
            found |= one.posterior.sessions
            seconds += one.seconds
        return Fitted(Posterior(found), seconds)


@dataclass(frozen=True)
class Opponent:
    """A baseline by name, with its choices.

    Parameters
    ----------
    name
        One of those that `lfads parts baselines` lists.
    choices
        Parameters of the baseline, where they shall not be its defaults.
    most_trials
        That it is fitted to; None for all. Results are of all trials.
    fewer
        The parameter that says for how many rounds it is fitted, where a quick look shall have fewer.
    """

    name: str
    choices: Mapping[str, Any] = field(default_factory=dict)
    most_trials: int | None = None
    fewer: str | None = None

    def settings(self, size: Size, seed: int) -> Mapping[str, Any]:
        """Its choices."""
        chosen = choices_of(made("baselines", self.name, self._choices(size)))
        return {
            "baseline": self.name, "choices": chosen, "most_trials": self.most_trials,
            "code": code_of(type(made("baselines", self.name, {})), ("lfads.baselines",)),
        }  # fmt: skip

    def results(
        self, given: Simulated, size: Size, seed: int, folder: Path, progress: bool
    ) -> Fitted:
        """Fit and infer; nothing is kept."""
        began = time.monotonic()
        with one_thread():
            baseline = made("baselines", self.name, self._choices(size))
            fitted = baseline.fit(fewer_trials(given.dataset, self.most_trials))
            posterior = fitted.infer(given.dataset)
        about = {"chosen": dict(fitted.choices_made()), "most_training_trials": self.most_trials}
        return Fitted(posterior, time.monotonic() - began, about)

    def _choices(self, size: Size) -> dict[str, Any]:
        if size.most_rounds is None or self.fewer is None:
            return dict(self.choices)
        return {**self.choices, self.fewer: size.most_rounds}


@dataclass(frozen=True)
class Ceiling:
    """What can be told from the spikes by one who knows the system.

    Parameters
    ----------
    estimate
        From a data set, its system and a seed: results of some of the trials, whose truth it does not look
        at.
    """

    estimate: Callable[[Dataset, Any, int], Posterior]

    def settings(self, size: Size, seed: int) -> Mapping[str, Any]:
        """Which one."""
        name = f"{self.estimate.__module__}.{self.estimate.__qualname__}"
        return {"ceiling": name, "seed": seed, "code": code_of(self.estimate)}

    def results(
        self, given: Simulated, size: Size, seed: int, folder: Path, progress: bool
    ) -> Fitted:
        """Estimate."""
        began = time.monotonic()
        with one_thread():
            posterior = self.estimate(given.dataset, given.system, seed)
        return Fitted(posterior, time.monotonic() - began)
