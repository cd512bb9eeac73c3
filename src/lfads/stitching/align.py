"""The read-ins that a network of several sessions starts from: by conditions if there are any.

Sessions without conditions are aligned by how activity goes on average through a trial. Each has factors
of its own; rotating them changes nothing within the session, so they are rotated such that their averages
over trials follow a common course.
"""

import warnings

import numpy as np

from lfads.checks import UserError, suggestion
from lfads.data.dataset import Dataset
from lfads.numerics.factor_analysis import posterior_weights
from lfads.numerics.moments import moments_of
from lfads.numerics.procrustes import rotations_onto_common
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.stitching.alignment import (
    Alignment,
    StartingReadIn,
    alignment_of,
    check_sizes,
    inputs_of,
)
from lfads.stitching.by_conditions import align_by_conditions
from lfads.stitching.from_files import align_by_files
from lfads.stitching.shared import why_no_conditions
from lfads.stitching.trial_averages import averages_of_all, encoded_parts


def align(dataset: Dataset, num_components: int, start: str | None = None) -> Alignment:
    """Read-ins that bring the sessions of a data set into one space.

    Parameters
    ----------
    dataset
        One session or several; only training trials count.
    num_components
        Size of the common space.
    start
        `conditions` (`align_by_conditions`), `time_course` (`align_by_time_course`) or `files`
        (`align_by_files`). By default the first if every session shares at least two conditions with
        others and no group is apart, else the second, with a warning that says why.

    Raises
    ------
    UserError
        If there is no such start, or sessions cannot be aligned in the way that was asked for.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(1.0, (20, 30, 8))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.01, condition=np.arange(20) % 4)
    >>> align(dataset, 3).start
    'conditions'
    """
    known = {
        "conditions": align_by_conditions, "time_course": align_by_time_course, "files": align_by_files,
    }  # fmt: skip
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


def align_by_time_course(
    dataset: Dataset, num_components: int, *, smoothing_s: float = SMOOTHING_S
) -> Alignment:
    """Align sessions by their averages over all trials.

    Factor analysis of session s, on smoothed counts of single training trials, gives factors
    z = (x - m_s) B_s. Orthogonal R_s bring the trial-averaged z R_s of all sessions as close as possible to
    their mean (generalised Procrustes analysis, started from the session with most trials); W_s = B_s R_s.

    Trials must be aligned to the same event in all sessions. A time course determines as many directions as
    it visits; further components are factors of each session, in no common order.

    Parameters
    ----------
    dataset
        Only training trials count.
    num_components
        Size of the common space; it may exceed the number of a session's neurons.
    smoothing_s
        Standard deviation of the Gaussian kernel, in seconds.

    Raises
    ------
    UserError
        If a number is out of range.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(1.0, (20, 30, 8))
    >>> alignment = align_by_time_course(Dataset.from_arrays(counts, bin_width_s=0.01), 3)
    >>> alignment.start, alignment.read_ins[0].weights.shape
    ('time_course', (8, 3))
    """
    check_sizes(num_components, smoothing_s, "align_by_time_course")
    parts, smoothing_bins = encoded_parts(dataset), smoothing_s / dataset.bin_width_s
    averages = averages_of_all(parts, False, smoothing_bins)
    own = []
    for part in parts:
        moments = moments_of(part.values, part.observed_of_any(), smoothing_bins)
        weights = posterior_weights(moments.covariance, num_components)
        own.append(StartingReadIn(offset=moments.mean, weights=weights))
    courses = [
        inputs_of(average, read_in)[0] for average, read_in in zip(averages, own, strict=True)
    ]
    first = int(np.argmax([part.num_trials for part in parts]))
    rotations = rotations_onto_common(courses, first)
    read_ins = [
        StartingReadIn(offset=r.offset, weights=r.weights @ rotation)
        for r, rotation in zip(own, rotations, strict=True)
    ]
    return alignment_of("time_course", parts, read_ins)
