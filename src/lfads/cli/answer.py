"""What a command gives back to be printed, and rows as text."""

from typing import Any, NamedTuple

from lfads.tables import aligned

__all__ = ["Answer", "aligned"]


def as_plain(value: Any) -> Any:
    """What JSON does not know: numbers and arrays of NumPy, as numbers and lists; others as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


class Answer(NamedTuple):
    """What a command prints: `values` under --json, else `text`; nothing if that is empty."""

    values: dict[str, Any]
    text: str
    status: int = 0
