"""Progress of a file that is sent or fetched: a line that changes on a terminal, lines elsewhere."""

import time

from lfads.terminal.saying import error_console

SECONDS_BETWEEN_LINES = 10.0


class TransferProgress:
    """Told bytes of a file that were copied, and of how many.

    Parameters
    ----------
    what
        Is done with which file, in words.
    """

    def __init__(self, what: str) -> None:
        self.console, self.what = error_console(), what
        self.said_at = time.monotonic()
        self.is_over = False

    def __call__(self, done: int, of: int) -> None:
        """Show how far it is."""
        whole, now = done >= of, time.monotonic()
        if self.is_over:
            return
        self.is_over = whole
        if not whole and now - self.said_at < (
            0.2 if self.console.is_terminal else SECONDS_BETWEEN_LINES
        ):
            return
        self.said_at = now
        end = "\n" if whole or not self.console.is_terminal else "\r"
        text = in_words(self.what, done, of)
        self.console.print(text, end=end, markup=False, soft_wrap=True)


def in_words(what: str, done: int, of: int) -> str:
    """How far a copy is.

    >>> in_words("sent a.h5", 5_000_000, 10_000_000), in_words("sent a.h5", 0, 0)
    ('sent a.h5: 5.0 of 10.0 MB, 50 %', 'sent a.h5: 0.0 of 0.0 kB, 100 %')
    """
    percent = 100 * done // of if of else 100
    each, unit = (1e6, "MB") if of >= 1e6 else (1e3, "kB")
    return f"{what}: {done / each:.1f} of {of / each:.1f} {unit}, {percent} %"
