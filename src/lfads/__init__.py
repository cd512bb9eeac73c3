"""Latent factor analysis via dynamical systems: single-trial neural dynamics from spikes.

The public names, each loaded from its module on first use, so that `import lfads` stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lfads.checks import UserError
    from lfads.config import (
        ModelConfig,
        ObjectiveConfig,
        RunConfig,
        SearchConfig,
        SearchRange,
        TrainingConfig,
        load_config,
    )
    from lfads.data.dataset import Dataset
    from lfads.data.hdf5 import write
    from lfads.data.read import read
    from lfads.data.spikes import SpikeTrains
    from lfads.estimator.run import Run, open_run
    from lfads.estimator.train import search_population, train
    from lfads.estimator.transformer import LFADSEstimator
    from lfads.hyperparameters import HyperParameterConfig
    from lfads.results import Posterior, open_posterior
    from lfads.simulate.chaotic_rnn import simulate_chaotic_rnn
    from lfads.simulate.lorenz import simulate_lorenz

    __version__: str

__all__ = [
    "Dataset",
    "HyperParameterConfig",
    "LFADSEstimator",
    "ModelConfig",
    "ObjectiveConfig",
    "Posterior",
    "Run",
    "RunConfig",
    "SearchConfig",
    "SearchRange",
    "SpikeTrains",
    "TrainingConfig",
    "UserError",
    "__version__",
    "load_config",
    "open_posterior",
    "open_run",
    "read",
    "search_population",
    "simulate_chaotic_rnn",
    "simulate_lorenz",
    "train",
    "write",
]

_MODULES = {
    "checks": ["UserError"],
    "config": [
        "ModelConfig",
        "ObjectiveConfig",
        "RunConfig",
        "SearchConfig",
        "SearchRange",
        "TrainingConfig",
        "load_config",
    ],
    "data.dataset": ["Dataset"],
    "data.hdf5": ["write"],
    "data.read": ["read"],
    "data.spikes": ["SpikeTrains"],
    "estimator.run": ["Run", "open_run"],
    "estimator.train": ["search_population", "train"],
    "estimator.transformer": ["LFADSEstimator"],
    "hyperparameters": ["HyperParameterConfig"],
    "results": ["Posterior", "open_posterior"],
    "simulate.chaotic_rnn": ["simulate_chaotic_rnn"],
    "simulate.lorenz": ["simulate_lorenz"],
}
_HOME = {name: f"lfads.{module}" for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # type checkers would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version

            value = version("lfads")
        elif name in _HOME:
            value = getattr(import_module(_HOME[name]), name)
        else:
            raise AttributeError(f"module 'lfads' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
