"""Principal-component regression: sessions are aligned by their averages over shared conditions.

Trial averages of all sessions, concatenated over neurons, have common principal components Z. The read-in
of each session predicts them from its own neurons, by a ridge regression with penalty 1 and no intercept.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError, first_of, many
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.components import principal_components
from lfads.numerics.regression import ridge_weights
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.stitching.alignment import (
    Alignment,
    StartingReadIn,
    alignment_of,
    check_sizes,
)
from lfads.stitching.shared import groups_that_share, in_backticks, labels_of
from lfads.stitching.trial_averages import averages_of_all, encoded_parts

PENALTY = 1.0


def align_by_conditions(
    dataset: Dataset, num_components: int, *, smoothing_s: float = SMOOTHING_S
) -> Alignment:
    """Align sessions by the averages of conditions that they share.

    Session s has averages P_s (condition · time, neuron). With means m_s, all sessions side by side are
    [P_1 - m_1, P_2 - m_2, …] = Z V' + residuals, where Z are K principal components, and the weights of its
    read-in are W_s = argmin |(P_s - m_s) W - Z|² + |W|².

    Conditions that a session lacks, and bins that its trials do not reach, are left out of the fit. Its
    means are then those over the conditions and bins of all, as the loadings of its neurons predict them,
    so that sessions with other conditions keep a common origin. Where nothing is missing, they are its own.

    Parameters
    ----------
    dataset
        Sessions with condition labels; labels are compared as text. Only training trials count.
    num_components
        Size of the common space; it may exceed the number of a session's neurons.
    smoothing_s
        Standard deviation of the Gaussian kernel that smooths averages, in seconds.

    Raises
    ------
    UserError
        If a session has no conditions, or shares none with the others, directly or through a third.

    References
    ----------
    Pandarinath et al. 2018, Online Methods, "Multi-session LFADS".

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(1.0, (20, 30, 8))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.01, condition=np.arange(20) % 4)
    >>> align_by_conditions(dataset, 3).read_ins[0].weights.shape
    (8, 3)
    """
    check_sizes(num_components, smoothing_s, "align_by_conditions")
    parts = encoded_parts(dataset)
    _check_shared(parts)
    averages = averages_of_all(parts, True, smoothing_s / dataset.bin_width_s)
    table = np.concatenate([a.reshape(-1, a.shape[-1]) for a in averages], axis=1)
    found = principal_components(table, num_components)
    counts = dataset.kind == "counts"
    ends = np.cumsum([part.num_neurons for part in parts])[:-1]
    read_ins = [
        read_in_onto(average, np.maximum(mean, 0.0) if counts else mean, found.scores)
        for average, mean in zip(averages, np.split(found.mean, ends), strict=True)
    ]
    return alignment_of("conditions", parts, read_ins)


def _check_shared(parts: Sequence[Session]) -> None:
    without = [part.name for part in parts if not labels_of(part)]
    if without:
        raise UserError(
            f"read-ins by conditions: expected condition labels on the training trials of every session; "
            f"{in_backticks(without)} {'has' if len(without) == 1 else 'have'} none: "
            "give `condition`, or align by time course (`model.read_in_start='time_course'`)"
        )
    rest, *apart = groups_that_share(parts)
    if apart:
        names = [parts[number].name for group in apart for number in group]
        shown = first_of(sorted(labels_of(parts[apart[0][0]])), 5)
        raise UserError(
            f"read-ins by conditions: {in_backticks(names)} "
            f"{'shares' if len(names) == 1 else 'share'} no condition with the other "
            f"{many(len(rest), 'session')}, directly or through others (`{names[0]}` has {shown}): name "
            "the same conditions alike in all sessions, leave the session out, or align by time course "
            "(`model.read_in_start='time_course'`)"
        )


def read_in_onto(
    average: Float[np.ndarray, "condition time neuron"],
    offset: Float[np.ndarray, " neuron"],
    scores: Float[np.ndarray, "row component"],
) -> StartingReadIn:
    """Ridge regression of scores on a session's averages, over the rows in which it knows a neuron.

    Parameters
    ----------
    average
        NaN where not known; single neurons count as at their offset there.
    offset
        Taken from the averages.
    scores
        One row for each condition and bin, in the order of the averages; not NaN where those are known.
    """
    rows = average.reshape(-1, average.shape[-1])
    known = ~np.isnan(rows)
    used = known.any(1)
    predictor = np.where(known, rows - offset, 0.0)[used]
    return StartingReadIn(offset=offset, weights=ridge_weights(predictor, scores[used], PENALTY))
