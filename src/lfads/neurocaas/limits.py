"""What a config says to the platform: minutes, gigabytes, and whether a folder is one model of sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lfads.checks import Problems
from lfads.config.imported_search import is_number

DURATION, DATASET_SIZE, MULTISESSION = "__duration__", "__dataset_size__", "multisession"
USUAL_HOURS = 172_000 / 3600
"""A job may run for so long where nothing is said, as on NeuroCAAS."""


@dataclass(frozen=True)
class Limits:
    """Of a job.

    Parameters
    ----------
    hours
        It may run; None if nothing is said.
    data_bytes
        Its data may have; None if nothing is said.
    is_multisession
        A folder of files is one model of several sessions.
    """

    hours: float | None = None
    data_bytes: float | None = None
    is_multisession: bool = False


def limits_of(values: Mapping[str, Any]) -> Limits:
    """What settings say to the platform.

    >>> limits_of({"__duration__": 90, "multisession": True})
    Limits(hours=1.5, data_bytes=None, is_multisession=True)
    """
    problems = Problems("config")
    minutes, gigabytes = values.get(DURATION), values.get(DATASET_SIZE)
    for name, value, unit in ((DURATION, minutes, "minutes"), (DATASET_SIZE, gigabytes, "GB")):
        problems.require(
            value is None or (is_number(value) and value > 0),
            f"`{name}` must be a number of {unit} above 0; got {value!r}",
        )
    several = values.get(MULTISESSION, False)
    problems.require(
        isinstance(several, bool) or several is None,
        f"`{MULTISESSION}` must be True or False; got {several!r}",
    )
    problems.raise_if_any()
    return Limits(
        None if minutes is None else minutes / 60,
        None if gigabytes is None else gigabytes * 1e9,
        bool(several),
    )
