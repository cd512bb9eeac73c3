"""What spikes of a trial tell of the noise that a network integrates, by one who knows the network.

A fixed-lag particle smoother. Known are the weights of the network and of its projection to neurons, the
deviation of the noise, and, generously, the scaling of each neuron in each trial: the least and the largest
value of its projection, which the simulation takes from the trial itself. Only the noise is not known. In
each bin particles draw noise from its prior, are weighed by the Poisson likelihood of the bin's counts, and
are resampled. What is said of a bin is the mean over the ancestors, in that bin, of the particles some bins
later: further back few ancestors are left.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.paper.trials import fewer_trials
from lfads.results import Posterior
from lfads.simulate.chaotic_rnn import PEAK_RATE_HZ
from lfads.simulate.integration_to_bound import NOISE, IntegrationSystem
from lfads.simulate.trained_rnn import TrainedRNN

NUM_PARTICLES = 1500
LAG_BINS = 8
LEAST_RATE_HZ = 0.01
"""Of particles whose projection lies below what the trial spans: only true values stay within."""

MOST_TRAINING = 20


class _Particles(NamedTuple):
    """Of a trial. `parents` are places among the particles of the bin before."""

    inputs: Float[np.ndarray, "time particle"]
    outputs: Float[np.ndarray, "time particle"]
    rates_hz: Float[np.ndarray, "time particle neuron"]
    weights: Float[np.ndarray, "time particle"]
    parents: Int[np.ndarray, "time particle"]


class _Readout(NamedTuple):
    """From states to the rates of a trial."""

    weights: Float[np.ndarray, "unit neuron"]
    least: Float[np.ndarray, " neuron"]
    span: Float[np.ndarray, " neuron"]

    def rates_hz(self, states: Float[np.ndarray, "particle unit"]) -> np.ndarray:
        share = (states @ self.weights - self.least) / self.span
        return np.maximum(np.float32(PEAK_RATE_HZ) * share, np.float32(LEAST_RATE_HZ))


def integration_to_bound_ceiling(
    dataset: Dataset,
    system: IntegrationSystem,
    seed: int = 0,
    *,
    num_particles: int = NUM_PARTICLES,
    lag_bins: int = LAG_BINS,
    most_training: int = MOST_TRAINING,
    most_validation: int | None = None,
) -> Posterior:
    """Posterior means of noise, sum and rates, from the spikes of single trials and the system.

    The system says how each neuron is scaled in each trial, from the least to the largest value of its
    projection. No method could know that from spikes, so that this ceiling is a little too high.

    Parameters
    ----------
    dataset
        Of `simulate_integration_to_bound`; its truth is not looked at.
    system
        Of `integration_system`.
    seed
        Of the particles.
    num_particles
        In each trial.
    lag_bins
        Up to how many bins after a bin are used for it. Of 1 to 30, 7 to 10 are best for 1500 particles.
    most_training, most_validation
        How many trials, evenly spread.

    Returns
    -------
    Posterior
        `inferred_inputs` are the noise, `factors` the sum as the network gives it.

    Raises
    ------
    UserError
        If trials have no condition.
    """
    session = fewer_trials(dataset, most_training, most_validation).session
    if session.condition is None:
        raise UserError(
            "integration_to_bound_ceiling: trials must have a `condition`, by which the system tells how "
            "they are scaled; got none: give what `simulate_integration_to_bound` made"
        )
    rng = np.random.default_rng(seed)
    network = TrainedRNN(*(each.astype(np.float32) for each in system.network))
    smoothed = []
    for counts, condition in zip(session.spikes, session.condition, strict=True):
        readout = _readout(system, int(condition))
        particles = _filtered(counts, network, readout, dataset.bin_width_s, num_particles, rng)
        smoothed.append(_smoothed(particles, lag_bins))
    inputs, outputs, rates_hz = (np.stack(each) for each in zip(*smoothed, strict=True))
    variables = {
        "factors": Variable(outputs[:, :, None], ("trial", "time", "factor")),
        "inferred_inputs": Variable(inputs[:, :, None], ("trial", "time", "input")),
        "rates": Variable(rates_hz, ("trial", "time", "neuron"), "spikes/s"),
    }
    about = {"observation": "poisson", "source": dataset.source}
    results = labelled_results(variables, session, dataset, attributes=about)
    return Posterior({session.name: results})


def _readout(system: IntegrationSystem, condition: int) -> _Readout:
    weights, least, most = system.projection
    span = most[condition] - least[condition]
    parts = weights, least[condition], np.where(span > 0, span, 1)
    return _Readout(*(each.astype(np.float32) for each in parts))


def _filtered(
    counts: np.ndarray,
    network: TrainedRNN,
    readout: _Readout,
    bin_width_s: float,
    num_particles: int,
    rng: np.random.Generator,
) -> _Particles:
    """Particles of each bin, weighed by the counts of this bin alone: they descend from resampled ones."""
    shape = (len(counts), num_particles)
    inputs = np.float32(NOISE) * rng.standard_normal(shape, np.float32)
    found = _Particles(
        inputs, np.empty(shape), np.empty((*shape, counts.shape[1]), np.float32),
        np.empty(shape), np.empty(shape, int),
    )  # fmt: skip
    states = np.broadcast_to(network.start, (num_particles, len(network.start)))
    parents = np.arange(num_particles)
    for time, seen in enumerate(counts):
        drive = states[parents] @ network.recurrent + network.bias
        states = np.tanh(drive + inputs[time, :, None] * network.input_weights[0])
        rates_hz = readout.rates_hz(states)
        log_weights = np.log(rates_hz) @ seen.astype(np.float32) - bin_width_s * rates_hz.sum(1)
        weights = np.exp(log_weights.astype(np.float64) - log_weights.max())
        found.outputs[time] = states @ network.readout[:, 0] + network.offset[0]
        found.rates_hz[time], found.parents[time] = rates_hz, parents
        found.weights[time] = weights / weights.sum()
        places = (rng.random() + np.arange(num_particles)) / num_particles
        parents = np.searchsorted(np.cumsum(found.weights[time]), places, side="right")
        parents = np.minimum(parents, num_particles - 1)
    return found


def _smoothed(particles: _Particles, lag_bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means of inputs, outputs and rates in each bin, over the ancestors of the particles a lag later."""
    num_bins, num_particles = particles.weights.shape
    means = []
    for time in range(num_bins):
        later = min(time + lag_bins, num_bins - 1)
        ancestors = np.arange(num_particles)
        for back in range(later, time, -1):
            ancestors = particles.parents[back][ancestors]
        weights = np.bincount(ancestors, particles.weights[later], num_particles)
        of_bin = particles.inputs[time], particles.outputs[time], particles.rates_hz[time]
        means.append([weights @ each for each in of_bin])
    inputs, outputs, rates_hz = (np.stack(each) for each in zip(*means, strict=True))
    return inputs, outputs, rates_hz
