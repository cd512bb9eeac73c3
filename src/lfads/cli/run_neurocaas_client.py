"""The commands of NeuroCAAS' contract for users: jobs in a bucket, and what a job runs.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lfads.checks import UserError, many, printed
from lfads.cli.answer import Answer, aligned
from lfads.cli.flags import Overwrite, Switch, Whole
from lfads.cli.run_neurocaas_job import check, run
from lfads.terminal.saying import say

if TYPE_CHECKING:
    from lfads.neurocaas.standing import Standing

Place = Annotated[
    Path, Parameter(help="Address of a bucket, such as s3://autolfads-torch; or a folder like it.")
]
Group = Annotated[str | None, Parameter(help="Folder of the bucket; all that it has by default.")]
Job = Annotated[str, Parameter(help="The job's timestamp, or the name of its folder of results.")]
MOST_LISTED = 20


def submit(
    bucket: Place,
    /,
    *,
    group: str,
    data: Annotated[list[str], Parameter(consume_multiple=True)],
    config: str,
    name: str = "",
    instance_type: str = "",
    overwrite: Overwrite = False,
    follow: Switch = False,
    max_minutes: float | None = None,
) -> Answer:
    """Ask for a job: data and configuration that the bucket lacks are sent, then what asks for it.

    Parameters
    ----------
    group
        Your folder of the bucket.
    data
        Files, a job each; or a folder of sessions, where the configuration says `multisession: True`. Files
        of this machine, or keys of the bucket.
    config
        File of this machine, or key of the bucket.
    name
        Of the submission.
    instance_type
        A machine of Amazon's, for NeuroCAAS itself.
    follow
        Wait until the job has ended, and say what it does.
    max_minutes
        To wait at most.
    """
    from lfads.neurocaas.opened import open_bucket
    from lfads.neurocaas.submitting import submit as ask
    from lfads.terminal.transfers import TransferProgress

    opened = open_bucket(bucket)
    found = ask(
        opened, group, data, config, name=name, instance_type=instance_type, overwrite=overwrite,
        say=say, sent=lambda key: TransferProgress(f"sent {printed(key)}"),
    )  # fmt: skip
    values = {
        "job": found.timestamp, "results": found.folder.prefix, "data": list(found.data),
        "config": found.config,
    }  # fmt: skip
    asked = f"asked for job {found.timestamp}: {found.folder.prefix}"
    if not follow:
        watch = f"lfads neurocaas status {opened.place} {found.timestamp} --group {group}"
        return Answer(values, f"{asked}\n`{watch} --follow` watches it")
    say(asked)
    return _followed(opened, found.folder, max_minutes, values)


def status(
    bucket: Place,
    job: Job,
    /,
    *,
    group: Group = None,
    follow: Switch = False,
    max_minutes: float | None = None,
) -> Answer:
    """Say how a job stands. Exit status: 0 it ended well, 1 it goes on, 2 it failed.

    Parameters
    ----------
    follow
        Wait until the job has ended, and say what it does.
    max_minutes
        To wait at most.
    """
    from lfads.neurocaas.buckets import patiently
    from lfads.neurocaas.found_jobs import find_job
    from lfads.neurocaas.opened import open_bucket
    from lfads.neurocaas.standing import standing_of

    opened = open_bucket(bucket)
    folder = patiently(lambda: find_job(opened, job, group), "looking for the job", say)
    if follow:
        return _followed(opened, folder, max_minutes, {})
    found = patiently(lambda: standing_of(opened, folder), "looking at the job", say)
    return _answer(found, {})


def results(
    bucket: Place,
    job: Job,
    /,
    *,
    out: Path,
    group: Group = None,
    keep_packed: Switch = False,
    overwrite: Overwrite = False,
) -> Answer:
    """Fetch what a job left, and what it said.

    Parameters
    ----------
    out
        Folder to write to, new or empty.
    keep_packed
        Leave archives as they are; they are unpacked beside by default.
    """
    from lfads.neurocaas.buckets import patiently
    from lfads.neurocaas.fetching import fetch_results
    from lfads.neurocaas.found_jobs import find_job
    from lfads.neurocaas.opened import open_bucket
    from lfads.terminal.transfers import TransferProgress

    opened = open_bucket(bucket)
    folder = patiently(lambda: find_job(opened, job, group), "looking for the job", say)
    written = fetch_results(
        opened, folder, out, keep_packed=keep_packed, overwrite=overwrite, say=say,
        sent=lambda key: TransferProgress(f"fetched {printed(key)}"),
    )  # fmt: skip
    values = {"out": str(out), "files": [str(path) for path in written]}
    return Answer(values, "\n".join(f"wrote {path}" for path in written))


def list_(
    bucket: Place,
    /,
    *,
    group: Group = None,
    most: Whole = MOST_LISTED,
) -> Answer:
    """List jobs of a bucket, those that were written last first.

    Parameters
    ----------
    most
        Of each group; older ones are counted only.
    """
    from lfads.neurocaas.buckets import patiently
    from lfads.neurocaas.found_jobs import jobs_of
    from lfads.neurocaas.opened import open_bucket
    from lfads.neurocaas.standing import standing_of
    from lfads.neurocaas.submitting import check_group

    opened = open_bucket(bucket)
    if group is not None:
        check_group(opened, group)
    if most < 1:
        raise UserError(f"`most` must be above 0; got {most}")
    groups = [group] if group else patiently(opened.folders, "listing groups", say)
    rows, older = [("group", "job", "state", "")], 0
    for one in groups:
        folders = patiently(lambda g=one: jobs_of(opened, g), "listing jobs", say)
        older += max(0, len(folders) - most)
        for folder in folders[:most]:
            found = patiently(lambda f=folder: standing_of(opened, f), "looking at a job", say)
            rows.append((found.group, found.job, found.state, found.why))
    jobs = [dict(zip(("group", "job", "state", "why"), row, strict=True)) for row in rows[1:]]
    if not jobs:
        return Answer({"jobs": [], "older": 0}, f"{opened.place} has no jobs")
    more = f"\nand {many(older, 'older job')}" if older else ""
    return Answer({"jobs": jobs, "older": older}, f"{aligned(rows)}{more}")


def _followed(
    opened: Any, folder: Any, max_minutes: float | None, values: dict[str, Any]
) -> Answer:
    """The answer once a job has ended, or the wait is over."""
    from lfads.neurocaas.following import follow

    if max_minutes is not None and not max_minutes > 0:
        raise UserError(f"`max_minutes` must be above 0; got {max_minutes:g}")
    most_s = None if max_minutes is None else 60 * max_minutes
    return _answer(follow(opened, folder, say, most_s=most_s), values)


def _answer(found: "Standing", values: dict[str, Any]) -> Answer:
    """How a job stands, with the exit status that says so."""
    from lfads.neurocaas.standing import EXIT_STATUS

    rows = [("data", "state", "reason", "last line")] if found.datasets else []
    rows += [(one.name, one.status, one.reason, one.last) for one in found.datasets]
    table = f"\n{aligned(rows)}" if rows else ""
    values = {
        **values, "group": found.group, "folder": found.job, "state": found.state, "why": found.why,
        "datasets": [
            {"name": one.name, "status": one.status, "reason": one.reason, "last": one.last}
            for one in found.datasets
        ],
        "files": [one.key for one in found.results],
    }  # fmt: skip
    return Answer(
        values, f"{found.job}: {found.state}: {found.why}{table}", EXIT_STATUS[found.state]
    )


COMMANDS: dict[str, Callable[..., Answer]] = {
    "submit": submit, "status": status, "results": results, "list": list_, "check": check, "run": run,
}  # fmt: skip
