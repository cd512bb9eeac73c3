"""The SQLite file of a queue: open, one transaction a change, and made again where it is damaged."""

import contextlib
import sqlite3
import threading
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.format_versions import refuse_newer
from lfads.paths import printable

FILE_NAME = "jobs.sqlite"
FORMAT_VERSION = 1
PATIENCE_S = 30.0
"""Another process may have the table for so long."""

_TABLE = """CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL,
    identity TEXT NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL, job TEXT NOT NULL)"""


class Table:
    """The table of the jobs of a place, for all threads of a process.

    Parameters
    ----------
    place
        Folder of the file.
    fill
        Puts into a new table what is known elsewhere, where the old one was damaged.
    """

    def __init__(self, place: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
        self.path, self._fill = place / FILE_NAME, fill
        self._lock = threading.RLock()
        self._open: sqlite3.Connection | None = None
        self._file = (0, 0)

    def done(self, do: Callable[[sqlite3.Connection], Any], *, writes: bool = True) -> Any:
        """Something done in one transaction; once more if the table had to be made again for it.

        Raises
        ------
        UserError
            If another process keeps it locked, or the disk is full.
        """
        with self._lock:
            for again in (True, False):
                try:
                    return _in_transaction(self._opened(), do, writes)
                except sqlite3.OperationalError as error:
                    raise UserError(
                        f"the table of jobs {self.path} cannot be used: {error}. If it stays locked, see "
                        "which process has it; if the disk is full, make room"
                    ) from error
                except sqlite3.DatabaseError:
                    if not again:
                        raise
                    if self._open is not None:
                        self._open.close()
                    self._keep(self._made_again())
        return None

    def _opened(self) -> sqlite3.Connection:
        """The table, open; opened anew if its file is another one by now."""
        if self._open is not None and _file_of(self.path) == self._file:
            return self._open
        try:
            table = _connected(self.path)
        except sqlite3.OperationalError as error:
            raise UserError(f"the table of jobs {self.path} cannot be opened: {error}") from error
        except sqlite3.DatabaseError:
            table = self._made_again()
        self._keep(table)
        return table

    def _keep(self, table: sqlite3.Connection) -> None:
        """Keep the table open: closing it each time takes most of a change's time."""
        self._open, self._file = table, _file_of(self.path)
        weakref.finalize(self, table.close)

    def _made_again(self) -> sqlite3.Connection:
        """A new table in the place of one that is damaged, which is kept beside."""
        aside = self.path.with_name(f"{FILE_NAME}.damaged")
        self.path.replace(aside)
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        table = _connected(self.path)
        try:
            _in_transaction(table, self._fill, writes=True)
        except BaseException:  # such as a job that a newer version wrote: it is damaged as before
            table.close()
            aside.replace(self.path)
            raise
        warnings.warn(
            f"the table of jobs {self.path} was damaged and has been made again from the jobs' folders; "
            f"the damaged one is {aside.name}",
            stacklevel=6,
        )
        return table


def _in_transaction(
    table: sqlite3.Connection, do: Callable[[sqlite3.Connection], Any], writes: bool
) -> Any:
    table.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    try:
        result = do(table)
        table.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            table.execute("ROLLBACK")
        raise
    return result


def _file_of(path: Path) -> tuple[int, int]:
    """Which file a path is."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _connected(path: Path) -> sqlite3.Connection:
    new = not path.exists()
    table = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        if new:
            table.execute("PRAGMA journal_mode = WAL")
        # After a power cut the last changes may be missing here; folders have them, and are flushed.
        table.execute("PRAGMA synchronous = NORMAL")
        made_with = table.execute("PRAGMA user_version").fetchone()[0]
        refuse_newer(printable(path), made_with, FORMAT_VERSION)
        if (
            new
            or not table.execute("SELECT name FROM sqlite_master WHERE name = 'jobs'").fetchall()
        ):
            table.execute(_TABLE)
            table.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    except BaseException:
        table.close()
        raise
    return table
