"""Hours that groups may use and have used, kept in the bucket: `budgets.json` and a record of each job."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from lfads.checks import Problems, UserError
from lfads.guarded.texts import json_object
from lfads.neurocaas.buckets import Bucket, Entry
from lfads.neurocaas.layout import ACTIVE, BILLING, BUDGETS
from lfads.neurocaas.status import when

DEFAULT = "default"


class Taken(NamedTuple):
    """What a job took.

    Parameters
    ----------
    instance
        Its name.
    group, dataset
        Whose it was, and of what.
    started_at, ended_at
        Seconds since 1970.
    hours
        It ran.
    """

    instance: str
    group: str
    dataset: str
    started_at: float | None
    ended_at: float | None
    hours: float


def budget_of(bucket: Bucket, group: str) -> float | None:
    """Hours that the jobs of a group may run together; None if nothing limits them.

    Raises
    ------
    UserError
        If budgets.json is none.
    """
    try:
        text = bucket.read(BUDGETS)
    except FileNotFoundError:
        return None
    budgets = budgets_of(json_object(text, BUDGETS, "Expected hours by group"))
    return budgets.get(group, budgets.get(DEFAULT))


def budgets_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Hours by group; `default` is that of groups that are not named.

    >>> budgets_of({"default": 300, "lab": 12.5})
    {'default': 300.0, 'lab': 12.5}
    """
    problems = Problems(BUDGETS)
    for name, value in values.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        problems.require(
            is_number and value >= 0,
            f"hours of `{name}` must be a number, 0 or more; got {value!r}",
        )
    problems.raise_if_any()
    return {name: float(value) for name, value in values.items()}


class Billing:
    """Hours that jobs took, by the records of a bucket; each is read once."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._known: dict[tuple[str, str], float] = {}

    def hours_of(self, group: str) -> float:
        """Of all jobs of a group that have ended."""
        found = self.bucket.entries(f"{BILLING}/{group}/")
        return sum((self._hours(entry) for entry in found), 0.0)

    def end(self, taken: Taken) -> None:
        """A job has ended."""
        self.bucket.write(f"{BILLING}/{taken.group}/{taken.instance}.json", _content(taken))
        self.bucket.remove(active(taken)[0])

    def _hours(self, entry: Entry) -> float:
        known = self._known.get((entry.key, entry.version))
        if known is None:
            known = self._known[entry.key, entry.version] = _hours_in(self.bucket.read(entry.key))
        return known


def _hours_in(content: bytes) -> float:
    """Of a record; 0 where it is another's, which counts in other units."""
    try:
        value = json_object(content, "", "").get("hours", 0.0)
    except UserError:
        return 0.0
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0


def active(taken: Taken) -> tuple[str, bytes]:
    """The record of a job that runs: its key, and what it holds."""
    return f"{ACTIVE}/{taken.instance}.json", _content(taken)


def _content(taken: Taken) -> bytes:
    values = {
        "instance": taken.instance, "group": taken.group, "dataname": taken.dataset,
        "start": when(taken.started_at), "end": when(taken.ended_at), "hours": taken.hours,
    }  # fmt: skip
    return json.dumps(values).encode()
