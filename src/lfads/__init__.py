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
    from lfads.data.continuous.chop import chop
    from lfads.data.dataset import Dataset
    from lfads.data.hdf5 import write
    from lfads.data.read import read
    from lfads.data.recordings.prepare import prepare
    from lfads.data.recordings.recording import Recording, Series
    from lfads.data.recordings.sources import from_pynapple, from_spikeinterface, open_recording
    from lfads.data.selection import drop_neurons
    from lfads.data.spikes import SpikeTrains
    from lfads.estimator.adapt import adapt
    from lfads.estimator.left_out import leave_one_out
    from lfads.estimator.run import Run, open_run
    from lfads.estimator.train import search_population, train
    from lfads.estimator.transformer import LFADSEstimator
    from lfads.hyperparameters import HyperParameterConfig
    from lfads.report.preview import preview
    from lfads.results import Posterior, open_continuous, open_posterior, save_continuous
    from lfads.simulate.chaotic_rnn import simulate_chaotic_rnn
    from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions
    from lfads.simulate.lorenz import simulate_lorenz

    __version__: str

__all__ = [
    "Dataset",
    "HyperParameterConfig",
    "LFADSEstimator",
    "ModelConfig",
    "ObjectiveConfig",
    "Posterior",
    "Recording",
    "Run",
    "RunConfig",
    "SearchConfig",
    "SearchRange",
    "Series",
    "SpikeTrains",
    "TrainingConfig",
    "UserError",
    "__version__",
    "adapt",
    "chop",
    "drop_neurons",
    "from_pynapple",
    "from_spikeinterface",
    "leave_one_out",
    "load_config",
    "open_continuous",
    "open_posterior",
    "open_recording",
    "open_run",
    "prepare",
    "preview",
    "read",
    "save_continuous",
    "search_population",
    "simulate_chaotic_rnn",
    "simulate_chaotic_rnn_sessions",
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
    "data.continuous.chop": ["chop"],
    "data.dataset": ["Dataset"],
    "data.hdf5": ["write"],
    "data.read": ["read"],
    "data.recordings.prepare": ["prepare"],
    "data.recordings.recording": ["Recording", "Series"],
    "data.recordings.sources": ["from_pynapple", "from_spikeinterface", "open_recording"],
    "data.selection": ["drop_neurons"],
    "data.spikes": ["SpikeTrains"],
    "estimator.adapt": ["adapt"],
    "estimator.left_out": ["leave_one_out"],
    "estimator.run": ["Run", "open_run"],
    "estimator.train": ["search_population", "train"],
    "estimator.transformer": ["LFADSEstimator"],
    "hyperparameters": ["HyperParameterConfig"],
    "report.preview": ["preview"],
    "results": ["Posterior", "open_continuous", "open_posterior", "save_continuous"],
    "simulate.chaotic_rnn": ["simulate_chaotic_rnn"],
    "simulate.chaotic_rnn_sessions": ["simulate_chaotic_rnn_sessions"],
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
