"""The public names, and where each is written; `__init__.py` loads them from here on first use."""

from .checks import UserError
from .closed_loop.exported import export_step
from .config import (
    ModelConfig,
    ModelSettings,
    ObjectiveConfig,
    RunConfig,
    RunSettings,
    SearchConfig,
    SearchRange,
    SearchSettings,
    TrainingConfig,
    TrainingSettings,
    read_config,
)
from .data.dataset import Dataset
from .data.selection import drop_neurons
from .data.session import Session
from .evaluation.calibration import Calibration, RankTest
from .evaluation.inputs import InputNull
from .evaluation.needed import Gain, GainOverWithout, InputsNeeded
from .evaluation.scores import Scores, SplitScores
from .evaluation.structure import NetworkStructure, NullResult, StructureTest
from .formats.hdf5 import write
from .formats.read import read
from .hyperparameters import HyperParameterConfig, HyperParameterSettings
from .inference.streaming import Stream, StreamedBin
from .model.lfads import LFADS
from .paper.reproduce import Reproduced, reproduce
from .recordings.binning import SpikeTimes
from .recordings.libraries.neo import from_neo
from .recordings.libraries.objects import from_pynapple, from_spikeinterface
from .recordings.prepare import prepare
from .recordings.recording import Recording, Series
from .recordings.sources import open_recording
from .recordings.spikes import SpikeTrains
from .report.preview import preview
from .results import Posterior, open_posterior
from .results.writers import Format
from .runs.adapt import adapt
from .runs.analyse import Analysed, analyse
from .runs.baseline_run import BaselineRun
from .runs.calibrate import calibrate
from .runs.compare import compare
from .runs.comparison import Comparison
from .runs.fit_baseline import fit_baseline
from .runs.import_model import import_model
from .runs.import_results import import_posterior, import_results
from .runs.left_out import LeftOut, leave_one_out
from .runs.null import null
from .runs.places import open_run
from .runs.train import search_population, train
from .runs.trained_run import Run
from .search.ray_cluster import Cluster
from .search.record import MemberRow, SearchTracker
from .simulate.chaotic_rnn import simulate_chaotic_rnn
from .simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions
from .simulate.flip_flop import simulate_flip_flop
from .simulate.integration_to_bound import simulate_integration_to_bound
from .simulate.lorenz import simulate_lorenz
from .simulate.oscillation import simulate_oscillation
from .simulate.pendulum import simulate_pendulum
from .simulate.reaching import simulate_reaching
from .sklearn import LFADSEstimator
from .training.defaults import Derived
from .training.folder import TrainedModel
from .training.tracking import EpochRecord, Tracker
from .windows.chop import chop
from .windows.merge import merge, open_continuous, write_continuous

__version__: str

__all__ = [
    "LFADS",
    "Analysed",
    "BaselineRun",
    "Calibration",
    "Cluster",
    "Comparison",
    "Dataset",
    "Derived",
    "EpochRecord",
    "Format",
    "Gain",
    "GainOverWithout",
    "HyperParameterConfig",
    "HyperParameterSettings",
    "InputNull",
    "InputsNeeded",
    "LFADSEstimator",
    "LeftOut",
    "MemberRow",
    "ModelConfig",
    "ModelSettings",
    "NetworkStructure",
    "NullResult",
    "ObjectiveConfig",
    "Posterior",
    "RankTest",
    "Recording",
    "Reproduced",
    "Run",
    "RunConfig",
    "RunSettings",
    "Scores",
    "SearchConfig",
    "SearchRange",
    "SearchSettings",
    "SearchTracker",
    "Series",
    "Session",
    "SpikeTimes",
    "SpikeTrains",
    "SplitScores",
    "Stream",
    "StreamedBin",
    "StructureTest",
    "Tracker",
    "TrainedModel",
    "TrainingConfig",
    "TrainingSettings",
    "UserError",
    "__version__",
    "adapt",
    "analyse",
    "calibrate",
    "chop",
    "compare",
    "drop_neurons",
    "export_step",
    "fit_baseline",
    "from_neo",
    "from_pynapple",
    "from_spikeinterface",
    "import_model",
    "import_posterior",
    "import_results",
    "leave_one_out",
    "merge",
    "null",
    "open_continuous",
    "open_posterior",
    "open_recording",
    "open_run",
    "prepare",
    "preview",
    "read",
    "read_config",
    "reproduce",
    "search_population",
    "simulate_chaotic_rnn",
    "simulate_chaotic_rnn_sessions",
    "simulate_flip_flop",
    "simulate_integration_to_bound",
    "simulate_lorenz",
    "simulate_oscillation",
    "simulate_pendulum",
    "simulate_reaching",
    "train",
    "write",
    "write_continuous",
]
