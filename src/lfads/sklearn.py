"""The scikit-learn style class: `fit`, `transform`, `predict`, `score` on arrays of counts."""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.config import ModelConfig, RunConfig, TrainingConfig
from lfads.data.dataset import Dataset
from lfads.hyperparameters import HyperParameterConfig
from lfads.results import Posterior
from lfads.runs.train import train
from lfads.runs.trained_run import Run

Counts = Any


class LFADSEstimator:
    """LFADS with the interface of a scikit-learn transformer.

    Time is counted in bins: rates are counts per bin, so no bin width is needed. Settings that are None
    are derived from the data.

    Parameters
    ----------
    num_factors, generator_size, encoder_size, controller_size, num_inferred_inputs
        As in `ModelConfig`.
    num_epochs, batch_size
        As in `TrainingConfig`.
    learning_rate
        As in `HyperParameterConfig`.
    num_samples
        Posterior samples that are averaged.
    seed
        Of everything random.

    Attributes
    ----------
    run_
        The trained `Run`; its folder lives as long as the estimator.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 10, 4))
    >>> estimator = LFADSEstimator(num_factors=2, num_epochs=1, encoder_size=4, generator_size=4,
    ...                            controller_size=4, num_samples=2)
    >>> estimator.fit(counts).transform(counts).shape
    (20, 10, 2)
    """

    def __init__(
        self,
        *,
        num_factors: int | None = None,
        generator_size: int | None = None,
        encoder_size: int | None = None,
        controller_size: int | None = None,
        num_inferred_inputs: int = 1,
        num_epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
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
        self.learning_rate = learning_rate
        self.num_samples = num_samples
        self.seed = seed

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Settings by name."""
        return {name: getattr(self, name) for name in _SETTINGS}

    def set_params(self, **params: Any) -> "LFADSEstimator":
        """Change settings by name.

        Raises
        ------
        UserError
            If there is no such setting.
        """
        unknown = [name for name in params if name not in _SETTINGS]
        if unknown:
            raise UserError(f"no setting {unknown}; known: {list(_SETTINGS)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def fit(self, X: Counts, y: None = None) -> "LFADSEstimator":
        """Train on counts, `trial time neuron`; every fifth trial validates."""
        folder = Path(tempfile.mkdtemp(prefix="lfads-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.run_: Run = train(_dataset(X), self._config(), out=folder / "run", progress=False)
        return self

    def transform(self, X: Counts) -> np.ndarray:
        """Posterior mean of the factors, `trial time factor`."""
        return self._posterior(X).factors.values

    def fit_transform(self, X: Counts, y: None = None) -> np.ndarray:
        """`fit` and `transform` of the same counts."""
        return self.fit(X).transform(X)

    def predict(self, X: Counts) -> np.ndarray:
        """Posterior mean of the rates in counts per bin, `trial time neuron`."""
        return self._posterior(X).rates.values

    def score(self, X: Counts, y: None = None) -> float:
        """Bits per spike of the rates inferred from the counts."""
        from lfads.evaluation.metrics import bits_per_spike

        return float(bits_per_spike(self.predict(X), np.asarray(X, float)))

    def _posterior(self, X: Counts) -> Posterior:
        if not hasattr(self, "run_"):
            raise UserError("this LFADSEstimator is not fitted yet: call `fit(spikes)` first")
        return self.run_.infer(
            _dataset(X, training=False), num_samples=self.num_samples, progress=False
        )

    def _config(self) -> RunConfig:
        rate = {} if self.learning_rate is None else {"learning_rate": self.learning_rate}
        return RunConfig(
            model=ModelConfig(
                num_factors=self.num_factors,
                generator_size=self.generator_size,
                encoder_size=self.encoder_size,
                controller_size=self.controller_size,
                num_inferred_inputs=self.num_inferred_inputs,
            ),
            training=TrainingConfig(num_epochs=self.num_epochs, batch_size=self.batch_size),
            hyperparameters=HyperParameterConfig(**rate),
            seed=self.seed,
        )


_SETTINGS = (
    "num_factors", "generator_size", "encoder_size", "controller_size", "num_inferred_inputs",
    "num_epochs", "batch_size", "learning_rate", "num_samples", "seed",
)  # fmt: skip


def _dataset(counts: Counts, *, training: bool = True) -> Dataset:
    """Counts as a data set whose bins are one unit of time wide."""
    if training:
        return Dataset.from_arrays(counts, bin_width_s=1.0)
    split = ["test"] * np.shape(counts)[0] if np.ndim(counts) else None
    return Dataset.from_arrays(counts, bin_width_s=1.0, split=split, for_inference=True)
