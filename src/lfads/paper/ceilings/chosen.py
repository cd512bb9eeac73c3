"""Which trials a ceiling is computed of."""

import numpy as np

from lfads.data.session import Session
from lfads.numerics.evenly import evenly


def chosen_trials(session: Session, most_training: int, most_validation: int | None) -> Session:
    """At most so many trials of each split, evenly spread, in the order of the session.

    Parameters
    ----------
    session
        All trials.
    most_training
        To fit the linear map on that leads from factors to true latents.
    most_validation
        To score; None for all.
    """
    chosen = []
    for split, most in (("train", most_training), ("valid", most_validation)):
        there = np.flatnonzero(session.of_split(split))
        chosen.append(there[evenly(len(there), len(there) if most is None else most)])
    return session.take(np.sort(np.concatenate(chosen)))
