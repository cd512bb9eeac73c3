"""Behaviour on the bins of a session, brought there as by the benchmark: low-passed, then every so often.

A filter of 501 taps without delay at the rate of the bins; gaps are bridged by lines before it, and are
gaps again behind it. Beyond the ends of the file there is nothing, which the filter takes for 0.
"""

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError, describe
from lfads.nlb.clock import first_bins
from lfads.nlb.datasets import NLBDataset
from lfads.recordings.series import Series

TAPS = 500
RATE_HZ = 1000


class BinnedBehavior:
    """A series on all bins of a session.

    Parameters
    ----------
    series
        At 1 kHz; gaps are possible.
    bin_width_s
        Of the bins.
    end_s
        When the file ends, if that is known.

    Raises
    ------
    UserError
        If the series has other times.
    """

    def __init__(self, series: Series, bin_width_s: float, end_s: float = 0.0) -> None:
        self.bin_width_s = bin_width_s
        times = series.times(0, series.num_samples)
        places = np.round(times * RATE_HZ).astype(np.int64)
        if not len(times) or np.abs(times * RATE_HZ - places).max() > 1e-3 or places.min() < 0:
            raise UserError(
                f"series `{series.name}` must have samples at whole milliseconds, as files of the "
                f"benchmark do; got times {describe(times)}"
            )
        values = series.values(0, series.num_samples)
        factor, length = round(bin_width_s * RATE_HZ), round(end_s * RATE_HZ)
        self.values = decimated(places, values, factor, length)

    def of_trials(
        self, about: NLBDataset, events_s: Float[np.ndarray, " trial"], num_bins: int
    ) -> Float[np.ndarray, "trial time channel"]:
        """Behaviour of trials, later by the lag of the data set; NaN where it is not known."""
        first = first_bins(events_s, about.window_s[0] + about.lag_s, self.bin_width_s)
        places = first[:, None] + np.arange(num_bins)
        there = (places >= 0) & (places < len(self.values))
        found = self.values[np.where(there, places, 0)]
        return np.where(there[:, :, None], found, np.nan)


def decimated(
    places: Int[np.ndarray, " sample"],
    values: Float[np.ndarray, "sample channel"],
    factor: int,
    length: int = 0,
) -> Float[np.ndarray, "bin channel"]:
    """Every so many milliseconds of a series that is low-passed before.

    Parameters
    ----------
    places
        Millisecond of each sample.
    values
        Of each sample; NaN where not known.
    factor
        Milliseconds of a bin.
    length
        Milliseconds that the file lasts, if the series ends before.
    """
    from scipy.signal import decimate

    grid = np.full((max(int(places.max()) + 1, length), values.shape[1]), np.nan)
    grid[places] = values
    missing = np.isnan(grid[::factor])
    if np.isnan(grid).any():
        _bridge(grid)
    found = decimate(grid, factor, n=TAPS, ftype="fir", axis=0)
    found[missing] = np.nan
    return found


def _bridge(grid: np.ndarray) -> None:
    """Lines over gaps, the nearest value beyond the first and last sample."""
    every = np.arange(len(grid))
    for channel in grid.T:
        known = np.isfinite(channel)
        if known.any():
            channel[~known] = np.interp(every[~known], every[known], channel[known])
        else:
            channel[:] = 0.0
