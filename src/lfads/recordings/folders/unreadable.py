"""Files of a folder that cannot be read and are not needed: named with the reason, and left out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from lfads.checks import UserError, first_of
from lfads.paths import printable

Read = TypeVar("Read")

MOST_NAMED = 6


def read_or_said(read: Callable[[Path], Read], path: Path, left_out: list[str]) -> Read | None:
    """What is read from a file; None, and why among what is left out, where it cannot be."""
    try:
        return read(path)
    except UserError as error:
        reason = str(error).removeprefix(f"{printable(path)}: ")
        if path.is_symlink() and not path.exists():
            reason = "a link that leads nowhere"
        left_out.append(f"`{printable(path.name)}` ({reason})")
        return None


def others_in(folder: Path, used: Sequence[str], what: str) -> list[str]:
    """What lies in a folder beside files that are used, in one text; hidden files are nobody's data."""
    names = sorted(
        f"{printable(path.name)}{'/' if path.is_dir() else ''}"
        for path in folder.iterdir()
        if path.name not in used and not path.name.startswith(".")
    )
    return [f"{first_of(names, MOST_NAMED)} ({what})"] if names else []
