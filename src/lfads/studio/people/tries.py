"""How often a login may be tried: counted by name and by address, before any password is compared."""

import hashlib
import ipaddress
import sqlite3
import time
from collections.abc import Sequence

from lfads.studio.people.register import Register

WITHIN_S = 900.0
MOST_OF_NAME, MOST_OF_ADDRESS = 10, 30


class Tries:
    """Tries to log in that failed, or are being looked at.

    Parameters
    ----------
    register
        Where they are kept: they count on when the studio is opened anew.
    """

    def __init__(self, register: Register) -> None:
        self.register = register

    def begin(self, name: str, address: str) -> float:
        """Count a try; seconds to wait before another one may be made, 0 if this one may."""
        now = time.time()
        limits = ((_of_name(name), MOST_OF_NAME), (_of_address(address), MOST_OF_ADDRESS))

        def counted(table: sqlite3.Connection) -> float:
            table.execute("DELETE FROM tries WHERE at < ?", (now - WITHIN_S,))
            waits = [_wait(table, what, most, now) for what, most in limits]
            if not max(waits):
                table.executemany("INSERT INTO tries VALUES (?, ?)", [(w, now) for w, _ in limits])
            return max(waits)

        return self.register.done(counted)

    def forget(self, name: str, address: str) -> None:
        """Who has logged in has not failed: all tries of the name, and the last of the address."""

        def forgotten(table: sqlite3.Connection) -> None:
            table.execute("DELETE FROM tries WHERE what = ?", (_of_name(name),))
            table.execute(
                "DELETE FROM tries WHERE rowid = (SELECT max(rowid) FROM tries WHERE what = ?)",
                (_of_address(address),),
            )

        self.register.done(forgotten)


def _wait(table: sqlite3.Connection, what: str, most: int, now: float) -> float:
    found: Sequence[sqlite3.Row] = table.execute(
        "SELECT at FROM tries WHERE what = ? ORDER BY at DESC LIMIT ?", (what, most)
    ).fetchall()
    return 0.0 if len(found) < most else max(1.0, found[-1][0] + WITHIN_S - now)


def _of_name(name: str) -> str:
    """Names that nobody has are counted as well; what was typed is not kept."""
    return f"name {hashlib.sha256(name.encode()).hexdigest()[:24]}"


def _of_address(address: str) -> str:
    """An address, or the network that one household or office has of IPv6.

    >>> _of_address("10.0.0.7"), _of_address("2001:db8:1:2:3::4")
    ('from 10.0.0.7', 'from 2001:db8:1:2::/64')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return f"from {address[:60]}"
    if found.version == 6:
        return f"from {ipaddress.ip_network((found, 64), strict=False)}"
    return f"from {found}"
