"""The command that opens the studio in the browser."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lfads.cli.answer import Answer
from lfads.cli.flags import FolderOfJobs, Switch, Whole, place_of_jobs


def studio(
    *,
    folder: FolderOfJobs = None,
    data: Path | None = None,
    port: Whole | None = None,
    no_browser: Annotated[Switch, Parameter(negative="")] = False,
) -> Answer:
    """Open LFADS in the browser: data, runs, the queue and results. Only this machine reaches it.

    Parameters
    ----------
    data
        A folder whose files are offered, and only read.
    port
        To listen on; one that is free by default.
    no_browser
        Print the link, and open nothing.
    """
    from lfads.studio.server import open_studio
    from lfads.terminal.progress import say

    open_studio(place_of_jobs(folder), port=port, data=data, browser=not no_browser, say=say)
    return Answer({}, "")
