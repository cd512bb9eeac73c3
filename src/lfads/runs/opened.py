"""What runs of networks and of baselines have in common: a place, their data, and scores of results."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.evaluation.scores import Scores, score_dataset
from lfads.files import PathLike
from lfads.results import Posterior
from lfads.runs.beside import beside
from lfads.runs.decoded import check_decodable, with_decoding
from lfads.runs.described import state_of
from lfads.runs.fits import of_these_data
from lfads.runs.inferred import Inferred
from lfads.runs.training_data import Lost, find_training_data
from lfads.storage.run_folder import RunFolder
from lfads.tables import Table, html_of, text_of
from lfads.training.folder import read_summary


class OpenedRun(ABC):
    """A run that was opened.

    Parameters
    ----------
    folder
        Of the run.
    dataset
        The training data, if they are at hand; otherwise they are read again by their path.

    Attributes
    ----------
    folder
        On this machine; for a run that is kept elsewhere a copy, which lasts as long as this object.
    """

    def __init__(self, folder: PathLike, dataset: Dataset | None = None) -> None:
        self.folder = Path(folder)
        self._dataset = dataset
        self._kept: RunFolder | None = None  # longer than the folder on this machine is needed

    def __repr__(self) -> str:
        said = text_of(lambda: state_of(self.folder, self.summary))
        return f"{type(self).__name__}({self.place!r}: {said})"

    def _repr_html_(self) -> str:
        return html_of(type(self).__name__, lambda: [Table(self.rows())])

    @abstractmethod
    def rows(self) -> list[tuple[str, str]]:
        """Label and value of each line that `lfads show` prints of the run."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """The same as JSON values: numbers, lists and texts by name."""

    @property
    def place(self) -> str:
        """Where users find the run: its folder, or the address at which it is kept."""
        return str(self.folder) if self._kept is None else self._kept.name_of(self.folder)

    @property
    @abstractmethod
    def data(self) -> Mapping[str, Any]:
        """What the run remembers of its training data: paths, fingerprint, sessions, bin width."""

    @property
    def summary(self) -> dict[str, Any]:
        """How the run ended; empty while it runs."""
        return read_summary(self.folder)

    def training_data(self) -> Dataset:
        """The data that the run was trained on, read again by their path if need be.

        Raises
        ------
        UserError
            If they are not where they were, or have changed.
        """
        found = self._find_training_data()
        if isinstance(found, Lost):
            raise UserError(f"{found.reason}: {found.advice}")
        return found

    def training_data_if_there(self) -> Dataset | None:
        """The data that the run was trained on, or None if they cannot be read again."""
        found = self._find_training_data()
        return None if isinstance(found, Lost) else found

    def _find_training_data(self) -> Dataset | Lost:
        """The data that the run was trained on, or why they cannot be read again."""
        if self._dataset is None:
            found = find_training_data(self.data, self.place)
            if isinstance(found, Lost):
                return found
            self._dataset = found
        return self._dataset

    @abstractmethod
    def infer(
        self,
        dataset: Dataset | None = None,
        *,
        num_samples: int = 50,
        ensemble: int = 1,
        progress: bool = True,
    ) -> Posterior:
        """Results of every trial; of the training data by default."""

    def _best_and_averaged(
        self,
        dataset: Dataset | None = None,
        *,
        num_samples: int = 50,
        ensemble: int,
        progress: bool = True,
    ) -> Inferred:
        """Results of the best member of a search alone, and with rates averaged over several.

        Parameters
        ----------
        dataset, num_samples, ensemble, progress
            As in `infer`.
        """
        posterior = self.infer(
            dataset, num_samples=num_samples, ensemble=ensemble, progress=progress
        )
        return Inferred(posterior, posterior)

    def evaluate(
        self,
        dataset: Dataset | None = None,
        *,
        posterior: Posterior | None = None,
        baselines: bool = True,
        decode: str | Sequence[str] = (),
        progress: bool = True,
    ) -> Scores:
        """Scores by split: nats, gain over constant rates, and R² against what a simulation knows.

        Parameters
        ----------
        dataset
            The training data by default.
        posterior
            Results on these data; inferred if not given.
        baselines
            Whether to score smoothed spikes, PSTHs and constant rates on the same trials, which are fitted
            to the data's training trials. Their scores are kept in the run's folder.
        decode
            Behaviour to decode, one series or several by name: `decoding` of the scores has R² of trials
            that were left out, from rates, factors and smoothed spikes.
        progress
            As in `infer`.

        Raises
        ------
        UserError
            If there is no such behaviour.
        """
        dataset = self.training_data() if dataset is None else dataset
        names = (decode,) if isinstance(decode, str) else tuple(decode)
        if names:
            check_decodable(names, dataset)  # before the work
        if posterior is None:
            posterior = self.infer(dataset, progress=progress)
        else:
            posterior = of_these_data(posterior, dataset)
        scores = score_dataset(dataset, posterior.sessions)
        if names:
            scores = with_decoding(scores, names, posterior, dataset)
        return self._with_baselines(scores, dataset, posterior) if baselines else scores

    def _with_baselines(self, scores: Scores, dataset: Dataset, posterior: Posterior) -> Scores:
        if dataset.kind != "counts":
            return replace(scores, notes=(*scores.notes, "no baselines: they predict spike counts"))
        found = beside(self.folder, dataset, posterior, without=self._is_baseline)
        if self._kept is not None:
            try:
                self._kept.push()
            except UserError as error:  # a run that may only be read
                warnings.warn(f"scores of baselines are not kept: {error}", stacklevel=3)
        return replace(scores, baselines=found)

    @property
    def _is_baseline(self) -> str:
        """The baseline that this is a run of; empty for a network."""
        return ""

    def report(
        self,
        dataset: Dataset | None = None,
        *,
        posterior: Posterior | None = None,
        out: PathLike | None = None,
        num_samples: int = 50,
        ensemble: int = 1,
        baselines: bool = True,
        progress: bool = True,
        overwrite: bool = False,
    ) -> Path:
        """Write a page with figures; returns its path.

        Parameters
        ----------
        dataset
            The training data by default.
        posterior
            Results on these data; inferred if not given.
        out
            HTML file to write; `report.html` in the run's folder by default.
        num_samples, ensemble
            As in `infer`, where no posterior is given.
        baselines
            As in `evaluate`.
        progress
            As in `infer`.
        overwrite
            Replace a file of another kind at `out`, too.

        Raises
        ------
        UserError
            If there is a file of another kind at `out`. An earlier report is replaced.
        """
        from lfads.report import refuse_other_than_report

        out = None if out is None else Path(out)
        if out is not None:
            refuse_other_than_report(out, overwrite)
        dataset = self.training_data() if dataset is None else dataset
        if posterior is None:
            posterior = self.infer(
                dataset, num_samples=num_samples, ensemble=ensemble, progress=progress
            )
        else:
            posterior = of_these_data(posterior, dataset)
        scores = self.evaluate(dataset, posterior=posterior, baselines=baselines).to_dict()
        written = self._write_report(dataset, posterior, scores, out)
        if self._kept is not None:
            self._kept.push()
        return written

    @abstractmethod
    def _write_report(
        self, dataset: Dataset, posterior: Posterior, scores: dict[str, Any], out: Path | None
    ) -> Path:
        """Write the page of this kind of run."""
