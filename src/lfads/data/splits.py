"""Which trials train and which validate, where the data do not say."""

from collections.abc import Sequence

import numpy as np

from lfads.checks import Problems, UserError


def default_split(num_trials: int, condition: np.ndarray | None = None) -> np.ndarray:
    """Every fifth trial validates, or every fifth trial of each condition.

    Trial i validates where i % 5 == 4, i counted from 0 through the trials, or through those of the first
    condition, then the second, and so on. Among two to four trials, the last validates.

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
    valid = _spread(num_trials, 0.2, condition)
    return np.where(valid, "valid", "train")


def split_trials(
    num_trials: int,
    *,
    condition: np.ndarray | None = None,
    by: str = "trial",
    valid: float = 0.2,
    test: float = 0.0,
    test_conditions: Sequence[object] = (),
) -> np.ndarray:
    """Which trials train, validate and test, without chance: the same data give the same split.

    Parameters
    ----------
    num_trials
        In the order of the recording.
    condition
        Label of each trial.
    by
        `trial`: validation and test trials are spread evenly over the session, over each condition if
        there are any. `block`: the last trials test, those before them validate, so that no split lies
        in between another.
    valid, test
        Shares of the trials.
    test_conditions
        Labels whose trials all test; the others are split by the rule.

    Returns
    -------
    np.ndarray
        `train`, `valid` or `test` for each trial.

    Raises
    ------
    UserError
        If shares leave nothing to train, or a label is unknown.

    Examples
    --------
    >>> split_trials(5, by="block", valid=0.2, test=0.2).tolist()
    ['train', 'train', 'train', 'valid', 'test']
    """
    _check_shares(by, valid, test)
    split = np.full(num_trials, "train", dtype="<U5")
    if len(test_conditions):
        split[_of_conditions(condition, test_conditions)] = "test"
    rest = np.flatnonzero(split == "train")
    labels = None if condition is None else condition[rest]
    if by == "block":
        num_test, num_valid = (
            max(round(share * len(rest)), 1) if share > 0 else 0 for share in (test, valid)
        )
        split[rest[max(0, len(rest) - num_test - num_valid) :]] = "valid"
        split[rest[max(0, len(rest) - num_test) :]] = "test"
    else:
        chosen = _spread(len(rest), test, labels)
        split[rest[chosen]] = "test"
        others = rest[~chosen]
        labels = None if labels is None else labels[~chosen]
        split[others[_spread(len(others), valid / (1 - test), labels)]] = "valid"
    if not (split == "train").any():
        raise UserError(
            f"{num_trials} trials leave none to train on with shares of {valid:g} to validate and "
            f"{test:g} to test: make them smaller"
        )
    return split


def _check_shares(by: str, valid: float, test: float) -> None:
    problems = Problems("split")
    problems.require(by in ("trial", "block"), f"must be by `trial` or `block`; got {by!r}")
    for name, share in (("valid", valid), ("test", test)):
        problems.require(0 <= share < 1, f"the share to {name} must be from 0 to 1; got {share}")
    problems.require(valid + test < 1, f"shares must leave trials to train; got {valid + test:g}")
    problems.raise_if_any()


def _of_conditions(condition: np.ndarray | None, labels: Sequence[object]) -> np.ndarray:
    known = [] if condition is None else [str(label) for label in np.unique(condition)]
    unknown = [str(label) for label in labels if str(label) not in known]
    if condition is None or unknown:
        names = ", ".join(known) if known else "the trials have none"
        raise UserError(f"there is no condition {', '.join(unknown)}; known: {names}")
    return np.isin(condition.astype(str), [str(label) for label in labels])


def _spread(num_trials: int, share: float, condition: np.ndarray | None) -> np.ndarray:
    """A share of the trials, evenly spread over each condition, else over all."""
    found = evenly_spread(num_trials, share)
    if condition is not None:
        # One count through all conditions: each gets its share to within a trial, all together exactly.
        order = np.argsort(np.unique(condition, return_inverse=True)[1], kind="stable")
        found[order] = found.copy()
    if share > 0 and not found.any() and num_trials > 1:
        found[-1] = True
    return found


def evenly_spread(number: int, share: float) -> np.ndarray:
    """A mask of a share of so many things, evenly spread.

    >>> evenly_spread(6, 1 / 3).astype(int).tolist()
    [0, 0, 1, 0, 0, 1]
    """
    place, slack = np.arange(number), 1e-9  # five fifths are one
    return np.floor((place + 1) * share + slack) > np.floor(place * share + slack)
