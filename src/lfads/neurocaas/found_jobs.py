"""Jobs of a bucket: those of a group, and the one that a user means."""

import re

from lfads.checks import UserError, first_of
from lfads.guarded.texts import json_object
from lfads.neurocaas.buckets import Bucket
from lfads.neurocaas.layout import (
    RESULTS,
    SUBMISSIONS,
    SUBMITTED,
    Folder,
    results_of,
)
from lfads.neurocaas.submission import timestamp_in

MOST_ASKED = 20
"""Submissions that are read to see which wait."""

_JOB = re.compile(r"job_[^_]*_.+")


def jobs_of(bucket: Bucket, group: str) -> list[Folder]:
    """Folders of results of a group's jobs: of those that wait, then those that were written last first."""
    latest: dict[str, float] = {}
    for one in bucket.entries(f"{group}/{RESULTS}/"):
        name = one.key.removeprefix(f"{group}/{RESULTS}/").partition("/")[0]
        if _JOB.fullmatch(name):
            latest[name] = max(latest.get(name, 0.0), one.modified_at)
    order = sorted(latest, key=lambda name: (-latest[name], name))
    done = [Folder(f"{group}/{RESULTS}/{name}") for name in order]
    return [*(one for one in _asked_for(bucket, group) if one not in done), *done]


def _asked_for(bucket: Bucket, group: str) -> list[Folder]:
    """Where results of the last submissions will be."""
    found = bucket.entries(f"{group}/{SUBMISSIONS}/")
    last = sorted(
        (one for one in found if one.key.endswith(SUBMITTED)), key=lambda one: -one.modified_at
    )
    names = (_timestamp(bucket, one.key) for one in last[:MOST_ASKED])
    return [results_of(group, bucket.name, name) for name in dict.fromkeys(names) if name]


def find_job(bucket: Bucket, job: str, group: str | None = None) -> Folder:
    """The folder of results of a job.

    Parameters
    ----------
    bucket
        That it was submitted to.
    job
        Its timestamp, or the name of its folder; `GROUP/` may stand before it.
    group
        Whose it is; all that the bucket has are looked through by default.

    Raises
    ------
    UserError
        If there is none, or several groups have one.
    """
    before, slash, name = job.strip("/").rpartition("/")
    if slash:
        group = before.removesuffix(f"/{RESULTS}")
    groups = bucket.folders() if group is None else [group]
    found = [folder for one in groups if (folder := _folder_of(bucket, one, name)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"several groups have a job {name}: {first_of(sorted(one.prefix for one in found))}; say "
            "which, `group=`"
        )
    there = [one.prefix.rpartition("/")[2] for each in groups for one in jobs_of(bucket, each)]
    known = f"; there are {first_of(there, 5)}" if there else ""
    raise UserError(f"{bucket.place} has no job {name}{f' of {group}' if group else ''}{known}")


def _folder_of(bucket: Bucket, group: str, name: str) -> Folder | None:
    """The folder of a job of a group, also of one that was only submitted."""
    timestamp = name.removeprefix(f"job__{bucket.name}_")
    folder = results_of(group, bucket.name, timestamp)
    if name.startswith("job_"):
        folder = Folder(f"{group}/{RESULTS}/{name}")
    if bucket.entries(f"{folder.prefix}/"):
        return folder
    for one in bucket.entries(f"{group}/{SUBMISSIONS}/"):
        if one.key.endswith(SUBMITTED) and _timestamp(bucket, one.key) == timestamp:
            return folder
    return None


def _timestamp(bucket: Bucket, key: str) -> str:
    """Of a submission whose results are in the folder of its timestamp; empty of others."""
    try:
        values = json_object(bucket.read(key), key, "")
    except (FileNotFoundError, UserError):
        return ""
    return "" if values.get("resultpath") else timestamp_in(values)
