"""Sessions of browsers and keys of programs: random, kept as digests, and ended after a while."""

import hashlib
import hmac
import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import Literal

from lfads.studio.people.register import Register

Kind = Literal["browser", "program"]
IDLE_S = 12 * 3600.0
"""A browser that asks nothing for so long has to log in again."""

LONGEST_S = 7 * 86400.0
KEY_S = 180 * 86400.0
"""A key of programs ends after so long."""

NOTED_S = 60.0
MOST_OF_ONE = 20
"""Sessions, and keys, of one user; the oldest end."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Somebody who has logged in, or a program of theirs.

    Parameters
    ----------
    user, group
        Who it is.
    kind
        A browser's, or a program's.
    csrf
        What forms of this session hold.
    """

    user: str
    group: str
    kind: Kind
    csrf: str


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key of a program, without its secret.

    Parameters
    ----------
    name
        The first digits of its digest, to end it by.
    label
        What its user calls it.
    made_at, seen_at, ends_at
        Seconds since 1970.
    """

    name: str
    label: str
    made_at: float
    seen_at: float
    ends_at: float


class Sessions:
    """Sessions and keys of all users.

    Parameters
    ----------
    register
        Where their digests are kept.
    """

    def __init__(self, register: Register) -> None:
        self.register = register

    def begin(self, user: str, kind: Kind, label: str = "") -> str:
        """A new one; the secret that is shown from now on."""
        secret, now = secrets.token_urlsafe(32), time.time()
        ends = now + (LONGEST_S if kind == "browser" else KEY_S)
        row = (digest_of(secret), user, kind, label[:60], now, now, ends)

        def begun(table: sqlite3.Connection) -> None:
            table.execute("DELETE FROM sessions WHERE ends_at < ?", (now,))
            table.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            table.execute(
                "DELETE FROM sessions WHERE user = ? AND kind = ? AND digest NOT IN (SELECT digest FROM "
                "sessions WHERE user = ? AND kind = ? ORDER BY made_at DESC LIMIT ?)",
                (user, kind, user, kind, MOST_OF_ONE),
            )

        self.register.done(begun)
        return secret

    def of(self, secret: str, kind: Kind) -> Session | None:
        """Whose it is; None if it is nobody's, or has ended."""
        if not secret or len(secret) > 100:
            return None
        digest, now = digest_of(secret), time.time()
        rows = self.register.rows(
            "SELECT s.user, u.of_group, s.seen_at, s.ends_at FROM sessions s JOIN users u "
            "ON u.name = s.user WHERE s.digest = ? AND s.kind = ?", digest, kind,
        )  # fmt: skip
        if not rows:
            return None
        user, group, seen_at, ends_at = rows[0]
        if now > ends_at or (kind == "browser" and now - seen_at > IDLE_S):
            self.end(secret)
            return None
        if now - seen_at > NOTED_S:
            self.register.done(
                lambda table: table.execute(
                    "UPDATE sessions SET seen_at = ? WHERE digest = ?", (now, digest)
                )
            )
        return Session(user=user, group=group, kind=kind, csrf=csrf_of(secret))

    def end(self, secret: str) -> None:
        """End one by its secret."""
        self.register.done(
            lambda table: table.execute(
                "DELETE FROM sessions WHERE digest = ?", (digest_of(secret),)
            )
        )

    def keys(self, user: str) -> list[Key]:
        """Keys of a user's programs, the newest first."""
        rows = self.register.rows(
            "SELECT substr(digest, 1, 12), label, made_at, seen_at, ends_at FROM sessions WHERE user = ? "
            "AND kind = 'program' AND ends_at > ? ORDER BY made_at DESC", user, time.time(),
        )  # fmt: skip
        return [Key(name=r[0], label=r[1], made_at=r[2], seen_at=r[3], ends_at=r[4]) for r in rows]

    def end_key(self, user: str, name: str) -> bool:
        """End a key of a user's; whether there was one."""
        which = "user = ? AND kind = 'program' AND substr(digest, 1, 12) = ?"
        done = self.register.done(
            lambda table: (
                table.execute(f"DELETE FROM sessions WHERE {which}", (user, name)).rowcount
            )
        )
        return done > 0


def digest_of(secret: str) -> str:
    """What is kept of a secret of 256 random bits, which needs no slow digest."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(secret: str) -> str:
    """What forms hold that are shown to whoever has a secret."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()
