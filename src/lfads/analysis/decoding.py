"""How well behaviour can be read from rates, from factors, and from smoothed spikes, side by side.

Each signal is mapped linearly to every channel of behaviour in the same bin, by ridge regression on its
values now and a few bins before. R² is that of trials that were used for nothing in the decoder: width of
the smoothing, past and penalty are chosen, and the map and its principal components are fitted, on the
other folds of trials.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.behavior import (
    Names,
    channels_of,
    in_space,
    standardised,
)
from lfads.analysis.decoders import METHODS, MOST_FOR_KALMAN, Trained, said_of_kalman
from lfads.analysis.decoding_figure import draw_decoding
from lfads.analysis.decoding_material import material_of
from lfads.analysis.decoding_result import labelled
from lfads.analysis.design import (
    STEP_S,
    STEPS,
    Signal,
    check_folds,
    filled,
    step_in_bins,
    steps_of,
)
from lfads.checks import UserError, first_of, many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import bin_width_of, holds, values_of
from lfads.numerics.smoothing import smoothed_everywhere
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles

WIDTHS_S = (0.03, 0.06, 0.12)


@dataclass(frozen=True)
class Decoding:
    """Behaviour decoded linearly from rates, factors and smoothed spikes, R² of trials that were left out.

    Parameters
    ----------
    num_folds
        Of trials: each is predicted once, from what was chosen and fitted on the others.
    widths_s
        Standard deviations of the Gaussian that smooths the spikes, to choose from, in seconds.
    num_components
        Numbers of principal components to choose from, for signals of more dimensions.
    most_samples
        Of more bins with behaviour than these, evenly chosen trials are used.
    behavior
        Series to decode, one or several by name; by default all that consist of numbers.
    in_space
        The series of two or three channels that is drawn as paths in space, true and decoded; by default
        the first whose name says that it is a position (`pos`, `position`, `xy`). `()` draws none.
    angles
        Directions of conditions in degrees, by label or in their order, where labels are codes of them:
        they choose the colours.
    method
        `ridge`: a linear map of the signal and its past, which of smoothed spikes is a Wiener filter.
        `kalman`: a Kalman filter whose state is the behaviour, and that observes the signal at one lag.
    past_s
        How much of the past to choose from, or at which lags: in seconds, in steps of 0.04 s (of one bin,
        where that is wider).

    Raises
    ------
    UserError
        If a choice is out of its range.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 3: decoding of reaching kinematics.
    Wu et al. (2006), Neural Computation 18:80-118: the Kalman filter.

    Examples
    --------
    >>> from lfads.simulate.reaching import simulate_reaching
    >>> data = simulate_reaching(num_neurons=20, num_bends=1, trials_per_condition=5)
    >>> rates = ("trial", "time", "neuron"), data.session.true_rates_hz
    >>> posterior = xr.Dataset({"rates": rates}, attrs={"bin_width_s": 0.01})
    >>> posterior = posterior.assign_coords(time=np.arange(-30, 70) / 100)
    >>> found = Decoding(behavior="hand_velocity").compute(posterior, data.session)
    >>> bool((found["r2"].sel(signal="rates") > 0.9).all())
    True
    """

    num_folds: int = 5
    widths_s: Sequence[float] = WIDTHS_S
    num_components: Sequence[int] = (10, 30, 100)
    most_samples: int = 10_000
    behavior: Names = None
    in_space: Names = None
    angles: Angles | None = None
    method: str = "ridge"
    past_s: Sequence[float | int] | float | int = tuple(STEP_S * number for number in STEPS)

    title = "Decoding of behaviour"
    needs = ("rates", "behavior")
    height_in = 4.6

    def __post_init__(self) -> None:
        check_folds("decoding", self.num_folds)
        if self.method not in METHODS:
            raise UserError(
                f"decoding: `method` must be {' or '.join(METHODS)}; got {self.method!r}"
            )
        if not all(0 <= past < np.inf for past in self._pasts()):
            raise UserError(f"decoding: `past_s` must be seconds, 0 or more; got {self.past_s}")

    def _pasts(self) -> tuple[float | int, ...]:
        return (self.past_s,) if isinstance(self.past_s, int | float) else tuple(self.past_s)

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """R² of each signal and channel, what was chosen, and the behaviour, true and decoded.

        Raises
        ------
        UserError
            If there is no such behaviour, or in fewer than three trials; if a Kalman filter is given
            channels that are not known together.
        """
        in_space(channels_of(session, self.behavior).series, self.in_space)  # before the work
        width_s = bin_width_of(posterior)
        given = material_of(posterior, session, self.behavior, self.num_folds, self.most_samples)
        data, trials, channels, fold = given
        targets = standardised(channels)
        trained = Trained(
            fold, step_in_bins(width_s), self.num_components, steps_of(self._pasts(), width_s)
        )
        found = {}
        smoothed = "smoothed spikes" if data.kind == "counts" else "smoothed signals"
        for name in ("rates", "factors", smoothed):
            with one_thread():
                variants = list(self._variants(name, posterior, data, trials, width_s))
                if not variants:
                    continue
                try:
                    found[name] = METHODS[self.method](variants, targets.values, trained)
                except UserError as error:
                    raise said_of_kalman(error, channels, data.name) from None
        result = labelled(found, targets, channels, posterior.isel(trial=trials), fold, self.method)
        left = posterior.sizes["trial"] - len(trials)
        return result.assign_attrs(trials_left_out=left, decoder=self.method)

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """R² of each channel, a column for each signal."""
        rows = [("R² of left-out trials", *map(str, result["signal"].values))]
        for place, channel in enumerate(result["channel"].values):
            remark = str(result["remark"].values[place])
            r2 = result["r2"].values[:, place]
            rows.append((str(channel), *(remark or in_words(float(value)) for value in r2)))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        sizes, width_s = result.sizes, bin_width_of(result)
        text = (
            f"Behaviour decoded {self._in_words} in each bin. Above: R² of trials that were left out, "
            f"mean ± s.d. over {sizes['fold']} folds of {many(sizes['trial'], 'trial')}. Below: single "
            f"ones of these. {self._how(width_s)} are chosen within the other folds. Smoothed spikes are "
            "those of encoded neurons."
        )
        for name, remark in zip(result["channel"].values, result["remark"].values, strict=True):
            if str(remark):
                text += f" R² is not defined for {name}, which is {remark}."
        if in_space(result["series"].values.tolist(), self.in_space):
            who = (
                "condition"
                if "condition" in result.coords
                else "the direction of the recorded path"
            )
            text += (
                f" Lowest: paths of single left-out trials, coloured by {who}; a dot is the end."
            )
        if (left := int(result.attrs["trials_left_out"])) > 0:
            why = "since there are very many, or no behaviour was recorded in them"
            text += f" {many(left, 'trial')} of the data are not used, {why}."
        return text

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """R² above, single trials below, and paths in space where behaviour is a position."""
        places = in_space(result["series"].values.tolist(), self.in_space)
        draw_decoding(figure, result, places, self.angles)

    @property
    def _in_words(self) -> str:
        return {"ridge": "linearly", "kalman": "by a Kalman filter"}[self.method]

    def _how(self, width_s: float) -> str:
        most_ms = 1000 * steps_of(self._pasts(), width_s)[-1] * step_in_bins(width_s) * width_s
        numbers = f"({first_of(self.num_components)}, or all there are)"
        if self.method == "kalman":
            return (
                "Its state is the behaviour, whose dynamics and noise, and how a signal depends on it, "
                "are fitted to the other folds. The lag of behaviour behind the signal (up to "
                f"{most_ms:g} ms), the smoothing of spikes and the number of principal components "
                f"({MOST_FOR_KALMAN} at most)"
            )
        return (
            f"Ridge regression on a signal's present and on up to {most_ms:g} ms of its past, which of "
            "smoothed spikes is a Wiener filter; at a trial's start the first bin stands for what was "
            "before. The smoothing of spikes, the past, the number of principal components "
            f"{numbers} and the penalty"
        )

    def _variants(
        self, name: str, posterior: xr.Dataset, data: Session, trials: np.ndarray, width_s: float
    ) -> Iterator[tuple[float, Signal]]:
        """A signal by the width of its smoothing, NaN without; nothing if the posterior lacks it."""
        if name in ("rates", "factors"):
            if holds(posterior, name):
                axis = {"rates": "neuron", "factors": "factor"}[name]
                yield np.nan, filled(values_of(posterior, name, axis)[trials])
            return
        encoded = ~data.held_out_neurons
        part = data.take(trials)
        known = part.observed_of_any()
        known = known if known.shape[2] == 1 else known[:, :, encoded]
        for width in self.widths_s:
            smooth = smoothed_everywhere(part.values[:, :, encoded], width / width_s, known)
            yield width, filled(smooth)
