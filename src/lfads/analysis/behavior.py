"""Which recorded behaviour is decoded: its channels, which cannot be scored, and which are a place."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError, first_of, suggestion
from lfads.data.session import Session
from lfads.numerics.means import mean_of_known, std_of_known

Names = str | Sequence[str] | None
"""One series of behaviour, several, or None."""

_POSITION = ("pos", "position", "positions", "xy", "xyz")
_SMALLEST = 1e-9  # spread of a channel, relative to its largest value, below which it is constant


class Channels(NamedTuple):
    """Channels of behaviour: values, NaN where nothing was recorded, and of each its name and its series.

    `remark` says why a channel has no R², and is empty otherwise.
    """

    values: Float[np.ndarray, "trial time channel"]
    name: list[str]
    series: list[str]
    remark: list[str]


class Standardised(NamedTuple):
    """Channels about their mean, in standard deviations, so that no unit counts more than another."""

    values: Float[np.ndarray, "trial time channel"]
    mean: Float[np.ndarray, " channel"]
    scale: Float[np.ndarray, " channel"]

    def undone(self, values: np.ndarray) -> np.ndarray:
        """Values as they were recorded."""
        return values * self.scale + self.mean


def as_names(given: Names) -> tuple[str, ...]:
    """One name, several, or none, as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given or ())


def numeric_series(session: Session) -> list[str]:
    """Names of the behaviour that consists of numbers."""
    return [name for name, of in session.behavior.items() if np.asarray(of).dtype.kind in "fiub"]


def check_names(names: Sequence[str], there: Sequence[str], where: str) -> None:
    """A UserError that lists what there is, if some behaviour is not there."""
    unknown = [name for name in names if name not in there]
    if unknown:
        raise UserError(
            f"{where} has no behaviour `{unknown[0]}` that could be decoded."
            f"{suggestion(unknown[0], there)} There is {first_of(f'`{name}`' for name in there) or 'none'}"
        )


def channels_of(session: Session, wanted: Names = None) -> Channels:
    """Channels of the series wanted, by default of all that consist of numbers; NaN behind a trial's end.

    Raises
    ------
    UserError
        If there is no such behaviour.
    """
    there = numeric_series(session)
    if not there:
        raise UserError(f"decoding needs behaviour as numbers; session `{session.name}` has none")
    check_names(as_names(wanted), there, f"session `{session.name}`")
    columns, names, series = [], [], []
    for name in as_names(wanted) or there:
        values = np.asarray(session.behavior[name], np.float64)
        values = values.reshape(*values.shape[:2], -1)
        number = values.shape[2]
        names += [name] if number == 1 else [f"{name} {k}" for k in range(number)]
        series += [name] * number
        columns.append(values)
    whole = np.concatenate(columns, axis=2)
    known = np.isfinite(whole) & session.valid_bins()[:, :, None]
    return _remarked(np.where(known, whole, np.nan), names, series)


def of_trials(channels: Channels, trials: np.ndarray) -> Channels:
    """Some trials, with remarks on these alone."""
    return _remarked(channels.values[trials], channels.name, channels.series)


def standardised(channels: Channels) -> Standardised:
    """Each channel about its mean and in its standard deviation; constant ones are 0."""
    flat = channels.values.reshape(-1, len(channels.name))
    mean, scale = mean_of_known(flat, 0), std_of_known(flat, 0)
    varies = np.array([not remark for remark in channels.remark])
    mean, scale = np.where(np.isfinite(mean), mean, 0.0), np.where(varies, scale, 1.0)
    values = (channels.values - mean) / scale
    return Standardised(np.where(varies | np.isnan(values), values, 0.0), mean, scale)


def says_position(name: str) -> bool:
    """Whether a name says that a series is a place.

    >>> [says_position(name) for name in ("hand_pos", "cursorPosition", "eyepos", "xy", "hand_vel")]
    [True, True, True, True, False]
    """
    words = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return any(word in _POSITION or word.endswith(("pos", "position")) for word in words)


def in_space(series: Sequence[str], wanted: Names = None) -> list[int]:
    """Which two or three channels are drawn in space: those wanted, else those called a position.

    Parameters
    ----------
    series
        The series of each channel.
    wanted
        One series of two or three channels, or two or three series of one; an empty tuple for none. By
        default the first that is called a position.

    Examples
    --------
    >>> in_space(["hand_vel", "hand_vel", "hand_pos", "hand_pos"])
    [2, 3]
    >>> in_space(["pos_x", "pupil", "pos_y"])
    [0, 2]
    """
    of = {name: [k for k, own in enumerate(series) if own == name] for name in series}
    if wanted is not None:
        check_names(as_names(wanted), list(of), "what is decoded")
        found = [k for name in as_names(wanted) for k in of[name]]
        if found and len(found) not in (2, 3):
            raise UserError(
                f"`in_space` must name two or three channels; {first_of(as_names(wanted))} has {len(found)}"
            )
        return found
    positions = [places for name, places in of.items() if says_position(name)]
    whole = [places for places in positions if len(places) in (2, 3)]
    single = [places[0] for places in positions if len(places) == 1]
    return whole[0] if whole else single if len(single) in (2, 3) else []


def _remarked(values: np.ndarray, names: list[str], series: list[str]) -> Channels:
    flat = values.reshape(-1, len(names))
    known = np.isfinite(flat).sum(0) > 0
    largest = np.abs(np.where(np.isfinite(flat), flat, 0.0)).max(0, initial=0.0)
    varies = np.nan_to_num(std_of_known(flat, 0)) > _SMALLEST * largest
    remark = [
        "not recorded" if not k else "" if v else "constant"
        for k, v in zip(known, varies, strict=True)
    ]
    return Channels(values, names, series, remark)
