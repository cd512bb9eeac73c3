"""Times that carry their unit (quantities and neo, pint, astropy, pandas, NumPy), in seconds.

None of these libraries is imported: what a value can do tells what it is.
"""

from typing import Any

import numpy as np

from lfads.checks import UserError

SECONDS = {
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "min": 60.0, "minute": 60.0,
    "s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "millisecond": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microsecond": 1e-6, "ns": 1e-9, "nanosecond": 1e-9,
}  # fmt: skip
"""Seconds in a unit, by its names."""


def without_unit(what: str, times: Any) -> Any:
    """Times in seconds, of what carries another unit; anything else as it is.

    Parameters
    ----------
    what
        Their name, for the message.
    times
        Whatever a user gave.

    Raises
    ------
    UserError
        If the unit is none of time.

    Examples
    --------
    >>> without_unit("times", np.array([1500], "timedelta64[ms]")).tolist()
    [1.5]
    """
    dtype = getattr(times, "dtype", None)
    if getattr(dtype, "kind", "") == "m":
        return np.asarray(times) / np.timedelta64(1, "s")
    unit = _unit_of(times)
    if unit is None:
        return times
    if unit not in SECONDS:
        raise UserError(
            f"`{what}` must be times; got values in {unit!r}: expected seconds, or another unit of time"
        )
    magnitude = getattr(times, "magnitude", None)
    plain = np.asarray(times if magnitude is None else magnitude, np.float64)
    return plain.view(np.ndarray) * SECONDS[unit]


def carries_time(values: Any) -> bool:
    """Whether values say that they are times, and in which unit."""
    return getattr(getattr(values, "dtype", None), "kind", "") == "m" or _unit_of(values) in SECONDS


def _unit_of(times: Any) -> str | None:
    """The name of the unit that times carry, as `SECONDS` has it; None if they carry none."""
    name = getattr(getattr(times, "dimensionality", None), "string", None)  # quantities, neo
    for attribute in ("units", "unit"):  # pint; astropy
        name = getattr(times, attribute, None) if name is None else name
    if name is None or isinstance(times, str):
        return None
    word = str(name).strip().lower()
    return word if word in SECONDS else word.removesuffix("s")
