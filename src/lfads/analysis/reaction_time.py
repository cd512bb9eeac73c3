"""Reaction times from when the condition-independent signal of single trials crosses a threshold."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.around import (
    Around,
    WindowS,
    around,
    event_in_words,
    in_milliseconds,
    left_out_in_words,
)
from lfads.analysis.demixing import Grid, Normalised, axes_of, chosen_penalty
from lfads.analysis.dpca import FEWEST_CONDITIONS
from lfads.analysis.reaction_columns import (
    check_unit,
    column_in_words,
    is_onset,
    likely_column,
    measured_s,
)
from lfads.analysis.reaction_time_figure import draw_reaction_time
from lfads.checks import UserError, first_of, many, require_whole
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.numerics.means import mean_of_known
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles

FRACTIONS = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Of the way from before go to the peak: thresholds to choose from."""

FEWEST_TRIALS = 10


@dataclass(frozen=True)
class ReactionTime:
    """Reaction times of left-out trials, predicted from their neural activity alone.

    The condition-independent signal is the first demixed component that all conditions share (`dpca`, part
    `time`), with the sign with which it rises after go. A single trial's rates are projected on it; the
    prediction is when this first crosses a threshold upwards after go, between bins by a straight line.
    Axis and threshold come from the other folds of trials. The threshold is a fraction of the way from the
    mean course before go to its peak; the fraction is the one that correlates best in the trials that the
    axis is fitted to.

    Parameters
    ----------
    column
        Trial column of measured reaction times, or times of movement onset, in seconds; by default the one
        whose name says so. If its name ends in `_ms`, it is divided by 1000.
    go
        Trial column of the time of the go cue; by default time zero of the data. It is subtracted from
        times of movement onset, which count from time zero (names with `onset`, `movement_start`), and not
        from reaction times, or columns of other names, which count from go.
    window_s
        Start and end in seconds from the go cue; by default the whole trial, if go is time zero.
    threshold
        The fraction, above 0 and below 1; by default it is chosen.
    num_folds
        Of trials.
    signal
        `rates`, or `factors`.
    angles
        Directions of conditions in degrees, by label or in their order, for colours.

    References
    ----------
    Kaufman et al. (2016), eNeuro 3(4): the condition-independent signal and reaction times. Pandarinath
    et al. (2018), Nature Methods 15:805-815, Fig. 4 and S6.

    Examples
    --------
    >>> from lfads.baselines.smoothing import Smoothing
    >>> from lfads.simulate.reaching import simulate_reaching
    >>> dataset = simulate_reaching(num_neurons=30, trials_per_condition=5)
    >>> rates = Smoothing(widths_s=(0.04,), penalties=(0.1,)).fit(dataset).infer(dataset).dataset
    >>> result = ReactionTime().compute(rates, dataset.session)
    >>> bool(result["r"] > 0.6), result.attrs["column"]
    (True, 'reaction_time')
    """

    column: str | None = None
    go: str | None = None
    window_s: WindowS = None
    threshold: float | None = None
    num_folds: int = 5
    signal: str = "rates"
    angles: Angles | None = None

    title = "Reaction times from the condition-independent signal"
    height_in = 3.6
    in_report = False

    def __post_init__(self) -> None:
        require_whole("reaction_time", "num_folds=", self.num_folds, 3)
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise UserError(
                "reaction_time: `threshold=` is a fraction of the way to the peak, above 0 and below 1; "
                f"got {self.threshold!r}"
            )

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal, and conditions."""
        return (self.signal, "condition")

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Predicted and measured times, their correlation, slope and bias, and the signal of each trial.

        Raises
        ------
        UserError
            If there is no such column, or more than one that may be meant, or too few trials, or if times
            are too long for seconds.
        """
        column = self.column or likely_column(session)
        less_go = self.go is not None and is_onset(column)
        check_unit(measured_s(session, column, self.go), column, session.name)
        found = around(
            posterior, session, "reaction_time",
            window_s=self.window_s, align_to=self.go, signal=self.signal, fewest=FEWEST_CONDITIONS,
        )  # fmt: skip
        measured = measured_s(found.session, column, self.go)
        if not (found.time_s < 0).any() or not (found.time_s > 0).any():
            raise UserError(
                "reaction_time: needs bins before and after the go cue, which is at "
                f"{event_in_words(self.go)}: say when it is, `go=`, and choose a `window_s=` around it"
            )
        if np.isfinite(measured).sum() < max(FEWEST_TRIALS, self.num_folds):
            raise UserError(
                f"reaction_time: needs at least {FEWEST_TRIALS} trials in which `{column}` is known; got "
                f"{np.isfinite(measured).sum()}"
            )
        trials = Normalised.of(found, self.num_folds)
        with one_thread():
            predicted = self._predicted(trials, found.time_s, measured)
        result = _labelled(predicted, trials, measured, found, posterior)
        return result.assign_attrs(
            column=column, go=self.go or "", signal=self.signal, **found.left_out(posterior),
            subtracted=self.go if self.go and less_go else "",
            divided_by=1000.0 if in_milliseconds(column) else 1.0,
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Correlation with its interval, slope, bias, and trials without a crossing."""
        low, high = (float(edge) for edge in result["r_interval"])
        return [
            ("left-out trials", "value"),
            ("correlation r", f"{float(result['r']):.3f} ({low:.2f} to {high:.2f})"),
            ("slope, predicted over measured", in_words(float(result["slope"]))),
            ("bias, predicted less measured (s)", in_words(float(result["bias_s"]))),
            ("share of trials without a crossing", in_words(float(result["without_crossing"]))),
        ]

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        low, high = (float(edge) for edge in result["r_interval"])
        share = 100 * float(result["without_crossing"])
        fractions = np.unique(result["threshold_fraction"].values)
        return (
            "Left: the condition-independent signal, the first demixed component that conditions share, "
            "in single trials, fast reactions dark, and the thresholds (dashed); 0 is the mean before go, "
            "1 the peak of the mean. Right: when the signal first crosses the threshold after go "
            f"({event_in_words(result.attrs['go'] or None)}) against the trial column "
            f"{column_in_words(result)}. Every trial is predicted by an axis and a threshold found in "
            f"other trials (fractions of the peak: {first_of(f'{f:g}' for f in fractions)}). r = "
            f"{float(result['r']):.2f}, 95 % interval {low:.2f} to {high:.2f}: if 0 is in it, nothing is "
            f"predicted. In {share:.0f} % of {many(result.sizes['trial'], 'trial')} the signal does not "
            "cross." + left_out_in_words(result)
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """The signal in single trials, and predicted against measured times."""
        draw_reaction_time(figure, result, self.angles)

    def _predicted(
        self, trials: Normalised, time_s: np.ndarray, measured: np.ndarray
    ) -> "Predicted":
        grid = Grid(("condition",), (trials.sums.number.shape[1],))
        signal = np.empty(trials.rates.shape[:2])
        times, chosen = np.full(len(measured), np.nan), np.empty(len(trials.sums.folds))
        for left_out in trials.sums.folds:
            others = [fold for fold in trials.sums.folds if fold != left_out]
            own = trials.fold == left_out
            penalty = chosen_penalty(trials.sums.only(others), grid, 1)
            axes = axes_of(trials.sums.some(others), grid, 1, penalty, ("time",))
            course = (trials.rates - axes.centre) @ axes.of_part["time"].decoder[:, 0]
            course = from_before_to_peak(course, course[~own].mean(0), time_s)
            fractions = FRACTIONS if self.threshold is None else (self.threshold,)
            scores = [
                _correlation(crossings(course[~own], time_s, f), measured[~own]) for f in fractions
            ]
            chosen[left_out] = fractions[int(np.argmax(np.nan_to_num(scores, nan=-1.0)))]
            signal[own] = course[own]
            times[own] = crossings(course[own], time_s, chosen[left_out])
        return Predicted(times, signal, chosen)


class Predicted(NamedTuple):
    """Times of crossing (NaN without), the signal of each trial, and the threshold of each fold."""

    times_s: Float[np.ndarray, " trial"]
    signal: Float[np.ndarray, "trial time"]
    fraction: Float[np.ndarray, " fold"]


def from_before_to_peak(
    course: Float[np.ndarray, "trial time"], mean: Float[np.ndarray, " time"], time_s: np.ndarray
) -> Float[np.ndarray, "trial time"]:
    """Courses for which the mean is 0 before go and 1 at its peak after it, whichever sign it had."""
    before, after = mean[time_s < 0].mean(), mean[time_s > 0] - mean[time_s < 0].mean()
    peak = after[int(np.abs(after).argmax())]
    return (course - before) / (peak if abs(peak) > 1e-12 else 1.0)


def crossings(
    course: Float[np.ndarray, "trial time"], time_s: Float[np.ndarray, " time"], threshold: float
) -> Float[np.ndarray, " trial"]:
    """When each course first crosses a threshold upwards after time zero; NaN if it does not.

    >>> crossings(np.array([[0.0, 0.0, 1.0], [0.0, 0.1, 0.2]]), np.array([-0.1, 0.1, 0.2]), 0.5).round(3)
    array([0.15,  nan])
    """
    low, high = course[:, :-1], course[:, 1:]
    up = (low < threshold) & (high >= threshold) & (time_s[1:] > 0)
    at = up.argmax(1)
    trial = np.arange(len(course))
    rise = high[trial, at] - low[trial, at]
    part = (threshold - low[trial, at]) / np.where(rise > 0, rise, 1.0)
    times = time_s[at] + part * (time_s[at + 1] - time_s[at])
    return np.where(up.any(1), times, np.nan)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's; NaN if one does not vary, or of fewer than four trials."""
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < 4 or np.ptp(one[known]) == 0 or np.ptp(other[known]) == 0:
        return float("nan")
    return float(np.corrcoef(one[known], other[known])[0, 1])


def _interval(r: float, number: int) -> tuple[float, float]:
    """Of 95 %, by Fisher's z."""
    if not np.isfinite(r) or number < 4:
        return np.nan, np.nan
    z, width = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), 1.96 / np.sqrt(number - 3)
    return float(np.tanh(z - width)), float(np.tanh(z + width))


def _labelled(
    predicted: Predicted,
    trials: Normalised,
    measured: np.ndarray,
    found: Around,
    posterior: xr.Dataset,
) -> xr.Dataset:
    both = np.isfinite(predicted.times_s) & np.isfinite(measured)
    r = _correlation(predicted.times_s, measured)
    about = measured[both] - mean_of_known(measured[both], 0)
    slope = (about * predicted.times_s[both]).sum() / max((about**2).sum(), 1e-300)
    bias = mean_of_known(predicted.times_s - measured, 0)
    one, s = {"units": "1"}, {"units": "s"}
    return xr.Dataset(
        {
            "predicted_s": ("trial", predicted.times_s, {**s, "long_name": "crossing after go"}),
            "measured_s": ("trial", measured, {**s, "long_name": "measured"}),
            "r": ((), r, {**one, "long_name": "Pearson correlation, left-out trials"}),
            "r_interval": ("edge", list(_interval(r, int(both.sum()))), one),
            "slope": ((), float(slope), {**one, "long_name": "of predicted over measured"}),
            "bias_s": ((), float(bias), {**s, "long_name": "mean of predicted less measured"}),
            "without_crossing": ((), float(np.isnan(predicted.times_s).mean()), one),
            "signal": (("trial", "time"), predicted.signal.astype(np.float32), one),
            "threshold_fraction": ("fold", predicted.fraction, one),
        },
        {
            "time": ("time", found.time_s, {"units": "s", "long_name": "middle of the bin, from go"}),
            "condition": ("trial", found.labels[found.group]),
            "fold_of_trial": ("trial", trials.fold),
            **found.coordinates(posterior),
        },
        {"bin_width_s": found.bin_width_s},
    )  # fmt: skip
