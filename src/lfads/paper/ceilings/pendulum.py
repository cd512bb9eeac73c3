"""When a pendulum was pushed: the likelihood of every start and push, by one who knows it.

Known are the pendulum, its two starting angles and their spread, the size of a push and how often and when
there is one, and how neurons see it. What is left to tell of a trial is its start, whether it was pushed,
which way and in which bin. So all of these are run, starts on a fine grid, and the observations of the
trial decide between them.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.paper.ceilings.pulses import log_likelihoods
from lfads.paper.trials import fewer_trials
from lfads.results import Posterior
from lfads.simulate.pendulum import (
    PUSH,
    PUSH_FROM,
    PUSH_SPREAD,
    START_SPREAD,
    STARTS,
    PendulumSystem,
    drive_of,
    pendulum_states,
)

MOST_TRAINING = 200
"""Training trials, evenly chosen, that results have beside all others: for maps that are fitted on them."""

DEVIATIONS = np.linspace(-3.0, 3.0, 25)
"""Of the angle at the start from its mean, in units of its spread."""


class Courses(NamedTuple):
    """What may have happened, and how likely it is beforehand."""

    inputs: Float[np.ndarray, "course time"]
    log_prior: Float[np.ndarray, " course"]


class Told(NamedTuple):
    """Posterior means of latents and of the push in each bin, and the deviation of the push."""

    latents: Float[np.ndarray, "trial time 2"]
    inputs: Float[np.ndarray, "trial time"]
    inputs_std: Float[np.ndarray, "trial time"]


def pendulum_ceiling(dataset: Dataset, system: PendulumSystem, seed: int = 0) -> Posterior:
    """Posterior means of angle, velocity and pushes from single trials, by one who knows the pendulum.

    Parameters
    ----------
    dataset
        Of `simulate_pendulum`, spikes or traces; its truth and its conditions are not looked at.
    system
        Of `pendulum_system` of the same choices.
    seed
        Not used: nothing is drawn.

    Returns
    -------
    Posterior
        Of all validation trials and 200 training trials: `factors` (angle and velocity, z-scored) and
        `inferred_inputs` (radians/s²) with their deviation.
    """
    session = fewer_trials(dataset, MOST_TRAINING).session
    found = told_courses(session, system, dataset.bin_width_s)
    over = ("trial", "time", "input")
    variables = {
        "factors": Variable(found.latents, ("trial", "time", "factor")),
        "inferred_inputs": Variable(found.inputs[:, :, None], over),
        "inferred_inputs_std": Variable(found.inputs_std[:, :, None], over),
    }
    about = {"observation": dataset.observation or "poisson", "source": dataset.source}
    posterior = labelled_results(variables, session, dataset, attributes=about)
    return Posterior({session.name: posterior})


def told_courses(session: Session, system: PendulumSystem, bin_width_s: float) -> Told:
    """What the observations of each trial tell. Starts are taken in turn: their courses need some room."""
    courses = possible_courses(session.num_bins, bin_width_s)
    evidence, latents = [], []
    for mean in STARTS:
        for deviation in DEVIATIONS:
            own = _latents(system, mean + START_SPREAD * deviation, courses.inputs, bin_width_s)
            seen = _log_likelihoods(session, drive_of(system, own), system, bin_width_s)
            evidence.append(seen + courses.log_prior - 0.5 * deviation**2)
            latents.append(own)
    log_chance = np.stack(evidence, axis=1)  # trial, start, course
    chance = np.exp(log_chance - log_chance.max((1, 2), keepdims=True))
    chance /= chance.sum((1, 2), keepdims=True)
    pushed = chance.sum(1)
    inputs = pushed @ courses.inputs
    spread = np.sqrt(np.maximum(pushed @ courses.inputs**2 - inputs**2, 0.0))
    return Told(np.tensordot(chance, np.stack(latents), axes=2), inputs, spread)


def possible_courses(num_bins: int, bin_width_s: float) -> Courses:
    """No push, half of the time, or one in a bin of the middle half of the trial, either way.

    >>> courses = possible_courses(100, 0.02)
    >>> courses.inputs.shape, np.exp(courses.log_prior[:2]).round(3).tolist()
    ((101, 100), [0.5, 0.005])
    >>> courses.inputs[:3].sum(1).tolist(), courses.inputs[1].argmax().item()
    ([0.0, 150.0, -150.0], 25)
    """
    first, last = PUSH_FROM * num_bins, (PUSH_FROM + PUSH_SPREAD) * num_bins
    bins = np.arange(num_bins)
    inside = np.minimum(bins + 1.0, last) - np.maximum(bins, first)
    there = np.flatnonzero(inside > 1e-9)
    one = PUSH / bin_width_s * np.eye(num_bins)[there]
    log_share = np.log(inside[there] / inside[there].sum() / 4)
    inputs = np.stack([one, -one], axis=1).reshape(-1, num_bins)
    return Courses(
        np.concatenate([np.zeros((1, num_bins)), inputs]),
        np.concatenate([[np.log(0.5)], np.repeat(log_share, 2)]),
    )


def _latents(
    system: PendulumSystem, start: float, inputs: np.ndarray, bin_width_s: float
) -> Float[np.ndarray, "course time 2"]:
    at_rest = np.tile([start, 0.0], (len(inputs), 1))
    return (pendulum_states(at_rest, inputs, bin_width_s) - system.mean) / system.scale


def _log_likelihoods(
    session: Session, drive: np.ndarray, system: PendulumSystem, bin_width_s: float
) -> Float[np.ndarray, "trial course"]:
    """Of each trial's observations, without what all courses share."""
    known = session.observed_bins() & ~session.held_out_neurons
    if session.kind == "counts":
        counts = bin_width_s * system.base_rate_hz * np.exp(drive)
        return log_likelihoods(counts, session.spikes, known)
    values = np.where(known, session.values, 0.0).reshape(session.num_trials, -1)
    expected = drive.reshape(len(drive), -1)
    weight = known.reshape(values.shape).astype(np.float64)
    return (values @ expected.T - 0.5 * weight @ (expected**2).T) / system.noise**2
