"""The register of people: users, groups, sessions and tries to log in, in one SQLite file.

The command line and a studio that runs use it at the same time; each change is one transaction.
"""

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lfads.checks import UserError, reason_of
from lfads.format_versions import refuse_newer
from lfads.paths import printable

FOLDER, FILE_NAME = "people", "people.sqlite"
FORMAT_VERSION = 1
PATIENCE_S = 10.0
T = TypeVar("T")

_TABLES = """
CREATE TABLE IF NOT EXISTS groups (
    name TEXT PRIMARY KEY, hours REAL, bytes INTEGER, made_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, of_group TEXT NOT NULL REFERENCES groups (name), password TEXT NOT NULL,
    made_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
    digest TEXT PRIMARY KEY, user TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
    made_at REAL NOT NULL, seen_at REAL NOT NULL, ends_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tries (what TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS tries_of ON tries (what, at);
"""


class Register:
    """The file, for all threads of a process.

    Parameters
    ----------
    place
        Folder of the studio's jobs; the register lies in `people` in it, which only its owner may open.

    Raises
    ------
    UserError
        If it cannot be written to.
    """

    def __init__(self, place: Path) -> None:
        self.folder = place / FOLDER
        self.path = self.folder / FILE_NAME
        self._lock = threading.RLock()
        try:
            place.mkdir(parents=True, exist_ok=True)
            own_folder(self.folder)
            self._open = _connected(self.path)
            weakref.finalize(self, self._open.close)
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"the register of people {self.path} cannot be used: {reason_of(error)}"
            ) from error

    def done(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Something done in one transaction.

        Raises
        ------
        UserError
            If another process keeps it locked, or the disk is full.
        """
        with self._lock:
            try:
                self._open.execute("BEGIN IMMEDIATE")
                result = do(self._open)
                self._open.execute("COMMIT")
                return result
            except BaseException as error:
                with contextlib.suppress(sqlite3.Error):
                    self._open.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise UserError(
                        f"the register of people {self.path} cannot be used: {error}"
                    ) from error
                raise

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What a query finds; it changes nothing."""
        with self._lock:
            try:
                return self._open.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                raise UserError(
                    f"the register of people {self.path} cannot be used: {error}"
                ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._open.close()


def has_people(place: Path) -> bool:
    """Whether a folder of jobs was given users; also where none is left: then nobody gets in."""
    path = place / FOLDER / FILE_NAME
    if not path.is_file():
        return False
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as table:
            return bool(table.execute("SELECT 1 FROM groups LIMIT 1").fetchall())
    except sqlite3.Error as error:
        raise UserError(f"the register of people {path} cannot be read: {error}") from error


def own_folder(path: Path) -> None:
    """A folder that only its owner may open, also where it was there before."""
    path.mkdir(mode=0o700, exist_ok=True)
    if os.name != "nt":
        path.chmod(0o700)


def _connected(path: Path) -> sqlite3.Connection:
    old = os.umask(0o077) if not path.exists() else None
    try:
        table = sqlite3.connect(
            path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(table, path)
        except BaseException:
            table.close()
            raise
    finally:
        if old is not None:
            os.umask(old)
    return table


def _prepare(table: sqlite3.Connection, path: Path) -> None:
    """Make what a new register lacks; a UserError if a newer version of `lfads` made it."""
    table.row_factory = sqlite3.Row
    made_with = table.execute("PRAGMA user_version").fetchone()[0]
    refuse_newer(printable(path), made_with, FORMAT_VERSION)
    table.execute("PRAGMA journal_mode = WAL")
    table.executescript(_TABLES)
    if made_with < FORMAT_VERSION:
        table.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
