"""Averages over training trials, by condition or over all, on axes that sessions share.

Only what the encoders see is averaged: training trials, encoded neurons, no forward bins.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.means import groups_of_labels, means_of_groups, on_same_bins
from lfads.numerics.smoothing import smoothed
from lfads.stitching.shared import labels_of_all


def condition_averages(
    session: Session, conditions: Sequence[object] | None, smoothing_bins: float
) -> Float[np.ndarray, "condition time neuron"]:
    """Smoothed mean counts per bin of encoded neurons over the training trials of each condition.

    Each mean is over what was observed, within trials of their own lengths.

    Parameters
    ----------
    session
        Trials with condition labels.
    conditions
        Labels, in the order of the result; compared as text, so that 1 and "1" are one condition. None:
        all trials, as if they were of one.
    smoothing_bins
        Standard deviation of the Gaussian kernel, in bins.

    Returns
    -------
    Float[np.ndarray, "condition time neuron"]
        NaN where a condition has no training trial, or none that was observed in that bin.

    Raises
    ------
    UserError
        If the session has no conditions.

    Examples
    --------
    >>> counts = np.zeros((4, 3, 2), int)
    >>> counts[:2] = 1
    >>> session = Dataset.from_arrays(
    ...     counts, bin_width_s=0.01, split=["train"] * 4, condition=["left", "left", "up", "up"]
    ... ).session
    >>> condition_averages(session, ["left", "up", "down"], 1.0)[:, 0, 0]
    array([ 1.,  0., nan])
    """
    part = encoded_part(session)
    if conditions is None:
        group = np.zeros(part.num_trials, np.int64)
    elif part.condition is None:
        raise UserError(
            f"session `{session.name}`: its trials have no condition labels: give `condition`, one for "
            "each trial, or align by time course"
        )
    else:
        group = groups_of_labels(part.condition, conditions)
    num_groups = 1 if conditions is None else len(conditions)
    means = means_of_groups(part.values, group, num_groups, part.observed_of_any())
    return smoothed(means, smoothing_bins)


def encoded_part(session: Session, num_forward_bins: int = 0) -> Session:
    """Training trials, encoded neurons and encoded bins of a session, without what stands beside them."""
    trains, neurons = session.of_split("train"), np.logical_not(session.held_out_neurons)
    bins = session.num_bins - num_forward_bins

    def cut(array: np.ndarray) -> np.ndarray:
        return array[trains][:, :bins][:, :, neurons]

    return Session(
        name=session.name,
        values=cut(session.values),
        split=session.split[trains],
        trial_length=session.trial_length[trains] - num_forward_bins,
        trial_index=session.trial_index[trains],
        held_out_neurons=session.held_out_neurons[neurons],
        observed=None if session.observed is None else cut(session.observed),
        condition=None if session.condition is None else session.condition[trains],
    )


def encoded_parts(dataset: Dataset) -> tuple[Session, ...]:
    """`encoded_part` of every session."""
    return tuple(encoded_part(s, dataset.num_forward_bins) for s in dataset.sessions)


def averages_of_all(
    parts: Sequence[Session], by_condition: bool, smoothing_bins: float
) -> list[Float[np.ndarray, "condition time _"]]:
    """Averages of every session on the conditions of all and the bins of the longest, NaN where unknown.

    Conditions are in the order of `labels_of_all`.
    """
    conditions = labels_of_all(parts) if by_condition else None
    return on_same_bins([condition_averages(part, conditions, smoothing_bins) for part in parts])
