"""The network at its start, and where the maps between sessions and what they share start.

Read-ins, and read-outs from them: Pandarinath et al. 2018, Online Methods, "Modifications to the LFADS
algorithm for stitching together data from multiple recording sessions".
"""

import warnings
from collections.abc import Sequence

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float

from lfads.config import ModelSettings, RunSettings
from lfads.data.dataset import Dataset
from lfads.model.initialise import Start, initialise_lfads
from lfads.model.lfads import LFADS
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.observation import Moments
from lfads.model.path import on_path
from lfads.model.recurrence.paths import Path
from lfads.model.shapes import Shapes, shapes_of
from lfads.stitching.align import align
from lfads.stitching.from_files import MATRICES, files_bring_read_ins
from lfads.stitching.onto import LEAST_OF_MEAN
from lfads.training.moments import as_seen, log_links, mean_in_units_seen, training_moments
from lfads.training.slow_start import with_slow_start


def start_of_maps(config: ModelSettings, dataset: Dataset) -> Start | None:
    """Where read-ins and read-outs start, whatever the seed; None where they are drawn.

    Read-ins lead to the space that sessions share, and read-outs back from it.
    """
    if not config.read_in_size or config.read_in_start == "random":
        return None
    if config.read_in_start != "files" and files_bring_read_ins(dataset):
        warnings.warn(
            f"{dataset.source}: brings read-ins along ({MATRICES}), from which these do not start: "
            "`model.read_in_start='files'` takes them",
            UserWarning,
            stacklevel=2,
        )
    observation = observation_of(config.observation)
    sizes = [
        np.where(log_links(s, observation), mean_in_units_seen(s, observation), np.nan)
        for s in dataset.sessions
    ]
    seen = as_seen(dataset, observation)
    read_ins = align(seen, config.read_in_size, config.read_in_start).read_ins
    weights = [read_in.weights for read_in in read_ins]
    offsets = [read_in.offset for read_in in read_ins]
    return Start(weights, offsets, read_outs_from(weights, seen, config.num_factors, sizes))


def read_outs_from(
    read_ins: Sequence[np.ndarray],
    dataset: Dataset,
    num_factors: int,
    means: Sequence[Float[np.ndarray, " _"]],
) -> list[np.ndarray]:
    """Read-outs `factor neuron` that lead from components back to neurons.

    A component changes what is seen of a session in the direction of its read-in, and logarithms, which are
    read out where there is a mean, by that divided by the mean, in units of what is seen. This is the
    transpose, not the inverse, in which components that hardly vary would have the largest weights, and
    sessions would not share their factors. All are scaled to the size of random ones, N(0, 1/num_factors).
    Factors beyond the components, and held-out neurons, start at 0.

    Parameters
    ----------
    read_ins
        Weights, `encoded_neuron component`, session by session.
    dataset
        As encoders see it.
    num_factors
        Of the network.
    means
        Of each session's neurons, in units of what encoders see; NaN where no logarithm is read out.
    """
    found = []
    for session, weights, all_means in zip(dataset.sessions, read_ins, means, strict=True):
        encoded = ~session.held_out_neurons
        back = weights.T[:num_factors]
        mean = all_means[encoded]
        if (logs := ~np.isnan(mean)).any():
            least = LEAST_OF_MEAN * mean[logs].mean()
            back = back / np.where(logs, np.maximum(mean, least), 1.0)
        read_out = np.zeros((num_factors, session.num_neurons))
        read_out[: len(back), encoded] = back
        found.append(read_out)
    squares = sum(float((each**2).sum()) for each in found)
    entries = sum(np.count_nonzero(each) for each in found)
    scale = (entries / (max(squares, 1e-12) * num_factors)) ** 0.5
    return [each * scale for each in found]


def untrained_model(config: RunSettings, dataset: Dataset) -> LFADS:
    """The network at its start."""
    return model_from(start_of_maps(config.model, dataset), config, dataset)


def model_from(start: Start | None, config: RunSettings, dataset: Dataset) -> LFADS:
    """The network at its start, whose maps start as given."""
    moments = [training_moments(s) for s in dataset.sessions]
    rng = np.random.default_rng(config.seed)
    shapes = shapes_of(dataset, config.model.slow_offsets)
    model = initialise_lfads(rng, config.model, shapes, moments, start)
    return on_path(with_slow_start(model, dataset), config.training.recurrence)


def empty_model(config: ModelSettings, shapes: Shapes, path: Path = "scan") -> tuple[LFADS, LFADS]:
    """Descriptions of the network's arrays in their place, and the network without its arrays.

    The first are what a checkpoint is read into, the second what compiled functions are made of.
    """
    ones = [np.ones(s.num_neurons) for s in shapes.sessions]
    moments = [Moments(each, each) for each in ones]
    rng = np.random.default_rng(0)
    template = eqx.filter_eval_shape(
        lambda: on_path(initialise_lfads(rng, config, shapes, moments), path)
    )
    return eqx.partition(template, lambda x: isinstance(x, jax.ShapeDtypeStruct))
