"""How long a training will take and how much memory, from sizes alone, before it starts.

Measured on two cores (`benchmarks/results/how_long.json`, `memory.json`): an epoch takes six floating-point
operations for each parameter, bin and trial, at 27 to 70 thousand million a second and core; the largest
batches are fastest. Take the minutes as right within a factor of two.
"""

from dataclasses import dataclass

from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.model.num_weights import num_weights
from lfads.training.defaults import resolve_defaults
from lfads.training.sizes import activation_bytes, machine_of_cores, sizes_of

PER_CORE = 40e9
"""Floating-point operations a second."""

MOST_CORES = 8
"""More do not help a single network of usual sizes."""

COMPILING_S = 12.0
BASE_BYTES = 600 * 2**20
"""What a process takes that has compiled a training."""


@dataclass(frozen=True)
class Predicted:
    """What a training is expected to take.

    Parameters
    ----------
    minutes
        With as many epochs as may be needed; early stopping may end it sooner.
    memory_bytes
        At its peak.
    """

    minutes: float
    memory_bytes: int


def predicted(dataset: Dataset, config: RunConfig, cores: int) -> Predicted:
    """What training on these data with these settings takes on so many cores of a CPU.

    Raises
    ------
    UserError
        If the settings do not fit the data.
    """
    sizes = sizes_of(dataset)
    settings, _ = resolve_defaults(config, sizes, machine_of_cores(cores, cores))
    model, training = settings.model, settings.training
    search = config.search
    members = 1 if search is None else search.population
    epochs = training.num_epochs or 0
    if search is not None and search.method == "population":
        epochs = training.ramp_epochs + search.num_generations * search.epochs_per_generation
    bins = sizes.num_training_trials * sizes.shapes.num_bins
    operations = 6.0 * num_weights(model, sizes.shapes) * bins * epochs * members
    seconds = operations / (PER_CORE * min(cores, MOST_CORES)) + COMPILING_S
    if training.max_hours is not None:
        seconds = min(seconds, 3600 * training.max_hours)
    kept = activation_bytes(model, training.batch_size, sizes.shapes, training.recurrence)
    if training.time_segments > 1:
        kept = 3 * kept // training.time_segments
    data = sizes.num_training_trials * sizes.trial_bytes
    return Predicted(seconds / 60, BASE_BYTES + int(1.5 * kept) + 3 * data)
