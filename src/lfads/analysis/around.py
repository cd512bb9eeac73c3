"""Inferred rates of single trials in a window around an event, and their conditions.

The window is relative to time zero of the data, or to a time of each trial's own, which a trial column
holds: bins are shifted by whole bins. Trials that do not reach over the whole window, or whose condition is
not known, are left out. A neuron that is nowhere known is 0 throughout, so that no axis holds any of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.analysis.trial_columns import without_label
from lfads.checks import UserError, first_of, many, suggestion
from lfads.data.companions import in_order
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.means import groups_of_labels, means_of_groups

SOFTENING_HZ = 5.0
"""Added to each neuron's range, so that neurons of low rates are not blown up (Churchland et al. 2012)."""

SOFTENING_SHARE = 0.1
"""Of the median range, which is added to that of signals, whose units are their own."""

_SMALLEST = 1e-6  # of what differs, relative to the averages, which may be kept in single precision

AXES = {"rates": "neuron", "factors": "factor"}

WindowS = Sequence[float] | None
"""Start and end in seconds; None for all that there is."""


class Around(NamedTuple):
    """Trials in a window.

    Parameters
    ----------
    rates
        Of the neurons, or factors.
    group
        Number of each trial's condition.
    labels
        Of the conditions, as text.
    trials
        Which trials of the posterior these are.
    time_s
        Middles of bins from the event.
    bin_width_s
        In seconds.
    session
        The data, with exactly these trials.
    signal
        `rates`, or `factors`.
    unit
        That of the signal.
    unknown
        Neurons, or factors, that are nowhere known.
    """

    rates: Float[np.ndarray, "trial time neuron"]
    group: Int[np.ndarray, " trial"]
    labels: np.ndarray
    trials: Int[np.ndarray, " trial"]
    time_s: Float[np.ndarray, " time"]
    bin_width_s: float
    session: Session
    signal: str
    unit: str
    unknown: Int[np.ndarray, " place"]

    @property
    def axis(self) -> str:
        """The dimension of what the signal has one each of."""
        return AXES[self.signal]

    @property
    def num_trials(self) -> Int[np.ndarray, " condition"]:
        """Trials of each condition."""
        return np.bincount(self.group, minlength=len(self.labels))

    def averages(self) -> Float[np.ndarray, "condition time neuron"]:
        """Over the trials of each condition."""
        return means_of_groups(self.rates, self.group, len(self.labels))

    def soft_scale(self) -> Float[np.ndarray, " neuron"]:
        """What each neuron is divided by: its range over averages, and 5 spikes/s; of factors, 1.

        Of signals, whose units are their own, its range and a tenth of the median range.
        """
        if self.signal != "rates":
            return np.ones(self.rates.shape[2])
        extent = np.ptp(self.averages(), axis=(0, 1))
        if self.session.kind == "counts":
            return extent + SOFTENING_HZ
        some = extent[extent > 0]
        return extent + (SOFTENING_SHARE * np.median(some) if len(some) else 1.0)

    def take(self, kept: Bool[np.ndarray, " trial"]) -> "Around":
        """With some of the trials, and the conditions as they are."""
        return self._replace(
            rates=self.rates[kept], group=self.group[kept], trials=self.trials[kept],
            session=self.session.take(np.flatnonzero(kept)),
        )  # fmt: skip

    def left_out(self, posterior: xr.Dataset) -> dict[str, int | str]:
        """Attributes that count trials and name neurons of a posterior that are not here."""
        trials = posterior.sizes["trial"] - len(self.trials)
        return {"trials_left_out": trials, "neurons_left_out": ", ".join(map(str, self.unknown))}

    def coordinates(self, posterior: xr.Dataset) -> dict[str, xr.DataArray]:
        """Numbers and splits of the trials, as the posterior has them."""
        names = [n for n in ("trial_index", "split", "trial_length") if n in posterior.coords]
        some = posterior.isel(trial=self.trials)
        return {name: some[name].reset_coords(drop=True) for name in names}


def around(
    posterior: xr.Dataset,
    session: Session,
    who: str,
    *,
    window_s: WindowS = None,
    align_to: str | None = None,
    signal: str = "rates",
    fewest: int = 2,
) -> Around:
    """Rates of all trials that reach over a window, with at least `fewest` conditions.

    Parameters
    ----------
    posterior, session
        Results and their data.
    who
        The analysis that asks, for messages.
    window_s
        Start and end in seconds from the event; by default the whole trial, of time zero alone.
    align_to
        The trial column of the event's time; by default time zero of the data.
    signal
        `rates`, or `factors`.
    fewest
        Conditions that must remain.

    Raises
    ------
    UserError
        If there is no such column or window, or too little in it.
    """
    axis = AXES.get(signal)
    if axis is None:
        raise UserError(f"{who}: `signal=` must be `rates` or `factors`; got {signal!r}")
    data, width_s = matched(session, posterior), bin_width_of(posterior)
    values = np.array(values_of(posterior, signal, axis), np.float64)
    unknown = np.flatnonzero(~np.isfinite(values).any((0, 1)))
    if len(unknown) == values.shape[2]:
        raise UserError(
            f"{who}: `{signal}` of session `{data.name}` are NaN in all trials, bins and {axis}s, so that "
            "there is nothing to look at: infer them again"
        )
    values[:, :, unknown] = 0.0
    time_s = posterior["time"].to_numpy()
    first_s, last_s = float(time_s[0]), float(time_s[-1]) + width_s
    event_s = np.zeros(len(values)) if align_to is None else times_of_column(data, align_to, who)
    start_s, stop_s = _window(window_s, (first_s, last_s), width_s, who, align_to)
    number = round((stop_s - start_s) / width_s)
    at = np.where(np.isfinite(event_s), event_s, np.inf)
    begin = np.clip(np.round((at + start_s - first_s) / width_s), -1, len(time_s)).astype(np.int64)
    there = (begin >= 0) & (begin + number <= len(time_s))
    bins = np.clip(begin[:, None] + np.arange(number), 0, len(time_s) - 1)
    cut = np.take_along_axis(values, bins[:, :, None], axis=1)
    if data.condition is None:
        raise UserError(f"{who} needs conditions of the trials; session `{data.name}` has none")
    known = np.isfinite(cut).all((1, 2)) & ~without_label(data.condition)
    kept = np.flatnonzero(there & known)
    names = data.condition[kept].astype(str)
    labels = np.array(in_order(np.unique(names).tolist()))
    if len(labels) < fewest:
        raise UserError(
            f"{who} needs at least {fewest} conditions; session `{data.name}` has {len(labels)} in the "
            f"{many(len(kept), 'trial')} that reach from {start_s:g} to {stop_s:g} s around "
            f"{f'`{align_to}`' if align_to else 'time zero'}: choose another `window_s=`"
        )
    if not np.ptp(cut[kept], axis=(0, 1)).any():
        raise UserError(
            f"{who}: `{signal}` of session `{data.name}` are the same in all bins and trials there, "
            "so that there is nothing to look for: infer them by a method that lets them vary"
        )
    middles = start_s + (np.arange(number) + 0.5) * width_s
    group = groups_of_labels(names, labels)
    unit = str(posterior[signal].attrs.get("units", "spikes/s")) if signal == "rates" else "1"
    return Around(
        cut[kept], group, labels, kept, middles, width_s, data.take(kept), signal, unit, unknown
    )


def column_of(session: Session, name: str, who: str) -> Float[np.ndarray, " trial"]:
    """A trial column of numbers; a UserError that names those that there are otherwise."""
    columns = numeric_columns(session)
    if name not in columns:
        raise UserError(
            f"{who}: session `{session.name}` has no trial column `{name}` of numbers."
            f"{suggestion(name, columns)} There is {first_of(f'`{c}`' for c in columns) or 'none'}"
        )
    return np.asarray(session.trial_table[name], np.float64)


def in_milliseconds(name: str) -> bool:
    """Whether a column's name says that its times are in milliseconds."""
    return name.lower().endswith("_ms")


def times_of_column(session: Session, name: str, who: str) -> Float[np.ndarray, " trial"]:
    """A trial column of times in seconds; those whose name ends in `_ms` are divided by 1000."""
    return column_of(session, name, who) / (1000.0 if in_milliseconds(name) else 1.0)


def left_out_in_words(result: xr.Dataset) -> str:
    """How many trials, and which neurons, `Around.left_out` says that a result is without."""
    trials = int(result.attrs["trials_left_out"])
    axis, unknown = AXES[result.attrs["signal"]], result.attrs["neurons_left_out"]
    words = ""
    if trials:
        does = "does" if trials == 1 else "do"
        words += (
            f" {many(trials, 'trial')} that {does} not reach over the window, or whose condition is not "
            f"known, {'is' if trials == 1 else 'are'} left out."
        )
    if unknown:
        words += f" Left out, since nowhere known: {axis} {unknown} (counted from 0)."
    return words


def numeric_columns(session: Session) -> list[str]:
    """Names of the trial columns that hold numbers."""
    return [
        name
        for name, column in session.trial_table.items()
        if column.ndim == 1 and column.dtype.kind in "iuf"
    ]


def between_conditions(
    averages: Float[np.ndarray, "condition time neuron"], who: str
) -> Float[np.ndarray, "condition time neuron"]:
    """Averages less their mean over conditions; a UserError if nothing is left."""
    found = averages - averages.mean(0)
    if np.abs(found).max() <= _SMALLEST * np.abs(averages).max():
        raise UserError(
            f"{who}: averages are the same in all conditions, so that nothing can turn: choose ones, or "
            "a method, that lets them differ"
        )
    return found


def event_in_words(align_to: str | None) -> str:
    """What time is counted from."""
    return "time zero of the data" if align_to is None else f"the trial column {align_to}"


def _window(
    window_s: WindowS, there: tuple[float, float], width_s: float, who: str, align_to: str | None
) -> tuple[float, float]:
    if window_s is None:
        if align_to is not None:
            raise UserError(
                f"{who}: `align_to=` needs a window around it, in seconds: `window_s=(0.0, 0.3)`"
            )
        return there
    if len(window_s) != 2 or not np.isfinite(np.asarray(window_s, np.float64)).all():
        raise UserError(
            f"{who}: `window_s=` must be two numbers, start and end in seconds; got {window_s}"
        )
    start_s, stop_s = (float(edge) for edge in window_s)
    if (stop_s - start_s) / width_s < 2.5:
        raise UserError(
            f"{who}: `window_s=` must span at least three bins of {1000 * width_s:g} ms; got "
            f"{start_s:g} to {stop_s:g} s"
        )
    if align_to is None and (start_s < there[0] - width_s / 2 or stop_s > there[1] + width_s / 2):
        raise UserError(
            f"{who}: `window_s=` must lie within {there[0]:g} to {there[1]:g} s, where the data are; got "
            f"{start_s:g} to {stop_s:g} s"
        )
    return start_s, stop_s
