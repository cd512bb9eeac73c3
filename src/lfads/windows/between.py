"""Windows between the parts of a recording that train and those that validate."""

import numpy as np

from lfads.arrays import TrialMask
from lfads.data.places import are_windows
from lfads.data.session import Session
from lfads.windows.context import held_by, places_of


def lie_between(session: Session) -> TrialMask:
    """True for windows of the test that share bins with windows that train or validate.

    `lfads.chop` gives them to the test so that they are inferred and results cover every bin; scored they
    cannot be, since the network was trained on some of their bins.

    Examples
    --------
    >>> from lfads.windows.chop import chop
    >>> split = np.repeat(["train", "valid", "test"], [8, 4, 8])
    >>> windows = chop(np.ones((20, 1), int), bin_width_s=0.1, window_bins=4, overlap_bins=2, split=split)
    >>> windows.session.split.tolist()
    ['train', 'train', 'train', 'test', 'valid', 'test', 'test', 'test', 'test']
    >>> lie_between(windows.session).tolist()
    [False, False, False, True, False, True, False, False, False]
    """
    if not are_windows(session.trial_table):
        return np.zeros(session.num_trials, bool)
    places = places_of(session)
    if not places.agree:
        return np.zeros(session.num_trials, bool)
    seen = held_by(places, session.of_split("train", "valid"))
    before = np.concatenate([[0], np.cumsum(seen)])
    return session.of_split("test") & (before[places.end] > before[places.begin])
