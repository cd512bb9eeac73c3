"""Single bins in which far more neurons fire at once than before and after: noise on many channels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lfads.data.session import Session
from lfads.numerics.means import means_of_groups
from lfads.quality.measures import groups_of

_FEWEST_NEURONS = 5
_SURE = 8.0  # standard deviations; bins are many


@dataclass(frozen=True, eq=False, kw_only=True)
class Bursts:
    """Bins that stand out, the most neurons first.

    Parameters
    ----------
    trial, bin
        Where they are; `trial` is a position in the session.
    num_firing
        Neurons that fire in the bin.
    expected
        Neurons that usually do there.
    """

    trial: Int[np.ndarray, " burst"]
    bin: Int[np.ndarray, " burst"]
    num_firing: Int[np.ndarray, " burst"]
    expected: Float[np.ndarray, " burst"]

    def __len__(self) -> int:
        return len(self.trial)


def bursts_of(session: Session) -> Bursts:
    """Find bins in which far more neurons fire at once than is usual.

    What is usual is the largest of three: the mean of the condition at that time, the median of the
    trial, and what the bins two before and two after hold. The scatter is that of all bins about their
    condition's mean (from the median deviation), at least that of Poisson counts.
    """
    firing = (session.values > 0).sum(2, dtype=np.int64)
    within = session.valid_bins()
    usual = _usual(firing, within, groups_of(session))
    deviation = np.abs(firing - usual)[within]
    scatter = 1.4826 * float(np.median(deviation)) if deviation.size else 0.0
    expected = np.maximum(usual, _beside(firing, within))
    limit = expected + _SURE * np.maximum(np.sqrt(expected + 1), scatter)
    found = within & (firing > limit) & (firing >= _FEWEST_NEURONS)
    trial, bin_ = np.nonzero(found)
    most = np.argsort(-firing[found], kind="stable")
    trial, bin_ = trial[most], bin_[most]
    return Bursts(
        trial=trial, bin=bin_, num_firing=firing[trial, bin_],
        expected=expected[trial, bin_].astype(np.float64),
    )  # fmt: skip


def _usual(firing: np.ndarray, within: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The condition's mean at that time or the trial's median, whichever is larger."""
    means = np.nan_to_num(means_of_groups(firing, group, known=within))
    means[np.bincount(group) < 3] = 0  # a mean over one or two would hold the burst itself
    median = np.ma.median(np.ma.masked_array(firing, ~within), axis=1)
    return np.maximum(means[group], np.ma.filled(median, 0.0)[:, None])


def _beside(firing: np.ndarray, within: np.ndarray) -> np.ndarray:
    """The larger of the counts two bins before and two bins after."""
    padded = np.pad(firing * within, ((0, 0), (2, 2)))
    return np.maximum(padded[:, :-4], padded[:, 4:])
