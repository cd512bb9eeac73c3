"""The one number that is called the mean, or the mean rate, of a session wherever it is shown."""

import numpy as np

from lfads.data.session import Session


def mean_value(session: Session) -> float:
    """Mean over all observed samples, of counts in spikes per bin; NaN if none was observed.

    Over neurons and bins together: a neuron that was observed for half of the time counts half.
    """
    num = int(session.observed_bins().sum())
    return float(session.values.sum(dtype=np.float64)) / num if num else float("nan")


def mean_rate(session: Session, bin_width_s: float) -> str:
    """The mean rate in spikes/s, as it is written."""
    return f"{mean_value(session) / bin_width_s:.3g}"
