"""The command that opens the studio in the browser."""

from pathlib import Path

from lfads.cli.answer import Answer
from lfads.cli.flags import FolderOfJobs, Switch, Whole, place_of_jobs


def studio(
    *,
    folder: FolderOfJobs = None,
    data: Path | None = None,
    port: Whole | None = None,
    print_link: Switch = False,
) -> Answer:
    """Open LFADS in the browser: data, runs, the queue and results. Only this machine reaches it.

    Parameters
    ----------
    data
        A folder whose files are offered, and only read.
    port
        To listen on; one that is free by default.
    print_link
        Print the link, and open no browser.
    """
    from lfads.studio.server import open_studio
    from lfads.terminal.saying import say

    open_studio(place_of_jobs(folder), port=port, data=data, browser=not print_link, say=say)
    return Answer({}, "")
