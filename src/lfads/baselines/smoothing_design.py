"""The design of the smoothing baseline: smoothed spikes of the encoded neurons, as features of each bin.

Counts of encoded neurons are smoothed along time by a Gaussian, over the bins that may be seen: those that
were observed, lie within the trial, and are encoded. Beyond its reach a bin that was not seen has the
neuron's mean. Forward bins hold what the last encoded bin has.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.data.session import Session
from lfads.numerics.components import leading_axes
from lfads.numerics.poisson_regression import OwnPart
from lfads.numerics.smoothing import smoothed_everywhere

_FLOOR_HZ = 1.0  # added before the logarithm

FEATURES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "rate": lambda smooth, bin_width_s: smooth,
    "square root": lambda smooth, bin_width_s: np.sqrt(smooth),
    "log": lambda smooth, bin_width_s: np.log(smooth + _FLOOR_HZ * bin_width_s),
}
"""What may be regressed on, by name: functions of smoothed counts per bin, and of a bin's width."""

Activity = Float[np.ndarray, "trial time neuron"]


class Scale(NamedTuple):
    """How activity becomes a design: mean and deviation of each encoded neuron, and their axes.

    Without axes (as many as there are neurons) each feature is one neuron.
    """

    mean: Float[np.ndarray, " neuron"]
    deviation: Float[np.ndarray, " neuron"]
    axes: Float[np.ndarray, "neuron feature"]

    def standardised(
        self, activity: Float[np.ndarray, "*sample neuron"]
    ) -> Float[np.ndarray, "*sample neuron"]:
        """Deviations from each neuron's mean; 0 where nothing near was seen."""
        mean, deviation = (each.astype(activity.dtype) for each in (self.mean, self.deviation))
        return np.nan_to_num((activity - mean) / deviation, copy=False)

    def design(
        self, standardised: Float[np.ndarray, "*sample neuron"]
    ) -> Float[np.ndarray, "*sample feature"]:
        """What to regress on, in the precision of the activity."""
        return standardised @ self.axes.astype(standardised.dtype)


def encoded_bins(session: Session, num_forward_bins: int) -> Bool[np.ndarray, "trial time"]:
    """True for bins within each trial that are encoded."""
    ends = session.trial_length - num_forward_bins
    return np.arange(session.num_bins)[None, :] < ends[:, None]


def smoothed_activity(
    session: Session, num_forward_bins: int, width_s: float, feature: str, bin_width_s: float
) -> Activity:
    """The feature of the smoothed counts of encoded neurons; NaN where nothing near was seen."""
    within = encoded_bins(session, num_forward_bins)
    chosen = ~session.held_out_neurons
    seen = within[:, :, None]
    if session.observed is not None:
        seen = seen & session.observed[:, :, chosen]
    smooth = smoothed_everywhere(session.spikes[:, :, chosen], width_s / bin_width_s, seen)
    smooth = np.take_along_axis(smooth, _held(within)[:, :, None], axis=1)
    return FEATURES[feature](smooth, bin_width_s)


def _held(within: Bool[np.ndarray, "trial time"]) -> Int[np.ndarray, "trial time"]:
    """For each bin the last encoded one that is not after it."""
    last = np.maximum(within.sum(1) - 1, 0)
    return np.minimum(np.arange(within.shape[1])[None, :], last[:, None])


def scale_of(rows: Float[np.ndarray, "sample neuron"], num_components: int | None) -> Scale:
    """Mean and deviation of the activity in training, and its principal axes.

    Parameters
    ----------
    rows
        Activity in all bins of the training trials; NaN where nothing near was seen.
    num_components
        Principal components to regress on; None, or no fewer than there are neurons: all neurons.
    """
    known = np.isfinite(rows)
    number = np.maximum(known.sum(0), 1)
    mean = np.where(known, rows, 0).sum(0, dtype=np.float64) / number
    squares = np.where(known, (rows - mean.astype(rows.dtype)) ** 2, 0)
    deviation = np.sqrt(squares.sum(0, dtype=np.float64) / number)
    num = rows.shape[1]
    scale = Scale(mean, np.where(deviation > 0, deviation, 1.0), np.eye(num))
    if num_components is None or num_components >= num:
        return scale
    standardised = scale.standardised(rows)
    return scale._replace(axes=leading_axes(standardised.T @ standardised, num_components))


def own_part(
    standardised: Float[np.ndarray, "sample neuron"],
    scale: Scale,
    encoded: Int[np.ndarray, " encoded"],
    neurons: Int[np.ndarray, " target"],
) -> OwnPart | None:
    """What some neurons gave to the design themselves; None if all of them are held out.

    Parameters
    ----------
    standardised
        Activity of the encoded neurons.
    scale
        With which the design is made.
    encoded
        Which neurons of the session the encoded ones are.
    neurons
        Which neurons of the session are predicted.
    """
    place = np.searchsorted(encoded, neurons)
    place = np.minimum(place, len(encoded) - 1)
    inside = encoded[place] == neurons
    if not inside.any():
        return None
    loadings = np.where(inside[:, None], scale.axes[place], 0.0)
    return OwnPart(standardised[:, place], loadings.T.astype(standardised.dtype))
