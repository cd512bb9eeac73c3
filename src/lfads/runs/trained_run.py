"""A trained run: infers, evaluates, draws from its prior, reports."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices
from lfads.evaluation.inputs import InputNull
from lfads.evaluation.needed import GainOverWithout, InputsNeeded
from lfads.files import PathLike
from lfads.inference.rate_error import RateError
from lfads.inference.streaming import Stream
from lfads.model.lfads import LFADS
from lfads.results import Posterior
from lfads.runs.described import rows_of_network
from lfads.runs.facts import facts_of_network
from lfads.runs.fits import (
    LARGEST_SEED,
    MOST_SAMPLES,
    check_fits,
    check_whole,
    network_after_training,
    warn_of_places,
)
from lfads.runs.inferred import Inferred, check_asked, inferred_of, warn_of_asked
from lfads.runs.kept_calibration import kept_calibration
from lfads.runs.kept_null import kept_null
from lfads.runs.kept_scores import kept_of_inputs
from lfads.runs.needed import check_without, gain_over_without, inputs_needed
from lfads.runs.opened import OpenedRun
from lfads.runs.rate_errors import rate_errors
from lfads.runs.sampled import drawn_from_prior, driving_inputs
from lfads.runs.shuffled import NUM_SHUFFLES, shuffle_control
from lfads.search.ensemble import other_members
from lfads.terminal.progress import BatchProgress
from lfads.training.folder import TrainedModel, open_trained
from lfads.training.tracking import read_metrics


class Run(OpenedRun):
    """A trained run: infers, evaluates, draws from the prior, and reports.

    Parameters and attributes are those of `OpenedRun`.

    Examples
    --------
    >>> run.config.model.num_factors, len(run.metrics)
    (2, 2)
    >>> run.infer(dataset, num_samples=2, progress=False)
    Posterior('session': 50 trials, 12 bins, 5 neurons; rates, factors, inferred_inputs and 7 more)
    >>> run.sample(3).session.spikes.shape
    (3, 12, 5)
    """

    @cached_property
    def trained(self) -> TrainedModel:
        """Weights, settings, and a description of the training data."""
        configure_devices()
        return open_trained(self.folder)

    def rows(self) -> list[tuple[str, str]]:
        """Label and value of each line that `lfads show` prints of the run; no weights are read."""
        return rows_of_network(self.folder, self.place, self.summary)

    def facts(self) -> dict[str, Any]:
        """The same as JSON values: numbers, lists and texts by name."""
        return facts_of_network(self.folder, self.place, self.summary)

    @property
    def data(self) -> Mapping[str, Any]:
        """What the run remembers of its training data: paths, fingerprint, sessions, bin width."""
        return self.trained.data

    @property
    def config(self) -> RunConfig:
        """Every setting, resolved."""
        return self.trained.config

    @property
    def model(self) -> LFADS:
        """The network at its best weights."""
        return self.trained.model

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """One record an epoch."""
        return read_metrics(self.folder / "metrics.jsonl")

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
        """Posterior averages of every trial.

        Parameters
        ----------
        dataset
            Trials of the same neurons and bin width, one or many; the training data by default.
        num_samples
            Posterior samples that are averaged; of one alone there are no error bars.
        seed
            Of the samples.
        generator_states
            Include the generator's states.
        ensemble
            Members of the search whose rates are averaged, the best ones; all else is that of the best.
        refine
            Steps of Adam up the evidence lower bound of each trial's own posterior, from where the encoders
            left it and with the network fixed; 0 for what the encoders give. 60 are enough. The result has
            `bound` and `bound_gain` of each trial, and no trial's bound is lowered. Held-out neurons and
            forward bins are not seen. Every bin of a refined posterior depends on the whole trial, of
            causal networks too.
        keep_in
            Folder in which finished batches of a refinement are kept, so that the same call goes on after
            one that was broken off; what is in it can be removed afterwards.
        context_bins
            Of windows of a continuous recording: bins before and behind each that are inferred with it,
            where other windows hold them, since the edges of what is inferred together are inferred worst;
            0 for none, a fifth of a window by default. Results are of the windows alone, but for the
            code of the initial condition, which is that of the first bin of the context. Causal networks
            get none.
        progress
            Show on a terminal how many trials are done.

        Raises
        ------
        UserError
            If the data do not fit the run, or there are `keep_in` without `refine`.
        """
        return self._best_and_averaged(
            dataset, num_samples=num_samples, seed=seed, generator_states=generator_states,
            ensemble=ensemble, refine=refine, keep_in=keep_in, context_bins=context_bins,
            progress=progress,
        ).averaged  # fmt: skip

    def _best_and_averaged(
        self,
        dataset: Dataset | None = None,
        *,
        num_samples: int = 50,
        seed: int = 0,
        generator_states: bool = False,
        ensemble: int,
        refine: int = 0,
        keep_in: PathLike | None = None,
        context_bins: int | None = None,
        progress: bool = True,
    ) -> Inferred:
        """What the best member infers, and the same with averaged rates (`infer`); each runs once."""
        check_asked(num_samples, seed, ensemble, refine, keep_in, context_bins)
        dataset = self.training_data() if dataset is None else dataset
        check_fits(dataset, self.trained, self.place)
        warn_of_places(dataset, self.model, self.data.get("fingerprint", ""), self.place)
        warn_of_asked(num_samples, refine, self.config.model.causal, self.place)
        others = other_members(self.folder, ensemble - 1) if ensemble > 1 else ()
        return inferred_of(
            dataset, self.trained, Path(self.place).name, others=others,
            num_samples=num_samples, seed=seed, generator_states=generator_states, refine=refine,
            keep_in=None if keep_in is None else Path(keep_in), context_bins=context_bins,
            errors=self._rate_errors(dataset),
            progress=BatchProgress() if progress else None,
        )  # fmt: skip

    def _rate_errors(self, dataset: Dataset) -> Mapping[str, RateError]:
        """What spreads of these data lack, measured on the training data if they can be read again."""
        return rate_errors(self.folder, dataset, self.trained, self.training_data_if_there)

    def shuffle_control(
        self, dataset: Dataset | None = None, *, num_shuffles: int = NUM_SHUFFLES, seed: int = 0
    ) -> Mapping[str, InputNull]:
        """What inferred inputs cost, and what they cost on shuffled trials, by session.

        Each neuron's trials are permuted among those of the same condition and length, which leaves
        averages as they are. An input whose divergence from its prior does not exceed the highest of
        shuffled trials says nothing of single trials. Validation trials count, or test trials.

        Parameters
        ----------
        dataset
            The training data by default.
        num_shuffles
            How often; the highest of 19 is exceeded by chance once in 20 times.
        seed
            Of the shuffles.

        Raises
        ------
        UserError
            If the data do not fit the run.
        """
        check_whole("num_shuffles", num_shuffles, 1, MOST_SAMPLES)
        check_whole("seed", seed, 0, LARGEST_SEED)
        dataset = self.training_data() if dataset is None else dataset
        check_fits(dataset, self.trained, self.place)
        return shuffle_control(dataset, self.trained, num_shuffles=num_shuffles, seed=seed)

    def inputs_needed(
        self, dataset: Dataset | None = None, *, seed: int = 0
    ) -> Mapping[str, InputsNeeded]:
        """What inferred inputs do for samples that the encoders do not see, and for factors, by session.

        Parts of each validation trial are hidden from the encoders in turn and predicted, with all
        inputs and with each at 0. That says how much this network uses them; whether the data need any,
        `gain_over_without` tells. Test trials count where there are no validation trials. Empty for a
        network that infers no inputs.

        Parameters
        ----------
        dataset
            The training data by default.
        seed
            Of what is hidden, posterior samples and bootstrap.

        Raises
        ------
        UserError
            If the data do not fit the run.
        """
        check_whole("seed", seed, 0, LARGEST_SEED)
        dataset = self.training_data() if dataset is None else dataset
        check_fits(dataset, self.trained, self.place)
        return inputs_needed(dataset, self.trained, seed=seed)

    def gain_over_without(
        self, without: "Run", dataset: Dataset | None = None, *, seed: int = 0
    ) -> Mapping[str, GainOverWithout]:
        """The gain over a network that was trained without inferred inputs, by session.

        Both predict the same samples, which their encoders do not see.

        Parameters
        ----------
        without
            A run on the same data with `num_inferred_inputs` 0, all else alike.
        dataset
            The training data by default.
        seed
            As in `inputs_needed`.

        Raises
        ------
        UserError
            If the data do not fit the runs, or the other is of a baseline, infers inputs or was trained on
            other data.
        """
        check_whole("seed", seed, 0, LARGEST_SEED)
        dataset = self.training_data() if dataset is None else dataset
        check_fits(dataset, self.trained, self.place)
        check_without(self.trained, self.place, without.trained, without.place)
        name = Path(without.place).name
        return gain_over_without(dataset, self.trained, without.trained, name, seed=seed)

    def sample(self, num_trials: int, *, session: str | None = None, seed: int = 0) -> Dataset:
        """Draw trials from the prior, spikes or signals, with their rates, factors and inputs as the truth.

        A network with external inputs is driven by those of the training trials, in turn; slow offsets are
        those of the last.

        Parameters
        ----------
        num_trials
            Trials to draw.
        session
            Whose neurons to draw for, by name, if the run has several.
        seed
            Of the draw.

        Raises
        ------
        UserError
            If there is no such session.
        """
        network = network_after_training(session, self.trained, self.place)
        check_whole("num_trials", num_trials, 1, MOST_SAMPLES)
        check_whole("seed", seed, 0, LARGEST_SEED)
        driving = driving_inputs(self.trained, self.training_data, num_trials, session)
        return drawn_from_prior(network, self.trained, num_trials, seed, driving, self.place)

    def stream(self, *, num_samples: int = 1, seed: int = 0, session: str | None = None) -> Stream:
        """Inference bin by bin, for causal networks: `stream.step(counts)` while a trial goes on.

        Parameters
        ----------
        num_samples
            Posterior samples that are averaged; 0 for one pass at their means, without noise.
        seed
            Of the samples. Trial by trial the numbers are those of `infer` with this seed.
        session
            Whose neurons come, by name, if the run has several; slow offsets are those of its last trial.

        Raises
        ------
        UserError
            If the network looks at later bins, or there is no such session.
        """
        check_whole("num_samples", num_samples, 0, MOST_SAMPLES)
        check_whole("seed", seed, 0, LARGEST_SEED)
        network = network_after_training(session, self.trained, self.place)
        return Stream(network, self.data["bin_width_s"], num_samples=num_samples, seed=seed)

    def _write_report(
        self, dataset: Dataset, posterior: Posterior, scores: dict[str, Any], out: Path | None
    ) -> Path:
        from lfads.report import write_report

        if dataset.fingerprint() == self.data["fingerprint"]:
            scores = {**kept_of_inputs(self.folder), **scores}
        return write_report(
            self.folder, dataset, posterior, metrics=self.metrics, summary=self.summary,
            config=self.config, scores=scores, out=out,
            structure=kept_null(self.folder, dataset),
            calibration=kept_calibration(self.folder),
        )  # fmt: skip
