"""Signals of a recording, read when and as far as they are asked for."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lfads.checks import UserError, describe, many
from lfads.data.companions import is_finite_number
from lfads.recordings.libraries.units_of_time import without_unit

OF_EVENTS = "events"
"""Unit of deconvolved traces."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Series:
    """A signal over time.

    Parameters
    ----------
    name
        As users choose it.
    num_samples, num_channels
        Its size.
    times
        Times of samples `start` to `stop`, in seconds: `times(start, stop)`.
    values
        Samples `start` to `stop`, (sample, channel), in `unit`: `values(start, stop)`.
    unit
        Of the values.
    rate_hz
        Samples per second; None where they are not regular.
    delays_s
        By how much later than the times of samples each channel was sampled, as neurons of a frame are
        that is scanned line by line; None where all were at once.
    labels
        Of the channels, if they have others than their numbers.
    problem
        Why it cannot be used, for whoever chooses it; empty for most.

    Examples
    --------
    >>> hand = lfads.Series.from_arrays("hand", np.zeros((500, 2)), rate_hz=100.0, unit="m/s")
    >>> hand.num_samples, hand.num_channels, hand.times(0, 3).tolist()
    (500, 2, [0.0, 0.01, 0.02])
    """

    name: str
    num_samples: int
    num_channels: int
    times: Callable[[int, int], np.ndarray]
    values: Callable[[int, int], np.ndarray]
    unit: str = ""
    rate_hz: float | None = None
    delays_s: np.ndarray | None = None
    labels: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def from_arrays(
        cls, name: str, values: Any, *, times_s: Any = None, rate_hz: float | None = None,
        start_s: float = 0.0, unit: str = "", delays_s: Any = None,
    ) -> "Series":  # fmt: skip
        """A series in memory: times in seconds, or a rate and the time of the first sample.

        `delays_s` are those of the channels, such as of neurons in a frame that is scanned line by line.

        Raises
        ------
        UserError
            If values are no numbers, the rate is not positive, or times and samples differ in number.
        """
        array = _as_numbers(f"series `{name}`: values", values)
        if not array.ndim:
            raise UserError(f"series `{name}`: expected values (sample, channel); got one number")
        if (times_s is None) == (rate_hz is None):
            raise UserError(f"series `{name}`: give either `times_s` or `rate_hz`")
        if rate_hz is None:
            given = _as_numbers(f"series `{name}`: `times_s`", without_unit("times_s", times_s))
            if problem := about_lengths(given.shape, array.shape):
                raise UserError(f"series `{name}`: {problem}")
        else:
            if problem := about_rate(rate_hz) or about_start(start_s):
                raise UserError(f"series `{name}`: {problem}")
            _warn_of_few_samples(name, array.shape)
            given = start_s + np.arange(len(array)) / float(rate_hz)
        array = array.reshape(len(array), -1) if array.size else array.reshape(len(array), 1)
        delays = None
        if delays_s is not None:
            delays = _as_numbers(f"series `{name}`: `delays_s`", delays_s)
            if delays.shape != array.shape[1:] or not np.isfinite(delays).all():
                raise UserError(
                    f"series `{name}`: `delays_s` must be finite seconds, one for each of "
                    f"{many(array.shape[1], 'channel')}; got {describe(delays)}"
                )
        return cls(
            name=name, num_samples=len(array), num_channels=array.shape[1], unit=unit,
            delays_s=delays, rate_hz=rate_hz, times=lambda a, b: given[a:b], values=lambda a, b: array[a:b],
        )  # fmt: skip


def stored_name(name: str) -> str:
    """The name of a series as files hold it, where `/` parts groups.

    >>> stored_name("behavior/Position/hand")
    'behavior.Position.hand'
    """
    return name.replace("/", ".")


def about_rate(rate_hz: Any) -> str:
    """What is wrong with a rate; empty if nothing is."""
    if is_finite_number(rate_hz) and rate_hz > 0 and np.isfinite(1 / float(rate_hz)):
        return ""
    return f"`rate_hz` must be samples per second, positive and finite; got {rate_hz!r}"


def about_start(start_s: Any) -> str:
    """What is wrong with the time of the first sample; empty if nothing is."""
    if is_finite_number(start_s):
        return ""
    return f"`start_s` must be the time of the first sample in seconds, finite; got {start_s!r}"


def about_lengths(times: tuple[int, ...], values: tuple[int, ...]) -> str:
    """What is wrong with the shapes of times and values; empty if nothing is."""
    if times == values[:1]:
        return ""
    said = f"expected one time for each of {many(values[0], 'sample')}; got {times} times"
    if len(values) == 2 and times == values[1:]:
        said += (
            f": values of shape {values} look like (channel, sample), and must be (sample, channel). "
            "Transpose them"
        )
    return said


def _as_numbers(what: str, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise UserError(f"{what} must be numbers in one array; got {describe(array)}")
    return array.astype(np.float64)


def _warn_of_few_samples(name: str, shape: tuple[int, ...]) -> None:
    if len(shape) == 2 and shape[0] < shape[1]:
        warnings.warn(
            f"series `{name}`: values of shape {shape} are {many(shape[0], 'sample')} of "
            f"{many(shape[1], 'channel')}: if the axes are (channel, sample), transpose them",
            stacklevel=4,
        )
