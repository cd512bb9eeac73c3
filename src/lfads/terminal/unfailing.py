"""Stderr as an ornament: what cannot be shown, since a disk is full or nobody reads, stops no work."""

import io
from typing import Any


class Unfailing(io.TextIOBase):
    """A stream that writes to another as long as that can be written to, and then to nothing.

    Parameters
    ----------
    stream
        Text is written to it; None if there is none, as where a process was started without.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of the other stream."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    def write(self, text: str, /) -> int:
        """Write, if that can be done."""
        try:
            if self.stream is not None:
                self.stream.write(text)
                if "\n" in text:
                    self.stream.flush()
        except (OSError, ValueError):  # ValueError: it is closed
            self.stream = None
        return len(text)

    def flush(self) -> None:
        """Send what was written, if that can be done."""
        try:
            if self.stream is not None:
                self.stream.flush()
        except (OSError, ValueError):
            self.stream = None

    def isatty(self) -> bool:
        """Whether a person looks on."""
        try:
            return self.stream is not None and self.stream.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        """Of the other stream; an OSError if it has none."""
        if self.stream is None:
            raise OSError("there is no stream")
        return self.stream.fileno()
