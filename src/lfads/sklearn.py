"""LFADS with the interface of scikit-learn: `fit`, `transform`, `predict`, `score` on arrays of counts.

It stands in pipelines and searches of scikit-learn where that is installed (`lfads[sklearn]`), and works
without it.
"""

import shutil
import tempfile
import weakref
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lfads.checks import UserError, describe, many
from lfads.config import ModelConfig, RunConfig, TrainingConfig
from lfads.data.companions import shape_of
from lfads.data.dataset import Dataset
from lfads.data.ragged import trials_of_unequal_length
from lfads.hyperparameters import HyperParameterConfig
from lfads.results import Posterior
from lfads.runs.places import open_trained_run
from lfads.runs.train import train
from lfads.runs.trained_run import Run

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.exceptions import NotFittedError
else:
    try:
        from sklearn.base import BaseEstimator, TransformerMixin
        from sklearn.exceptions import NotFittedError
    except ImportError:

        class BaseEstimator:
            """Nothing is needed of it without scikit-learn."""

        class NotFittedError:
            """The same."""

        class TransformerMixin:
            """What scikit-learn gives transformers, as far as it is needed without it."""

            def fit_transform(self, X: Any, y: object = None) -> Any:
                """`fit` and `transform` of the same counts."""
                return self.fit(X).transform(X)


Counts = Any

_TABLES = {
    "model": ModelConfig,
    "training": TrainingConfig,
    "hyperparameters": HyperParameterConfig,
}


class NotFitted(UserError, NotFittedError):
    """An estimator was asked for results before `fit`."""


class LFADSEstimator(TransformerMixin, BaseEstimator):
    """LFADS as a scikit-learn transformer of counts, `trial time neuron`.

    Trials of unequal length may be a list of arrays, `time neuron` each; results are NaN behind their ends.
    Time is counted in bins: rates are counts per bin, so no bin width is needed. Settings that are None
    are derived from the data, or have the defaults of their tables.

    Parameters
    ----------
    num_factors, generator_size, encoder_size, controller_size, num_inferred_inputs
        As in `ModelConfig`.
    num_epochs, batch_size, ramp_epochs, patience_epochs
        As in `TrainingConfig`.
    learning_rate, dropout_rate, coordinated_dropout_rate
        As in `HyperParameterConfig`.
    initial_condition_kl_weight, inferred_input_kl_weight, generator_l2_weight, controller_l2_weight
        As in `HyperParameterConfig`.
    num_samples
        Posterior samples that are averaged.
    seed
        Of everything random.

    Attributes
    ----------
    run_
        The trained `Run`; its folder lives as long as the estimator. Pickles hold it.
    n_features_in_
        Neurons of the counts that it was fitted to.

    Raises
    ------
    UserError
        If a setting or the counts are not what is expected; where it was not fitted before it is asked
        for results, this is scikit-learn's `NotFittedError`, too.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 10, 4))
    >>> estimator = LFADSEstimator(num_factors=2, num_epochs=1, encoder_size=4, generator_size=4,
    ...                            controller_size=4, num_samples=2)
    >>> estimator.fit(counts).transform(counts).shape  # factors
    (20, 10, 2)
    >>> estimator.predict(counts).shape, bool(estimator.score(counts) < 1)  # rates; bits per spike
    ((20, 10, 4), True)
    >>> estimator.fit_transform(counts).shape
    (20, 10, 2)
    """

    def __init__(
        self,
        *,
        num_factors: int | None = None,
        generator_size: int | None = None,
        encoder_size: int | None = None,
        controller_size: int | None = None,
        num_inferred_inputs: int | None = None,
        num_epochs: int | None = None,
        batch_size: int | None = None,
        ramp_epochs: int | None = None,
        patience_epochs: int | None = None,
        learning_rate: float | None = None,
        dropout_rate: float | None = None,
        coordinated_dropout_rate: float | None = None,
        initial_condition_kl_weight: float | None = None,
        inferred_input_kl_weight: float | None = None,
        generator_l2_weight: float | None = None,
        controller_l2_weight: float | None = None,
        num_samples: int = 50,
        seed: int = 0,
    ) -> None:
        self.num_factors = num_factors
        self.generator_size = generator_size
        self.encoder_size = encoder_size
        self.controller_size = controller_size
        self.num_inferred_inputs = num_inferred_inputs
        self.num_epochs = num_epochs
        self.batch_size = batch_size
        self.ramp_epochs = ramp_epochs
        self.patience_epochs = patience_epochs
        self.learning_rate = learning_rate
        self.dropout_rate = dropout_rate
        self.coordinated_dropout_rate = coordinated_dropout_rate
        self.initial_condition_kl_weight = initial_condition_kl_weight
        self.inferred_input_kl_weight = inferred_input_kl_weight
        self.generator_l2_weight = generator_l2_weight
        self.controller_l2_weight = controller_l2_weight
        self.num_samples = num_samples
        self.seed = seed

    def fit(self, X: Counts, y: object = None) -> "LFADSEstimator":
        """Train on counts, `trial time neuron`; every fifth trial validates. `y` counts for nothing."""
        dataset = Dataset.from_arrays(X, bin_width_s=1.0)
        folder = self._new_folder()
        self.run_: Run = train(dataset, self._config(), out=folder, progress=False)
        self.n_features_in_ = dataset.session.num_neurons
        return self

    def transform(self, X: Counts) -> np.ndarray:
        """Posterior mean of the factors, `trial time factor`."""
        return self._posterior(X).factors.values

    def predict(self, X: Counts) -> np.ndarray:
        """Posterior mean of the rates in counts per bin, `trial time neuron`."""
        return self._posterior(X).rates.values

    def score(self, X: Counts, y: object = None) -> float:
        """Bits per spike of the rates inferred from the counts."""
        from lfads.numerics.poisson import bits_per_spike

        rates = self.predict(X)
        session = Dataset.from_arrays(X, bin_width_s=1.0, for_inference=True).session
        within = session.valid_bins()[:, :, None]
        return float(bits_per_spike(rates, session.spikes, mask=within))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.positive_only = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Settings, and the files of the run: its folder goes with this object."""
        inherited: Any = super().__getstate__()  # with scikit-learn's version, where that is there
        state = dict(inherited or {})
        if run := state.pop("run_", None):
            state["run_files"] = {
                path.relative_to(run.folder).as_posix(): path.read_bytes()
                for path in sorted(run.folder.rglob("*"))
                if path.is_file()
            }
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        files = state.pop("run_files", None)
        parent = getattr(super(), "__setstate__", self.__dict__.update)
        parent(state)
        if files is not None:
            folder = self._new_folder()
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            self.run_ = open_trained_run(folder)

    def _new_folder(self) -> Path:
        """A folder for a run that is removed with this object."""
        folder = Path(tempfile.mkdtemp(prefix="lfads-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder / "run"

    def _posterior(self, X: Counts) -> Posterior:
        if not hasattr(self, "run_"):
            raise NotFitted("this LFADSEstimator is not fitted yet: call `fit(counts)` first")
        trials = trials_of_unequal_length(X)
        first = X if trials is None else trials[:1]
        shape = shape_of(first)
        if len(shape) == 3 and shape[2] != self.n_features_in_:
            raise UserError(
                f"the counts must have the {many(self.n_features_in_, 'neuron')} that this LFADSEstimator "
                f"was fitted to; got {describe(first)}, trial time neuron"
            )
        split = ["test"] * len(X) if shape else None
        dataset = Dataset.from_arrays(X, bin_width_s=1.0, split=split, for_inference=True)
        return self.run_.infer(dataset, num_samples=self.num_samples, progress=False)

    def _config(self) -> RunConfig:
        """The settings, each in its table; numbers of NumPy, as searches give them, as Python's."""
        tables: dict[str, Any] = {"seed": self.seed}
        for table, kind in _TABLES.items():
            given = {f.name: getattr(self, f.name, None) for f in fields(kind)}
            tables[table] = {
                name: value.item() if isinstance(value, np.generic) else value
                for name, value in given.items()
                if value is not None
            }
        return RunConfig.from_dict(tables, where="LFADSEstimator")
