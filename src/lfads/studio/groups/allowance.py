"""What a group may still use: hours of jobs within 30 days, and bytes that it keeps.

Asked before an upload, before a job is queued, and again and again while jobs run.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfads.checks import UserError
from lfads.jobs.job import Job
from lfads.jobs.ledger import DAYS, Ledger
from lfads.studio.pages import size, when
from lfads.studio.people.people import Group

LOOK_S = 20.0
"""Between two looks at all files of a group."""

OF_GROUP = "the group "
"""How every reason begins why a group's jobs may not run."""

NOT_COUNTED = ("looks",)
"""Of the studio's own folder: laid out for pages, and removed by itself."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a group has used.

    Parameters
    ----------
    hours
        That its jobs have run within 30 days, those that run now among them.
    bytes
        That it keeps, with what uploads that go on will have.
    """

    hours: float
    bytes: int


class Allowance:
    """What one group may use, and what it has used.

    Parameters
    ----------
    place
        Its folder.
    group
        Its quotas as they are now.
    running
        Its jobs that run now.
    unfinished
        Bytes that its uploads will have which go on.
    """

    def __init__(
        self,
        place: Path,
        group: Callable[[], Group],
        running: Callable[[], Sequence[Job]],
        unfinished: Callable[[], int],
    ) -> None:
        self.place, self._group, self._running, self._unfinished = place, group, running, unfinished
        self.ledger = Ledger(place)
        self._taking = threading.Lock()
        self._kept, self._kept_at = 0, -LOOK_S

    def used(self) -> Used:
        """What the group has used until now."""
        now = time.time()
        runs = [now - (job.started_at or now) for job in self._running()]
        hours = self.ledger.hours() + sum(max(0.0, one) for one in runs) / 3600
        return Used(hours=hours, bytes=self._bytes_kept() + self._unfinished())

    def may_use(self) -> Group:
        """Its quotas."""
        return self._group()

    def why_not(self) -> str:
        """Why none of its jobs may run now; empty if they may."""
        group, used = self._group(), self.used()
        if group.hours is not None and used.hours >= group.hours:
            return self._of_hours(group, used)
        if group.bytes is not None and used.bytes >= group.bytes:
            return self._of_bytes(group, used)
        return ""

    def room(self, minutes: float | None) -> None:
        """Whether one more job may be queued.

        Raises
        ------
        UserError
            If hours or bytes are used up, or the job is expected to take more hours than are left.
        """
        if why := self.why_not():
            raise UserError(f"this cannot be queued: {why}")
        group, hours = self._group(), (minutes or 0.0) / 60
        used = self.used()
        if group.hours is not None and used.hours + hours > group.hours:
            raise UserError(
                f"this cannot be queued: it is expected to take {hours:.1f} h, and "
                f"{self._of_hours(group, used)}. Fewer epochs or a limit of hours make it shorter"
            )

    @contextlib.contextmanager
    def taking(self, name: str, num_bytes: int) -> Iterator[None]:
        """Take room for a file, one at a time.

        Raises
        ------
        UserError
            If the group may not keep so much.
        """
        with self._taking:
            group = self._group()
            if group.bytes is not None:
                used = self.used()
                if used.bytes + num_bytes > group.bytes:
                    raise UserError(
                        f"there is no room for `{name}`, which has {size(num_bytes)}: "
                        f"{self._of_bytes(group, used)}"
                    )
            yield

    def changed(self) -> None:
        """Look at the files anew: some have come, or are gone."""
        self._kept_at = -LOOK_S

    def _bytes_kept(self) -> int:
        if time.monotonic() - self._kept_at > LOOK_S:
            self._kept_at = time.monotonic()
            self._kept = bytes_in(self.place)
        return self._kept

    def _of_hours(self, group: Group, used: Used) -> str:
        free = self.ledger.free_again_at()
        again = "" if free is None else f"; the first of them count until {when(free)}"
        return (
            f"{OF_GROUP}{group.name} has used {used.hours:.1f} of the {group.hours:g} h that its jobs may "
            f"run within {DAYS:.0f} days{again}. Whoever runs this studio can give more"
        )

    def _of_bytes(self, group: Group, used: Used) -> str:
        return (
            f"{OF_GROUP}{group.name} keeps {size(used.bytes)} of the {size(group.bytes or 0)} that it may. "
            "Delete uploads, or jobs with their results, that are no longer needed; whoever runs this "
            "studio can give more"
        )


def bytes_in(place: Path) -> int:
    """Bytes of all files below a folder, without those that pages were laid out in, or that still come."""
    total = 0
    for folder, names, files in os.walk(place):
        inside = Path(folder)
        if inside == place / "studio":
            names[:] = [name for name in names if name not in NOT_COUNTED]
        is_upload = inside.parent == place / "studio" / "data"
        for name in files:
            if is_upload and name == "part":
                continue
            with contextlib.suppress(OSError):
                total += (inside / name).lstat().st_size
    return total
