"""Moments of training samples, from which read-outs and observations start; data as encoders see them."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

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
