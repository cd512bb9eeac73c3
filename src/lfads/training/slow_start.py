"""Where slow offsets start: at what changes slowly in the trials that are trained on, before any network.

Offsets of 0 would have to be found while the network learns, and it puts drift into initial conditions
sooner. As biases of read-outs start from mean rates, offsets start from how these change.
"""

import warnings
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

FEWEST_OF_A_CONDITION = 4
"""Trials; the average of fewer would take away what changes slowly."""


def with_slow_start(model: LFADS, dataset: Dataset) -> LFADS:
    """The network with slow offsets, if it has any, at what changes slowly in its training trials."""
    slow = model.slow_offsets
    if slow is None:
        return model
    _warn_of_splits_apart(dataset)
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
    """How far the mean of each trial is from that of all.

    What conditions of enough trials explain is taken away. Relative to the mean where a logarithm is read
    out. NaN where nothing was recorded.
    """
    known = session.observed_bins()
    means = mean_of_known(np.where(known, session.values, np.nan).astype(float), 1)
    overall = mean_of_known(means, 0)
    means = means - overall
    if session.condition is not None:
        labels = np.unique(session.condition)
        group = groups_of_labels(session.condition, labels)
        enough = np.bincount(group, minlength=len(labels)) >= FEWEST_OF_A_CONDITION
        of_conditions = np.nan_to_num(means_of_groups(means, group)) * enough[:, None]
        means = means - of_conditions[group]
    scale = np.where(logs, overall, 1.0)
    return means / np.where(scale > 0, scale, np.inf)


def _warn_of_splits_apart(dataset: Dataset) -> None:
    """Warn where validation trials lie outside of the training trials, whose offsets are held there."""
    for session in dataset.sessions:
        places = places_in_session(session, dataset.bin_width_s)
        training = places[session.of_split("train")]
        valid = places[session.of_split("valid")]
        apart = (valid < training.min()) | (valid > training.max())
        if valid.size and apart.mean() > 0.5:
            warnings.warn(
                f"session `{session.name}`: {int(apart.sum())} of {valid.size} validation trials lie "
                "before or behind all training trials by their `trial_index`, so that slow offsets do not "
                "follow what drifts there. Say where trials were in the session, or let them alternate",
                UserWarning,
                stacklevel=3,
            )
