"""How a user says that a recording is to be read: its layout, its tables, and its unit of time."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from lfads.checks import UserError
from lfads.data.companions import is_finite_number

TimeUnit = Literal["s", "ms", "us", "samples"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the file of a recording is read: the keywords of `lfads.open_recording`, which explains them.

    Raises
    ------
    UserError
        If times are in samples and no rate says how many a second has.
    """

    layout: str | None = None
    trials_table: str | None = None
    units_table: str | None = None
    time_unit: TimeUnit | None = None
    trial_time_unit: TimeUnit | None = None
    sampling_rate_hz: float | None = None

    def __post_init__(self) -> None:
        rate = self.sampling_rate_hz
        if rate is not None and not (is_finite_number(rate) and rate > 0):
            raise UserError(
                f"`sampling_rate_hz=` must be samples per second, positive and finite; got {rate!r}"
            )
        if rate is None and "samples" in (self.time_unit, self.trial_time_unit):
            raise UserError(
                "times in samples need `sampling_rate_hz=`, such as `sampling_rate_hz=30000`"
            )

    def seconds(self, times: Any) -> np.ndarray:
        """Times of spikes in seconds, from the unit that was said; seconds where none was."""
        return in_seconds(times, self.per_second(self.time_unit))

    @property
    def per_second_of_trials(self) -> float:
        """How many of the units that times of trials and events are in make a second."""
        return self.per_second(self.trial_time_unit or self.time_unit)

    def per_second(self, unit: TimeUnit | None) -> float:
        """How many of a unit make a second."""
        if unit == "samples":
            return float(self.sampling_rate_hz or np.nan)
        return {"ms": 1e3, "us": 1e6}.get(unit or "s", 1.0)

    @property
    def said(self) -> dict[str, Any]:
        """What was said, as JSON holds it and `lfads.open_recording` takes it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def in_seconds(times: Any, per_second: float) -> np.ndarray:
    """Times in seconds, as float64; those that are in seconds already come back as they are."""
    array = np.asarray(times)
    array = array if array.dtype == np.float64 else array.astype(np.float64)
    return array if per_second == 1 else array / per_second
