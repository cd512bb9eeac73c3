"""Moments of training samples, from which read-outs and observations start.

And data as encoders see them, and as factors are linked to them.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.model.observations.observation import Moments, Observation, moments_of_known


def training_moments(session: Session) -> Moments:
    """Mean and variance of each neuron over observed training samples; mean counts are never 0.

    A silent neuron gets the rate at which half a spike would have been expected.
    """
    training = session.of_split("train")
    known = session.observed_bins()[training]
    found = moments_of_known(session.values[training], known)
    if session.kind != "counts":
        return found._replace(modality=session.modalities)
    return found._replace(mean=np.maximum(found.mean, 0.5 / np.maximum(known.sum((0, 1)), 1)))


def seen_mean(session: Session, observation: Observation) -> Float[np.ndarray, " neuron"]:
    """Mean of what encoders see of each neuron."""
    moments = training_moments(session)
    return observation.seen(moments.mean, observation.start(moments).own, np)


def log_links(session: Session, observation: Observation) -> Bool[np.ndarray, " neuron"]:
    """Channels of which a logarithm is read out; of others it is linear in what encoders see."""
    return observation.of_channels(session.modalities).log_links(session.num_neurons)


def mean_in_units_seen(session: Session, observation: Observation) -> Float[np.ndarray, " neuron"]:
    """Mean of what was recorded of each neuron, in units of what encoders see of it."""
    moments = training_moments(session)
    own = observation.start(moments).own
    mean = moments.mean
    return mean * (observation.seen(mean + 1.0, own, np) - observation.seen(mean, own, np))


def as_linked(dataset: Dataset, observation: Observation) -> Dataset:
    """The data with values whose logarithms are read out, or, where there is no logarithm, themselves."""
    sessions = []
    for recorded, seen in zip(
        dataset.sessions, as_seen(dataset, observation).sessions, strict=True
    ):
        links = log_links(recorded, observation)
        known = recorded.observed_bins() & links
        values = np.where(known, recorded.values, np.where(links, 0, seen.values))
        sessions.append(replace(seen, values=values.astype(seen.values.dtype)))
    return replace(dataset, sessions=tuple(sessions))


def as_seen(dataset: Dataset, observation: Observation) -> Dataset:
    """The data with values as encoders see them; nothing changes where they see what was recorded."""
    if not observation.has_own("seen"):
        return dataset

    def seen(session: Session) -> Session:
        own = observation.start(training_moments(session)).own
        values = observation.seen(session.values, own, np)
        known = session.observed_bins()
        return replace(session, values=np.where(known, values, 0).astype(np.float32))

    return replace(dataset, sessions=tuple(map(seen, dataset.sessions)))
