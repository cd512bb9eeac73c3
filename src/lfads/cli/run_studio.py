"""The command that opens the studio in the browser."""

from pathlib import Path

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.flags import FolderOfJobs, Switch, Whole, place_of_jobs


def studio(
    *,
    folder: FolderOfJobs = None,
    data: Path | None = None,
    port: Whole | None = None,
    neurocaas: Path | None = None,
    group: str | None = None,
    print_link: Switch = False,
) -> Answer:
    """Open LFADS in the browser: data, runs, the queue and results. Only this machine reaches it.

    Parameters
    ----------
    data
        A folder whose files are offered, and only read.
    port
        To listen on; one that is free by default.
    neurocaas
        A bucket as NeuroCAAS has it, such as s3://autolfads-torch, or a folder like it: a page sends jobs
        to it, watches them and fetches results.
    group
        Folder of that bucket.
    print_link
        Print the link, and open no browser.
    """
    from lfads.studio.bucket.cloud import cloud_at
    from lfads.studio.server import open_studio
    from lfads.terminal.saying import say

    if (neurocaas is None) != (group is None):
        raise UserError("`--neurocaas` and `--group` go together: a bucket, and your folder of it")
    cloud = None if neurocaas is None or group is None else cloud_at(neurocaas, group)
    open_studio(
        place_of_jobs(folder), port=port, data=data, browser=not print_link, cloud=cloud, say=say
    )
    return Answer({}, "")
