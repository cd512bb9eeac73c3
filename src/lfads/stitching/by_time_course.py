"""Sessions without conditions are aligned by how activity goes on average through a trial.

Each session has factors of its own; rotating them changes nothing within the session, so they are rotated
such that their averages over trials follow a common course.
"""

import numpy as np

from lfads.data.dataset import Dataset
from lfads.numerics.factor_analysis import posterior_weights
from lfads.numerics.moments import moments_of
from lfads.numerics.procrustes import rotations_onto_common
from lfads.stitching.agreement import SMOOTHING_S, agreement_of
from lfads.stitching.alignment import (
    Alignment,
    StartingReadIn,
    check_sizes,
    inputs_of,
    with_unit_inputs,
)
from lfads.stitching.averages import averages_of_all, encoded_parts


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
        moments = moments_of(part.spikes, part.observed_of_any(), smoothing_bins)
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
    scaled = with_unit_inputs(parts, read_ins)
    return Alignment(
        start="time_course",
        read_ins=scaled,
        agreement=agreement_of(list(map(inputs_of, averages, scaled))),
    )
