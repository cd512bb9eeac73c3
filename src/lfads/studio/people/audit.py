"""The audit log: who did what, when, and from where; a line of JSON each, appended, without any secret."""

import contextlib
import json
import os
import threading
import time
from pathlib import Path

from lfads.checks import printed
from lfads.studio.people.register import FOLDER, own_folder

FILE_NAME = "audit.jsonl"
LONGEST = 200


class Audit:
    """The log of a studio.

    Parameters
    ----------
    place
        Folder of the studio's jobs; the log lies in `people` in it.
    """

    def __init__(self, place: Path) -> None:
        self.path = place / FOLDER / FILE_NAME
        self._lock = threading.Lock()

    def note(
        self,
        what: str,
        *,
        who: str,
        group: str = "",
        origin: str = "",
        on: str = "",
        status: int = 0,
    ) -> None:
        """Add a line; a full disk does not keep people from their work.

        Parameters
        ----------
        what
            Such as `login` or `POST /jobs/{id}/remove`.
        who, group
            Somebody who has logged in; empty for nobody.
        origin
            The address that asked.
        on
            What it was done to: ids, no names of files, no secrets.
        status
            How it was answered, by HTTP; 0 of the command line.
        """
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        told = {"at": at, "who": who, "group": group, "what": what, "on": on, "from": origin}
        line = {name: printed(value)[:LONGEST] for name, value in told.items() if value}
        text = json.dumps(line | ({"status": status} if status else {})) + "\n"
        with self._lock, contextlib.suppress(OSError):
            own_folder(self.path.parent)
            way = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(way, text.encode())
            finally:
                os.close(way)
