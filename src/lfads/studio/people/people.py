"""Users and their groups: added, removed and listed, and given quotas."""

import re
import sqlite3
import time
from dataclasses import dataclass

from lfads.checks import NotThere, UserError
from lfads.studio.people.passwords import digest_of, is_old, is_right, require_good
from lfads.studio.people.register import Register

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_GROUP = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody who may log in.

    Parameters
    ----------
    name
        To log in with.
    group
        Whose data, jobs and results they see.
    made_at
        Seconds since 1970.
    """

    name: str
    group: str
    made_at: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """People who share data, jobs and results.

    Parameters
    ----------
    name
        Of the group, and of its folder.
    hours
        That its jobs may run within 30 days; None for no limit.
    bytes
        That it may keep; None for no limit.
    """

    name: str
    hours: float | None
    bytes: int | None


class People:
    """Who may use a studio.

    Parameters
    ----------
    register
        Where they are kept.
    """

    def __init__(self, register: Register) -> None:
        self.register = register

    def add(self, name: str, group: str, password: str) -> User:
        """A new user; the group is made if it is new.

        Raises
        ------
        UserError
            If the name is taken or is none, or the password is guessed soon.
        """
        if not _NAME.fullmatch(name):
            raise UserError(
                "a user's name has up to 32 small letters, digits, dots, dashes and underlines, and begins "
                f"with a letter; got {name[:60]!r}"
            )
        check_group(group)
        require_good(password, name)
        digest, now = digest_of(password), time.time()

        def added(table: sqlite3.Connection) -> None:
            if table.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
                raise UserError(
                    f"there is a user {name} already: `lfads studio users password {name}` gives another "
                    "password"
                )
            _make_group(table, group)
            table.execute("INSERT INTO users VALUES (?, ?, ?, ?)", (name, group, digest, now))

        self.register.done(added)
        return User(name=name, group=group, made_at=now)

    def remove(self, name: str) -> User:
        """Take a user out, with all sessions; what the group has stays."""
        user = self.get(name)

        def removed(table: sqlite3.Connection) -> None:
            table.execute("DELETE FROM sessions WHERE user = ?", (name,))
            table.execute("DELETE FROM users WHERE name = ?", (name,))

        self.register.done(removed)
        return user

    def get(self, name: str) -> User:
        """A user by the name.

        Raises
        ------
        NotThere
            If there is none.
        """
        found = [user for user in self.users() if user.name == name]
        if not found:
            raise NotThere(f"there is no user {name[:60]!r}: `lfads studio users list` shows all")
        return found[0]

    def users(self) -> list[User]:
        """All users, by group and name."""
        rows = self.register.rows(
            "SELECT name, of_group, made_at FROM users ORDER BY of_group, name"
        )
        return [User(name=row[0], group=row[1], made_at=row[2]) for row in rows]

    def set_password(self, name: str, password: str) -> None:
        """Give another password; all sessions and keys of the user end."""
        self.get(name)
        require_good(password, name)
        digest = digest_of(password)

        def changed(table: sqlite3.Connection) -> None:
            table.execute("UPDATE users SET password = ? WHERE name = ?", (digest, name))
            table.execute("DELETE FROM sessions WHERE user = ?", (name,))

        self.register.done(changed)

    def is_password(self, name: str, password: str) -> bool:
        """Whether it is the user's; takes as long for a name that nobody has."""
        rows = self.register.rows("SELECT password FROM users WHERE name = ?", name)
        digest = rows[0][0] if rows else None
        if not is_right(password, digest):
            return False
        if digest is not None and is_old(digest):
            new = digest_of(password)
            self.register.done(
                lambda table: table.execute(
                    "UPDATE users SET password = ? WHERE name = ? AND password = ?", (new, name, digest)
                )
            )  # fmt: skip
        return True

    def groups(self) -> list[Group]:
        """All groups, by name."""
        rows = self.register.rows("SELECT name, hours, bytes FROM groups ORDER BY name")
        return [Group(name=row[0], hours=row[1], bytes=row[2]) for row in rows]

    def group(self, name: str) -> Group:
        """A group by its name.

        Raises
        ------
        NotThere
            If there is none.
        """
        found = [group for group in self.groups() if group.name == name]
        if not found:
            raise NotThere(f"there is no group {name[:60]!r}: `lfads studio groups list` shows all")
        return found[0]

    def set_group(self, group: Group) -> Group:
        """A group with other quotas; made if it is new.

        Raises
        ------
        UserError
            If it is no name, or a quota is below 0.
        """
        check_group(group.name)
        for what, value in (("hours", group.hours), ("bytes", group.bytes)):
            if value is not None and not 0 <= value < 1e18:
                raise UserError(f"a quota of {what} must be a number, 0 or more; got {value}")

        def changed(table: sqlite3.Connection) -> None:
            _make_group(table, group.name)
            table.execute(
                "UPDATE groups SET hours = ?, bytes = ? WHERE name = ?",
                (group.hours, group.bytes, group.name),
            )

        self.register.done(changed)
        return group


def check_group(name: str) -> None:
    """Refuse what no group can be called, since a folder is."""
    if not _GROUP.fullmatch(name):
        raise UserError(
            "a group's name has up to 32 small letters, digits and dashes, and begins with a letter; got "
            f"{name[:60]!r}"
        )


def _make_group(table: sqlite3.Connection, name: str) -> None:
    table.execute("INSERT OR IGNORE INTO groups VALUES (?, NULL, NULL, ?)", (name, time.time()))
