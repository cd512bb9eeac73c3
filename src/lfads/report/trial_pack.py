"""Records of single trials in a file, of which each is read from its place without the rest."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.files import written_beside
from lfads.report.trial_records import Records

SIGN = b"lfads trials 1\n\n"


def write_pack(path: Path, sessions: Sequence[Records], words: Mapping[str, Any]) -> None:
    """Write all trials of sessions to a file, in one piece.

    Parameters
    ----------
    path
        Of the file.
    sessions
        Of `records_of`.
    words
        What else the page says: `title`, `spread` and `notes`.
    """
    about = json.dumps(
        {**words, "sessions": [one.about for one in sessions]}, allow_nan=False
    ).encode()
    index, start = [], 0
    for one in sessions:
        index.append([start, one.rows.shape[1], len(one.rows)])
        start += one.rows.size
    head = json.dumps(index).encode()
    with written_beside(path) as beside, beside.open("wb") as file:
        file.write(SIGN + struct.pack("<II", len(head), len(about)) + head + about)
        for one in sessions:
            file.write(np.ascontiguousarray(one.rows).data)


class Pack:
    """A file of `write_pack`, of which nothing is read but what is asked for.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    UserError
        If it is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            if file.read(len(SIGN)) != SIGN:
                raise UserError(
                    f"{path} holds no trials of `lfads`: open the page of the run again"
                )
            num_head, self._num_about = struct.unpack("<II", file.read(8))
            self.index: list[list[int]] = json.loads(file.read(num_head))
            self._about_at = file.tell()

    def about(self) -> bytes:
        """What records hold, as JSON."""
        return self._read(self._about_at, self._num_about)

    def record(self, session: int, position: int) -> bytes:
        """One trial.

        Raises
        ------
        UserError
            If there is none.
        """
        if not (0 <= session < len(self.index) and 0 <= position < self.index[session][2]):
            raise UserError("there is no such trial in these results")
        start, num_bytes, _ = self.index[session]
        return self._read(
            self._about_at + self._num_about + start + position * num_bytes, num_bytes
        )

    def words(self) -> dict[str, Any]:
        """What else the page says: what `write_pack` was given."""
        return {
            name: value for name, value in json.loads(self.about()).items() if name != "sessions"
        }

    def sessions(self) -> list[Records]:
        """All of it, in memory."""
        about = json.loads(self.about())["sessions"]
        whole = np.fromfile(self.path, np.uint8, offset=self._about_at + self._num_about)
        return [
            Records(one, whole[start : start + size * count].reshape(count, size))
            for one, (start, size, count) in zip(about, self.index, strict=True)
        ]

    def _read(self, at: int, num_bytes: int) -> bytes:
        with self.path.open("rb", buffering=0) as file:
            file.seek(at)
            return file.read(num_bytes)
