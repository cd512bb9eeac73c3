"""The read-ins that a network of several sessions starts from: by conditions if there are any."""

import warnings
from collections.abc import Sequence

from lfads.checks import UserError, suggestion
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.stitching.alignment import Alignment
from lfads.stitching.averages import labels_of
from lfads.stitching.by_conditions import align_by_conditions, groups_that_share
from lfads.stitching.by_time_course import align_by_time_course

FEWEST_SHARED = 2  # conditions that a session shares with others


def align(dataset: Dataset, num_components: int, start: str | None = None) -> Alignment:
    """Read-ins that bring the sessions of a data set into one space.

    Parameters
    ----------
    dataset
        One session or several; only training trials count.
    num_components
        Size of the common space.
    start
        `conditions` (`align_by_conditions`) or `time_course` (`align_by_time_course`). By default the
        former if every session shares at least two conditions with others and no group is apart, else the
        latter, with a warning that says why.

    Raises
    ------
    UserError
        If there is no such start, or sessions cannot be aligned in the way that was asked for.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.random.default_rng(0).poisson(1.0, (20, 30, 8))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.01, condition=np.arange(20) % 4)
    >>> align(dataset, 3).start
    'conditions'
    """
    known = {"conditions": align_by_conditions, "time_course": align_by_time_course}
    if start is None:
        why = why_no_conditions(dataset.sessions)
        if why and len(dataset.sessions) > 1:
            warnings.warn(
                f"align: {why}. Sessions are aligned by their averages over all trials instead, which "
                "needs trials that begin at the same event: look at how well sessions agree",
                UserWarning,
                stacklevel=2,
            )
        start = "time_course" if why else "conditions"
    if start not in known:
        raise UserError(f"align: there is no start {start!r}.{suggestion(start, known)}")
    return known[start](dataset, num_components)


def why_no_conditions(sessions: Sequence[Session]) -> str:
    """Why sessions cannot be aligned by conditions; empty if they can."""
    labels = [labels_of(session) for session in sessions]
    without = [s.name for s, own in zip(sessions, labels, strict=True) if not own]
    if len(without) == len(sessions):
        return "no session has condition labels"
    if without:
        return f"there are no condition labels in {_named(without)}"
    if len(sessions) == 1:
        return ""
    few = []
    for number, session in enumerate(sessions):
        others = set().union(*labels[:number], *labels[number + 1 :])
        if len(labels[number] & others) < FEWEST_SHARED:
            few.append(session.name)
    if few:
        return (
            f"fewer than {FEWEST_SHARED} conditions are shared with other sessions by {_named(few)}"
        )
    _, *apart = groups_that_share(sessions)
    if apart:
        names = [sessions[number].name for group in apart for number in group]
        return f"no condition is shared with the other sessions by {_named(names)}"
    return ""


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
