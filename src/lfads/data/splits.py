"""Which trials train and which validate, where the data do not say."""

import numpy as np

from lfads.checks import UserError


def default_split(num_trials: int, condition: np.ndarray | None = None) -> np.ndarray:
    """Every fifth trial validates, or every fifth trial of each condition.

    Trial i validates where i % 5 == 4, i counted from 0 within the condition if there are any.
    Where conditions have so few trials that this gives less than half of a fifth of all trials,
    every fifth of all trials validates. Among two to four trials, the last validates.

    Parameters
    ----------
    num_trials
        Number of trials, at least one.
    condition
        Label of each trial.

    Returns
    -------
    np.ndarray
        `train` or `valid` for each trial; at least one trains.

    Raises
    ------
    UserError
        If there is no trial.

    Examples
    --------
    >>> default_split(6).tolist()
    ['train', 'train', 'train', 'train', 'valid', 'train']
    """
    if num_trials < 1:
        raise UserError(f"expected at least one trial to split; got {num_trials}")
    rank = np.arange(num_trials)
    valid = rank % 5 == 4
    if condition is not None:
        within = _rank_within(condition) % 5 == 4
        if 2 * within.sum() >= valid.sum():
            valid = within
    if not valid.any() and num_trials > 1:
        valid[-1] = True
    return np.where(valid, "valid", "train")


def _rank_within(condition: np.ndarray) -> np.ndarray:
    """How many earlier trials share the condition of each trial."""
    _, label, count = np.unique(condition, return_inverse=True, return_counts=True)
    order = np.argsort(label, kind="stable")
    first = np.cumsum(count) - count
    rank = np.empty(len(label), dtype=np.int64)
    rank[order] = np.arange(len(label)) - np.repeat(first, count)
    return rank
