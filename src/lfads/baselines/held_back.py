"""Which trials a baseline is fitted to while it chooses, and which its choices are scored on."""

import warnings

import numpy as np

from lfads.arrays import TrialMask
from lfads.baselines.baseline import training_trials
from lfads.data.session import Session

_EVERY = 5  # training trial is held back where none validates


def trials_to_choose_on(session: Session) -> tuple[TrialMask, TrialMask, str]:
    """Masks of trials to fit and to score while choosing, and what the latter are, in words."""
    train, valid = training_trials(session), session.of_split("valid")
    if valid.any():
        return train, valid, "validation trials"
    chosen = np.flatnonzero(train)[_EVERY - 1 :: _EVERY]
    if not len(chosen):
        warnings.warn(
            f"session `{session.name}` has no validation trials, and too few to hold some back: choices "
            "are scored on the training trials, which does not show over-fitting",
            stacklevel=2,
        )
        return train, train, "training trials"
    held_back = np.zeros_like(train)
    held_back[chosen] = True
    return train & ~held_back, held_back, "every fifth training trial"
