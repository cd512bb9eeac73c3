"""A run of a baseline: infers, evaluates and reports as a trained network does.

Its folder holds `baseline.json` (which baseline, its choices, what it was fitted to), `weights.npz` (plain
arrays), and `summary.json`, `posterior.nc` and `scores.json` as other runs have them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from lfads.baselines.baseline import FittedBaseline, Stored
from lfads.baselines.imported import IMPORTED
from lfads.checks import Problems, UserError
from lfads.data.dataset import Dataset
from lfads.files import PathLike
from lfads.format_versions import check_version
from lfads.formats.npz import arrays_of
from lfads.guarded.fields import checked_record
from lfads.guarded.texts import read_json
from lfads.parts import made_of, part, require_parts
from lfads.paths import printable, regular_file
from lfads.results import Posterior
from lfads.runs.described import rows_of_baseline
from lfads.runs.facts import facts_of_baseline
from lfads.runs.fits import check_bins, check_neurons, fingerprint_of_encoded
from lfads.runs.opened import OpenedRun
from lfads.training.folder import versions
from lfads.training.headers import check_data
from lfads.training.trials import checked_dataset

FILE_NAME, WEIGHTS = "baseline.json", "weights.npz"
FORMAT_VERSION = 1
OF_NETWORKS = ("config", "model", "sample", "stream", "trained")
"""What runs of networks have and those of baselines refuse."""

_FIT_AGAIN = "Fit the baseline again"


@dataclass(frozen=True)
class AboutBaseline:
    """What `baseline.json` says."""

    name: str
    distribution: str
    version: str
    choices: Mapping[str, Any]
    stored: Mapping[str, Any]
    data: Mapping[str, Any]


class BaselineRun(OpenedRun):
    """A run of a baseline: infers, evaluates, and reports, as `Run` does. It has no network.

    Parameters and attributes are those of `OpenedRun`.

    Examples
    --------
    >>> baseline = lfads.fit_baseline("psth", dataset, out=folder / "psth")
    >>> baseline.infer(progress=False).rates.shape
    (50, 12, 5)
    """

    @cached_property
    def about(self) -> Mapping[str, Any]:
        """What `baseline.json` says.

        Raises
        ------
        UserError
            If it is damaged, or of another version of its layout.
        """
        path = self.folder / FILE_NAME
        about = read_json(path, _FIT_AGAIN)
        check_version(
            printable(path), about.get("format_version"), FORMAT_VERSION,
            "Fit the baseline again with `lfads.fit_baseline`",
        )  # fmt: skip
        checked_record(AboutBaseline, about, printable(path), _FIT_AGAIN)
        check_data(about["data"], path)
        return about

    def rows(self) -> list[tuple[str, str]]:
        """Label and value of each line that `lfads show` prints of the run."""
        return rows_of_baseline(self.place, self.summary, self.about, self.choices_made())

    def facts(self) -> dict[str, Any]:
        """The same as JSON values: numbers, lists and texts by name."""
        return facts_of_baseline(self.place, self.summary, self.about, dict(self.choices_made()))

    def __dir__(self) -> list[str]:
        """What there is: nothing of networks."""
        return [name for name in object.__dir__(self) if name not in OF_NETWORKS]

    @property
    def name(self) -> str:
        """Of the baseline, as `lfads.parts` knows it."""
        return str(self.about["name"])

    @property
    def _is_baseline(self) -> str:
        return self.name

    @property
    def data(self) -> Mapping[str, Any]:
        """What the run remembers of the data that it was fitted to."""
        return self.about["data"]

    @cached_property
    def _fitted(self) -> FittedBaseline:
        """The baseline as it was fitted; a UserError if its package is not there."""
        found = IMPORTED
        if self.name != IMPORTED.name:
            source = f"{self.about['distribution']} {self.about['version']}"
            require_parts({f"baselines/{self.name}": source}, self.place)
            found = part("baselines", self.name)
        weights = regular_file(self.folder / WEIGHTS, "fit the baseline again")
        baseline = made_of(found, self.about["choices"])
        return baseline.from_arrays(
            Stored(arrays_of(weights, advice=_FIT_AGAIN), self.about["stored"])
        )

    def choices_made(self) -> list[tuple[str, str]]:
        """What was chosen and how it scored, as rows of words."""
        return self._fitted.choices_made()

    def infer(
        self,
        dataset: Dataset | None = None,
        *,
        num_samples: int = 50,
        seed: int = 0,
        generator_states: bool = False,
        ensemble: int = 1,
        refine: int = 0,
        keep_in: PathLike | None = None,
        context_bins: int | None = None,
        progress: bool = True,
    ) -> Posterior:
        """What the baseline infers of every trial.

        Parameters
        ----------
        dataset
            Trials of the same neurons and bin width; those that it was fitted to by default.
        num_samples, seed, progress
            Of networks; they change nothing here, since a baseline draws no samples.
        generator_states, ensemble, refine, keep_in, context_bins
            Of networks; refused.

        Raises
        ------
        UserError
            If the data do not fit the run.
        """
        if generator_states:
            self._no_network("generator states")
        if ensemble != 1:
            self._no_network("ensemble")
        if refine or keep_in is not None:
            self._no_network("posterior to refine")
        if context_bins is not None:
            self._no_network("posterior that bins around a window would change")
        dataset = self.training_data() if dataset is None else dataset
        problems = Problems(
            f"{getattr(dataset, 'source', 'this')} and {self.place} do not fit together"
        )
        check_neurons(checked_dataset(dataset), self.data, problems)
        check_bins(dataset, self.data, problems)
        problems.raise_if_any()
        return results_of(self._fitted, dataset, self.name, Path(self.place).name)

    def _write_report(
        self, dataset: Dataset, posterior: Posterior, scores: dict[str, Any], out: Path | None
    ) -> Path:
        from lfads.report.baseline import write_baseline_report

        return write_baseline_report(
            self.folder, dataset, posterior, about=self.about, summary=self.summary,
            choices=self.choices_made(), scores=scores, out=out,
        )  # fmt: skip

    def _no_network(self, what: str) -> NoReturn:
        raise UserError(
            f"{self.place} is a run of the baseline `{self.name}`, which has no network and so no {what}: "
            "give the run of a trained network"
        )

    @property
    def model(self) -> NoReturn:
        """A baseline has no network: a UserError that says so."""
        self._no_network("weights of one")

    @property
    def trained(self) -> NoReturn:
        """A baseline has no network: a UserError that says so."""
        self._no_network("weights of one")

    @property
    def config(self) -> NoReturn:
        """A baseline has no settings of a network: a UserError that says so."""
        self._no_network("settings of one")

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """A baseline has no epochs."""
        return []

    def sample(self, num_trials: int, *, session: str | None = None, seed: int = 0) -> NoReturn:
        """A baseline has no prior to draw from: a UserError that says so."""
        self._no_network("prior to draw from")

    def shuffle_control(
        self, dataset: Dataset | None = None, *, num_shuffles: int = 19, seed: int = 0
    ) -> NoReturn:
        """A baseline infers no inputs: a UserError that says so."""
        self._no_network("inferred inputs")

    def inputs_needed(self, dataset: Dataset | None = None, *, seed: int = 0) -> dict[str, Any]:
        """Nothing: a baseline infers no inputs."""
        return {}

    def gain_over_without(
        self, without: Any, dataset: Dataset | None = None, *, seed: int = 0
    ) -> NoReturn:
        """A baseline infers no inputs: a UserError that says so."""
        self._no_network("inferred inputs")

    def stream(
        self, *, num_samples: int = 1, seed: int = 0, session: str | None = None
    ) -> NoReturn:
        """A baseline does not infer bin by bin: a UserError that says so."""
        self._no_network("inference bin by bin")


def results_of(fitted: FittedBaseline, dataset: Dataset, name: str, run: str) -> Posterior:
    """What a fitted baseline infers, with the names of baseline and run, and what it is of."""
    found = fitted.infer(dataset)
    return Posterior(
        {
            session.name: found.sessions[session.name].assign_attrs(
                baseline=name,
                run=run,
                source=dataset.source,
                encoded=fingerprint_of_encoded(session, dataset.num_forward_bins),
                versions=json.dumps(versions()),
            )
            for session in dataset.sessions
        }
    )
