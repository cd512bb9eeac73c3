"""Watch a job until it has ended, or as long as one waits for it."""

import time
from collections.abc import Callable

from lfads.checks import reason_of
from lfads.neurocaas.buckets import Away, Bucket
from lfads.neurocaas.layout import Folder
from lfads.neurocaas.standing import Standing, standing_of

LOOK_S = 10.0
"""Between two looks, as NeuroCAAS' own page looks."""

Say = Callable[[str], None]


def follow(
    bucket: Bucket, folder: Folder, say: Say, *, most_s: float | None = None, look_s: float = LOOK_S
) -> Standing:
    """How a job ended; or how it stands when the wait is over.

    Parameters
    ----------
    bucket, folder
        Of the job.
    say
        Told what is new: steps of the certificate, and what each data set said last.
    most_s
        To wait; for ever by default.
    look_s
        Between two looks. A bucket that is away is waited out.
    """
    began, told = time.monotonic(), _Told(say)
    while True:
        try:
            found = standing_of(bucket, folder)
            told.tell(found)
            if found.has_ended or _is_over(began, most_s):
                return found
        except Away as error:
            say(f"the bucket does not answer: {reason_of(error)}")
            if _is_over(began, most_s):
                raise
        time.sleep(look_s)


def _is_over(began: float, most_s: float | None) -> bool:
    return most_s is not None and time.monotonic() - began >= most_s


class _Told:
    """Says each thing once."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.lines: set[str] = set()
        self.last: dict[str, tuple[str, str]] = {}
        self.why = ""

    def tell(self, found: Standing) -> None:
        """What is new."""
        if found.why != self.why and not found.datasets:
            self.say(found.why)
        self.why = found.why
        for line in found.log:
            text = line.partition("\t")[0].strip()
            if text.startswith(("[", "INPUT", "INTERNAL", "AWS")) and text not in self.lines:
                self.lines.add(text)
                self.say(text)
        for one in found.datasets:
            if self.last.get(one.name) != (one.status, one.last):
                self.last[one.name] = (one.status, one.last)
                self.say(f"{one.name}: {one.status.lower()}{f': {one.last}' if one.last else ''}")
