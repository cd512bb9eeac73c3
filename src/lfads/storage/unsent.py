"""Copies of runs that could not be sent to where they are kept: noted, and found again by the next command.

The note says what was at the address when it was left; if that is still so, the copy is what counts, and
the next command goes on with it and sends the rest.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lfads.storage.sending import State

FILE_NAME = ".unsent.json"
PREFIX = "lfads-run-"


@dataclass(frozen=True)
class Unsent:
    """What was known of an address when a copy of it was left.

    Parameters
    ----------
    address
        Where it is kept.
    sent
        Files of the copy that are there as they are here.
    there
        Sizes of all files there.
    in_doubt
        Files of which it is not known how much of them is there.
    """

    address: str
    sent: Mapping[str, State]
    there: Mapping[str, int]
    in_doubt: tuple[str, ...]

    def is_still_so(self, sizes: Mapping[str, int]) -> bool:
        """Whether nothing else has been written to the address since, by the sizes of what is there."""
        known, now = dict(self.there), dict(sizes)
        for name in self.in_doubt:
            known.pop(name, None)
            now.pop(name, None)
        return known == now


def note(folder: Path, unsent: Unsent) -> None:
    """Leave a note in a copy; where even that fails, the copy is only named."""
    with contextlib.suppress(OSError):
        (folder / FILE_NAME).write_text(json.dumps(asdict(unsent)), encoding="utf-8")


def taken(address: str) -> tuple[Path, Unsent] | None:
    """The newest copy that this user left of an address, taken so that no other process has it."""
    for folder, unsent in _left(address):
        new = Path(tempfile.mkdtemp(prefix=PREFIX))
        new.rmdir()
        try:
            folder.rename(new)
        except OSError:  # another process takes it
            continue
        (new / FILE_NAME).unlink(missing_ok=True)
        return new, unsent
    return None


def _left(address: str) -> Iterator[tuple[Path, Unsent]]:
    found = []
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{FILE_NAME}"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            if _is_ours(path) and (unsent := _unsent(path)).address == address:
                found.append((path.stat().st_mtime_ns, path.parent, unsent))
    for _, folder, unsent in sorted(found, key=lambda item: item[0], reverse=True):
        yield folder, unsent


def _is_ours(path: Path) -> bool:
    """Whether this user made the folder: others can write beside it."""
    if path.is_symlink() or path.parent.is_symlink():
        return False
    return not hasattr(os, "getuid") or path.parent.stat().st_uid == os.getuid()


def _unsent(path: Path) -> Unsent:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Unsent(
        address=str(values["address"]),
        sent={str(name): (int(at), int(size)) for name, (at, size) in values["sent"].items()},
        there={str(name): int(size) for name, size in values["there"].items()},
        in_doubt=tuple(map(str, values["in_doubt"])),
    )
