"""How the reaching experiment scores results: velocity of the hand decoded from rates by one decoder.

Ridge regression with an intercept from all neurons, some time before. Lag and penalty are chosen by folds
of the training trials; all is scored on the validation trials. Beside R² there is what a condition does
not say: the correlation of decoded and true velocity, each without its mean over trials of the condition.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.analysis.design import filled, reduced, sums_of_trials
from lfads.analysis.nested import Choice, chosen, fitted, folds_of, known_together
from lfads.arrays import Series
from lfads.checks import UserError
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.means import mean_of_known
from lfads.numerics.regression import r_squared
from lfads.numerics.smoothing import smoothed_everywhere

VELOCITY = "hand_velocity"
LONGEST_LAG_S = 0.15
NUM_FOLDS = 5
SMOOTHING_S = 0.06
WIENER_LAGS, WIENER_LAG_S = 5, 0.05


class VelocityScores(NamedTuple):
    """Of validation trials: R², mean of x and y, and the correlation beyond the means of conditions."""

    r2: float
    residual_r: float


class DecodedVelocity(NamedTuple):
    """Velocity of all trials in m/s, and what was chosen on training trials."""

    velocity: Series
    lag_s: float
    penalty: float


def velocity_from_rates(session: Session, posterior: xr.Dataset) -> DecodedVelocity:
    """Decode the velocity of the hand from rates of any method.

    Parameters
    ----------
    session
        With the behaviour `hand_velocity`.
    posterior
        One session's results, of some trials. Some of them must train and some validate.

    Returns
    -------
    DecodedVelocity
        Of the posterior's trials, in its order.

    Raises
    ------
    UserError
        If the posterior does not belong to the session, has fewer than two training trials, or there is no
        such behaviour.
    """
    data, rates = matched(session, posterior), values_of(posterior, "rates", "neuron")
    return decoded(data, rates, bin_width_of(posterior), LONGEST_LAG_S)


def velocity_from_smoothed_spikes(session: Session, bin_width_s: float) -> DecodedVelocity:
    """By the same decoder from spikes smoothed by a Gaussian of 60 ms: a floor for rates."""
    known, width = session.observed_of_any(), SMOOTHING_S / bin_width_s
    smooth = smoothed_everywhere(session.spikes, width, known)
    return decoded(session, smooth, bin_width_s, LONGEST_LAG_S)


def velocity_from_spikes(session: Session, bin_width_s: float) -> DecodedVelocity:
    """By a Wiener filter: ridge regression on spikes in the last five times 50 ms.

    What was before the trial is not known, and counts as the mean: bins at its start, taken for all that
    was before, would bring their noise many times.
    """
    bins = max(1, round(WIENER_LAG_S / bin_width_s))
    spikes = np.where(session.observed_bins(), session.spikes, np.nan)
    lately = np.mean([_before(spikes, k) for k in range(bins)], axis=0)
    past = [_before(lately, bins * k) for k in range(WIENER_LAGS)]
    return decoded(session, np.concatenate(past, axis=2), bin_width_s, 0.0)


def decoded(
    session: Session, signal: np.ndarray, bin_width_s: float, longest_lag_s: float
) -> DecodedVelocity:
    """Decode from any signal of the session's trials, `trial time feature`, by lags up to the longest."""
    velocity = true_velocity(session)
    training = session.of_split("train")
    number = int(training.sum())
    if number < 2:
        raise UserError(
            f"session `{session.name}`: the decoder is fitted on training trials, two or more; the results "
            f"have {number}. Infer training trials as well"
        )
    known = np.isfinite(velocity).any(2) & session.valid_bins()
    targets = np.where(known[:, :, None], velocity, np.nan)
    features = reduced(filled(signal), known & training[:, None], signal.shape[2])
    fold = np.full(session.num_trials, -1)
    fold[training] = folds_of(number, NUM_FOLDS, blocks=False, group=_groups(session, training))
    group, best = known_together(targets), None
    for lag in range(round(longest_lag_s / bin_width_s) + 1):
        design = delayed(features, lag)
        inner = [sums_of_trials(design, targets, fold == n, group) for n in range(fold.max() + 1)]
        every = np.arange(design.shape[2] + 1)
        choice = chosen(inner, [every])
        if best is None or choice.score > best.choice.score:
            best = _Best(lag, choice, fitted(inner, every, choice.penalty))
    if best is None:
        raise ValueError("no lag was tried")
    found = delayed(features, best.lag) @ best.weights[:, 1:].T + best.weights[:, 0]
    return DecodedVelocity(found, best.lag * bin_width_s, best.choice.penalty)


def velocity_scores(session: Session, velocity: Series) -> VelocityScores:
    """Score velocity of the session's trials, however it was found.

    Raises
    ------
    UserError
        If the session has no validation trials or no conditions.
    """
    valid = session.of_split("valid")
    if not valid.any() or session.condition is None:
        raise UserError(
            f"session `{session.name}`: velocity is scored on validation trials, within conditions; there "
            f"are {valid.sum()} such trials, and {'no' if session.condition is None else 'some'} conditions"
        )
    true, found, condition = (
        a[valid] for a in (true_velocity(session), velocity, session.condition)
    )
    r2 = float(r_squared(true, found).mean())
    left = [within_condition(each, condition).ravel() for each in (true, found)]
    known = np.isfinite(left[0]) & np.isfinite(left[1])
    return VelocityScores(r2, float(np.corrcoef(left[0][known], left[1][known])[0, 1]))


def true_velocity(session: Session) -> Series:
    """As it was recorded; a UserError if it was not."""
    if VELOCITY not in session.behavior:
        raise UserError(
            f"session `{session.name}` has no behaviour `{VELOCITY}`: take the data as `simulate_reaching` "
            "made them"
        )
    return np.asarray(session.behavior[VELOCITY], np.float64)


def within_condition(values: Series, condition: np.ndarray) -> Series:
    """Without the mean over trials of each condition."""
    left = values.copy()
    for one in np.unique(condition):
        own = condition == one
        left[own] -= mean_of_known(values[own], 0)
    return left


def delayed(signal: Series, bins: int) -> Series:
    """The signal so many bins before; the first bin stands for what was before.

    >>> delayed(np.arange(4.0)[None, :, None], 2).ravel().tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    return signal[:, np.maximum(np.arange(signal.shape[1]) - bins, 0)]


def _before(signal: Series, bins: int) -> Series:
    """The signal so many bins before; NaN for what was before the first."""
    shifted = delayed(signal, bins)
    shifted[:, :bins] = np.nan
    return shifted


class _Best(NamedTuple):
    lag: int
    choice: Choice
    weights: Float[np.ndarray, "target weight"]


def _groups(
    session: Session, training: Bool[np.ndarray, " trial"]
) -> Int[np.ndarray, " chosen"] | None:
    """The condition of each training trial as a number, so that folds are alike."""
    if session.condition is None:
        return None
    return np.unique(session.condition[training], return_inverse=True)[1]
