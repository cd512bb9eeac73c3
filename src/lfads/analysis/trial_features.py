"""A few numbers of each trial: means of every signal over a window in time, and initial conditions."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lfads.checks import UserError
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, holds, values_of
from lfads.numerics.means import mean_of_known

Features = Float[np.ndarray, "trial feature"]


def features_of(
    posterior: xr.Dataset,
    data: Session,
    trials: Int[np.ndarray, " chosen"],
    window_s: Sequence[float | int] | None = None,
    num_parts: int = 1,
) -> dict[str, Features]:
    """Features of some trials, by signal.

    Parameters
    ----------
    posterior, data
        Results, and the matched session.
    trials
        Which trials.
    window_s
        Start and end; bins are those that start within. By default all.
    num_parts
        Of equal length, of which each gives a mean.

    Raises
    ------
    UserError
        If the window has fewer bins than parts.
    """
    parts = _parts(posterior, window_s, num_parts)
    within = data.valid_bins()[trials]
    found = {}
    for name, axis in (("rates", "neuron"), ("factors", "factor")):
        if holds(posterior, name):
            found[name] = _means(
                values_of(posterior, name, axis)[trials], within[:, :, None], parts
            )
    if holds(posterior, "initial_condition_mean"):
        values = posterior["initial_condition_mean"].transpose("trial", ...).to_numpy()[trials]
        found["initial conditions"] = _whole(values.reshape(len(trials), -1))
    encoded = ~data.held_out_neurons
    known = data.take(trials).observed_bins()[:, :, encoded]
    name = "spike counts" if data.kind == "counts" else "signals"
    found[name] = _means(data.values[trials][:, :, encoded], known, parts)
    return found


def _parts(
    posterior: xr.Dataset, window_s: Sequence[float | int] | None, num_parts: int
) -> list[np.ndarray]:
    """The bins of each part."""
    time_s = posterior["time"].to_numpy()
    inside = np.arange(len(time_s))
    if window_s is not None:
        slack = 1e-6 * bin_width_of(posterior)
        within = (time_s >= window_s[0] - slack) & (time_s < window_s[1] - slack)
        inside = np.flatnonzero(within)
    if len(inside) < num_parts:
        window = "the trial" if window_s is None else "{:g} to {:g} s".format(*window_s)
        raise UserError(
            f"`window_s` must hold at least {num_parts} bins, one for each part; {window} has "
            f"{len(inside)}: results last from {time_s[0]:g} to {time_s[-1]:g} s"
        )
    return np.array_split(inside, num_parts)


def _means(values: np.ndarray, known: np.ndarray, parts: Sequence[np.ndarray]) -> Features:
    known = np.broadcast_to(known, values.shape) & np.isfinite(values)
    means = [mean_of_known(values[:, part], 1, known[:, part]) for part in parts]
    return _whole(np.concatenate(means, axis=1))


def _whole(features: np.ndarray) -> Features:
    """What a trial has not, such as a part behind its end, becomes the mean of the others."""
    known = np.isfinite(features)
    about = mean_of_known(features, 0, known)
    return np.where(known, features, np.where(np.isfinite(about), about, 0.0)).astype(np.float64)
