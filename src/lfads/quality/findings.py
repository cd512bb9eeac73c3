"""What stands out in data before training, in plain words, each with what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_MOST_NAMED = 12


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something to look at before training.

    Parameters
    ----------
    title
        What was found.
    advice
        What it means and what to do.
    serious
        Whether results would suffer; else it is good to know.
    """

    title: str
    advice: str
    serious: bool = True


def listed(things: Iterable[Any], most: int = _MOST_NAMED) -> str:
    """The first of some numbers or labels.

    >>> listed(range(4), 3)
    '0, 1, 2 and 1 more'
    """
    words = [str(n) for n in things]
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest} more" if rest > 0 else "")
