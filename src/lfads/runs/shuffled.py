"""A control of inferred inputs: what they cost on trials whose neurons were shuffled within condition.

Each neuron's trials are permuted among those of the same condition and length. Averages by condition stay
as they are; what neurons do together on single trials is mostly gone (of m trials of a condition about
1/m is left). An input that costs more on real trials says that neurons share something on single trials:
an input, a gain of all, or dynamics that were not learned. Without conditions all trials are one group, and
any response that is locked to time counts. External inputs stay with their trials.
"""

import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.inputs import InputNull
from lfads.inference.divergences import input_divergences
from lfads.runs.fits import network_for
from lfads.training.folder import TrainedModel
from lfads.training.trials import trials_of

NUM_SHUFFLES = 19
"""The highest of 19 is exceeded by chance once in 20 times."""

FEWEST_ALIKE = 5


def shuffle_control(
    dataset: Dataset, trained: TrainedModel, *, num_shuffles: int = NUM_SHUFFLES, seed: int = 0
) -> Mapping[str, InputNull]:
    """KL of each input over validation trials of each session, and the highest of shuffled ones.

    Test trials count where there are no validation trials, else all. Nothing for a network that infers no
    inputs.

    Parameters
    ----------
    dataset
        Trials that fit the run.
    trained
        The run.
    num_shuffles
        How often trials are shuffled.
    seed
        Of the shuffles.
    """
    if trained.model.input_prior is None:
        return {}
    rng, found = np.random.default_rng(seed), {}
    for session in dataset.sessions:
        scored = _scored(session)
        if not _can_be_shuffled(scored):
            warnings.warn(
                f"{session.name}: most trials are the only ones of their condition and length, so there is "
                "nothing to shuffle them with; their inputs go without a control",
                stacklevel=3,
            )
            continue
        if _trials_alike(scored) < FEWEST_ALIKE:
            warnings.warn(
                f"{session.name}: half of the trials have fewer than {FEWEST_ALIKE} of their condition and "
                "length to be shuffled with, so that much of what neurons share is left: an input may be "
                "called noise that is not",
                stacklevel=3,
            )
        network = network_for(trained.model, session, dataset, trained.data)
        real = input_divergences(network, trials_of(scored)).mean(0)
        shuffled = [
            input_divergences(network, trials_of(shuffled_within_condition(scored, rng))).mean(0)
            for _ in range(num_shuffles)
        ]
        found[session.name] = InputNull(
            tuple(real.tolist()), tuple(np.max(shuffled, axis=0).tolist())
        )
    return found


def shuffled_within_condition(session: Session, rng: np.random.Generator) -> Session:
    """Each neuron's trials in another order among those of the same condition and length."""
    group = _alike(session)
    order = np.empty((session.num_trials, session.num_neurons), int)
    for each in range(group.max() + 1):
        members = np.flatnonzero(group == each)
        order[members] = rng.permuted(np.tile(members[:, None], session.num_neurons), axis=0)

    def shuffled(values: np.ndarray) -> np.ndarray:
        return np.take_along_axis(values, order[:, None, :], axis=0)

    observed = None if session.observed is None else shuffled(session.observed)
    return replace(session, values=shuffled(session.values), observed=observed)


def _alike(session: Session) -> np.ndarray:
    """A number for each trial, the same for those of one condition and length."""
    labels = [session.trial_length]
    if session.condition is not None:
        labels.append(np.unique(session.condition, return_inverse=True)[1])
    return np.unique(np.stack(labels, axis=1), axis=0, return_inverse=True)[1].ravel()


def _can_be_shuffled(session: Session) -> bool:
    return _trials_alike(session) > 1


def _trials_alike(session: Session) -> float:
    """How many trials are of the same condition and length, itself among them; the median over trials."""
    group = _alike(session)
    return float(np.median(np.bincount(group)[group]))


def _scored(session: Session) -> Session:
    for split in ("valid", "test"):
        if (chosen := session.of_split(split)).any():
            return session.take(np.flatnonzero(chosen))
    return session
