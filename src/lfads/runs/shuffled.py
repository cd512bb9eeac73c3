"""A control of inferred inputs: what they cost on trials whose neurons were shuffled within condition.

Each neuron's trials are permuted among those of the same condition and length. Averages by condition stay
as they are; what neurons do together on single trials is mostly gone (of m trials of a condition about
1/m is left). An input that costs more on real trials says that neurons share something on single trials:
an input, a gain of all, or dynamics that were not learned. Without conditions all trials are one group, and
any response that is locked to time counts. External inputs stay with their trials.
"""

import warnings
from collections.abc import Mapping

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.inputs import InputNull
from lfads.inference.divergences import input_divergences
from lfads.runs.fits import network_for
from lfads.runs.surrogates import FEWEST_ALIKE, LEFT, num_alike, shuffled_within_condition
from lfads.training.folder import TrainedModel
from lfads.training.trials import trials_for

NUM_SHUFFLES = 19
"""The highest of 19 is exceeded by chance once in 20 times."""


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
    prior = trained.model.input_prior
    if prior is None or not prior.is_proper:
        return {}
    rng, found = np.random.default_rng(seed), {}
    for session in dataset.sessions:
        scored = _scored(session)
        number = num_alike(scored, by_missing=False)
        if not number > 1:
            warnings.warn(
                f"{session.name}: most trials are the only ones of their condition and length, so there is "
                "nothing to shuffle them with; their inputs go without a control",
                stacklevel=3,
            )
            continue
        if number < FEWEST_ALIKE:
            so = "an input may be called noise that is not"
            warnings.warn(
                LEFT.format(session=session.name, fewest=FEWEST_ALIKE, so=so), stacklevel=3
            )
        network = network_for(trained.model, session, dataset, trained.data)
        width_s = dataset.bin_width_s
        real = input_divergences(network, trials_for(network, scored, width_s)).mean(0)
        shuffled = [
            input_divergences(network, trials_for(network, trials, width_s)).mean(0)
            for _ in range(num_shuffles)
            for trials in (shuffled_within_condition(scored, rng, missing_stays=False),)
        ]
        found[session.name] = InputNull(
            tuple(real.tolist()), tuple(np.max(shuffled, axis=0).tolist())
        )
    return found


def _scored(session: Session) -> Session:
    for split in ("valid", "test"):
        if (chosen := session.of_split(split)).any():
            return session.take(np.flatnonzero(chosen))
    return session
