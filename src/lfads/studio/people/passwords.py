"""Passwords: kept as Argon2id digests, compared in a time that does not tell whether a name is known."""

import threading
from functools import cache
from typing import Any

from lfads.checks import Problems, UserError

SHORTEST, LONGEST = 10, 200
AT_ONCE = 2
"""Comparisons at a time: each takes 64 MiB, so that many logins at once take no machine down."""

_ROOM = threading.BoundedSemaphore(AT_ONCE)


def digest_of(password: str) -> str:
    """What is kept of a password."""
    with _ROOM:
        return _hasher().hash(password)


def is_right(password: str, digest: str | None) -> bool:
    """Whether a password belongs to a digest; None, of a name that nobody has, takes as long.

    Examples
    --------
    >>> digest = digest_of("correct horse")
    >>> is_right("correct horse", digest), is_right("battery", digest), is_right("battery", None)
    (True, False, False)
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    with _ROOM:
        nobody = _of_nobody()  # for known names too, since the first time takes longer
        try:
            right = _hasher().verify(nobody if digest is None else digest, password)
        except (VerificationError, InvalidHashError):
            return False
    return right and digest is not None


def is_old(digest: str) -> bool:
    """Whether a digest was made with other parameters than those of today."""
    return _hasher().check_needs_rehash(digest)


def require_good(password: str, name: str) -> None:
    """Refuse a password that is guessed soon.

    Raises
    ------
    UserError
        Naming all that is wrong; never the password.
    """
    problems = Problems("the password")
    problems.require(
        SHORTEST <= len(password) <= LONGEST,
        f"expected {SHORTEST} to {LONGEST} characters; got {len(password)}",
    )
    problems.require(name.lower() not in password.lower(), "it must not hold the user's name")
    problems.require(len({*password}) > 4, "it must have more than four different characters")
    problems.raise_if_any()


@cache
def _hasher() -> Any:
    try:
        from argon2 import PasswordHasher
    except ImportError as error:
        raise UserError(
            "users of a studio need the package argon2-cffi: `pip install 'lfads[studio]'` installs it"
        ) from error
    return PasswordHasher()


@cache
def _of_nobody() -> str:
    return _hasher().hash("a password that nobody has")
