"""What a command gives back to be printed, and rows as text."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What a command prints: `values` under --json, else `text`; nothing if that is empty."""

    values: dict[str, Any]
    text: str
    status: int = 0


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of columns, each column as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
