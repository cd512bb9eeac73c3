"""Stores that fsspec knows, such as `s3://`: how they are opened, and how long they are waited for."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from lfads.checks import UserError, reason_of
from lfads.paths import printable

SECONDS_UNTIL_TOLD = 10.0
"""After which a user is told what is waited for."""

SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 15, 60
"""Of stores whose clients take limits; each is asked a few times."""

SECONDS_PER_FILE, SLOWEST_BYTES_PER_S = 600.0, 1e5
"""A store that takes longer over a file than both allow is given up, whatever its client says."""

PIECE_BYTES = 2**20
"""Of a file that is read where it is kept; about as much as arrives while a request is answered."""

ENDS_THE_WAIT = "Ctrl-C ends the wait"


def seconds_for(num_bytes: int) -> float:
    """That a store may take over a file."""
    return SECONDS_PER_FILE + num_bytes / SLOWEST_BYTES_PER_S


@contextmanager
def told_if_slow(doing: str, place: str, then: str = ENDS_THE_WAIT) -> Iterator[None]:
    """Say what is waited for, and what can be done, where a store does not answer soon."""
    log = logging.getLogger(__name__)
    said = (
        f"%s: still waiting after {SECONDS_UNTIL_TOLD:g} s (%s): is the network slow, or gone? "
        f"{then}"
    )
    timer = threading.Timer(SECONDS_UNTIL_TOLD, log.warning, (said, printable(place), doing))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def file_system(place: str) -> tuple[Any, str]:
    """The file system of an address, and the path on it."""
    try:
        fsspec = import_module("fsspec")  # an extra: type checkers need not find it
    except ImportError:
        raise UserError(f"{place} needs fsspec: pip install 'lfads[remote]'") from None
    try:
        system, root = fsspec.core.url_to_fs(place, **_limits_of(place))
    except (ImportError, ValueError) as error:
        raise UserError(f"{place} cannot be opened: {reason_of(error)}") from error
    return system, root.rstrip("/")


def opened_for_reading(address: str, where: str) -> Any:
    """A file that is kept elsewhere, of which only the pieces that are asked for are read.

    HDF5 jumps to and fro, so that pieces are kept: reading ahead, the default of fsspec, would fetch a file
    several times over.

    Parameters
    ----------
    address
        Of the file.
    where
        What users call it, for messages.

    Raises
    ------
    UserError
        If it cannot be reached.
    """
    system, path = file_system(address)
    try:
        with told_if_slow("opening it", where):
            return system.open(path, "rb", block_size=PIECE_BYTES, cache_type="blockcache")
    except Exception as error:  # every kind of storage has errors of its own
        raise UserError(
            f"{where} cannot be opened: {reason_of(error)}. Is the address right?"
        ) from error


def _limits_of(place: str) -> dict[str, Any]:
    """How long the client of a store waits, where it can be told and the user has not set it."""
    scheme = place.partition(":")[0].lower()
    if import_module("fsspec").config.conf.get(scheme):
        return {}
    if scheme in ("s3", "s3a"):
        limits = {"connect_timeout": SECONDS_TO_CONNECT, "read_timeout": SECONDS_TO_ANSWER}
        return {"config_kwargs": limits | {"retries": {"max_attempts": 1}}}
    if scheme in ("http", "https"):
        aiohttp = import_module("fsspec.implementations.http").aiohttp
        waits = aiohttp.ClientTimeout(
            total=None, sock_connect=SECONDS_TO_CONNECT, sock_read=SECONDS_TO_ANSWER
        )
        return {"client_kwargs": {"timeout": waits}}
    return {}
