"""Where slow offsets start: at what changes slowly in the trials that are trained on, before any network.

Offsets of 0 would have to be found while the network learns, and it puts drift into initial conditions
sooner. As biases of read-outs start from mean rates, offsets start from how these change.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from lfads.config import ModelSettings
from lfads.data.dataset import Dataset
from lfads.data.places import places_in_session
from lfads.data.session import Session
from lfads.model.lfads import LFADS
from lfads.model.observations.chosen import observation_of
from lfads.model.slow_offsets import STD_OVER_SESSION, with_courses
from lfads.numerics.means import groups_of_labels, mean_of_known, means_of_groups
from lfads.numerics.slow_courses import SlowCourses, slow_courses
from lfads.training.moments import as_linked, log_links


def with_slow_start(model: LFADS, dataset: Dataset) -> LFADS:
    """The network with slow offsets, if it has any, at what changes slowly in its training trials."""
    slow = model.slow_offsets
    if slow is None:
        return model
    found = slow_starts(model.config, dataset)
    return replace(model, slow_offsets=with_courses(slow, found))


def slow_starts(config: ModelSettings, dataset: Dataset) -> list[SlowCourses]:
    """Courses over the training trials of each session."""
    observation, found = observation_of(config.observation), []
    linked = as_linked(dataset, observation)
    for recorded, session in zip(dataset.sessions, linked.sessions, strict=True):
        training = session.of_split("train")
        places = places_in_session(session, dataset.bin_width_s)[training]
        known, number = np.unique(places, return_inverse=True)
        logs = log_links(recorded, observation)
        values = means_of_groups(deviations(session.take(training), logs), number.ravel())
        found.append(
            slow_courses(np.nan_to_num(values), known, config.slow_offsets, STD_OVER_SESSION)
        )
    return found


def deviations(session: Session, logs: np.ndarray) -> Float[np.ndarray, "trial neuron"]:
    """How far the mean of each trial is from that of all, what conditions explain taken away.

    Relative to the mean where a logarithm is read out. NaN where nothing was recorded.
    """
    known = session.observed_bins()
    means = mean_of_known(np.where(known, session.values, np.nan).astype(float), 1)
    overall = mean_of_known(means, 0)
    means = means - overall
    if session.condition is not None:
        labels = np.unique(session.condition)
        group = groups_of_labels(session.condition, labels)
        means = means - np.nan_to_num(means_of_groups(means, group)[group])
    scale = np.where(logs, overall, 1.0)
    return means / np.where(scale > 0, scale, np.inf)
