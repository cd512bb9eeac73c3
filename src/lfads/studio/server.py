"""Opens a studio on this machine: a port, a link with a token and the browser, or a page to log in."""

import contextlib
import ipaddress
import os
import secrets
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

from lfads.checks import UserError, reason_of
from lfads.files import PathLike
from lfads.jobs.engine import Engine
from lfads.jobs.slots import Slots
from lfads.studio.app import make_app
from lfads.studio.bucket.cloud import Cloud
from lfads.studio.entrance.turned_away import ENTER
from lfads.studio.entrance.where import Where
from lfads.studio.lab import make_lab_app
from lfads.studio.people.register import has_people
from lfads.studio.web import ASGIApp, uvicorn

HOST = "127.0.0.1"
USUAL_PORT = 8765
SWITCH_S = 0.0005
"""Between threads of this process: pages that read many files wait less while uploads come."""

MOST_WAITING = 2048
"""Connections that wait to be taken."""


def open_studio(
    place: PathLike,
    *,
    port: int | None = None,
    data: Path | None = None,
    browser: bool = True,
    cloud: Cloud | None = None,
    where: Where | None = None,
    listen: str = HOST,
    engine: Engine | None = None,
    slots: Slots | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> None:
    """Serve the studio until it is interrupted; by default only this machine reaches it.

    A folder that was given users has a page to log in; any other one a link with a token.

    Parameters
    ----------
    place
        Folder of the jobs.
    port
        To listen on; by default a usual one, or any other that is free.
    data
        A folder whose files are offered, and only read.
    browser
        Open the link in the browser.
    cloud
        A bucket of NeuroCAAS to which jobs can be sent.
    where
        Under which names it is reached, and which proxies it believes.
    listen
        Address to listen on; another one than this machine's own only where people log in.
    engine
        What runs the jobs: processes of this machine by default.
    slots
        What jobs may take together: this machine by default.
    say
        Told the link.

    Raises
    ------
    UserError
        If the port is taken, or a folder cannot be used.
    """
    where, people = where or Where(), has_people(Path(place))
    if cloud is not None and people:
        raise UserError(
            "a bucket belongs to one group: a studio with users has no page of NeuroCAAS"
        )
    if not people and not _is_loopback(listen):
        raise UserError(
            f"`listen=` {listen} lets other machines in, and this studio has no users: add some first "
            "(`lfads studio users add NAME --group GROUP`)"
        )
    token = secrets.token_urlsafe(24)
    app: ASGIApp
    if people:
        app = make_lab_app(place, data=data, where=where, engine=engine, slots=slots)
    else:
        app = make_app(
            place, token, data=data, cloud=cloud, where=where, engine=engine, slots=slots
        )
    sys.setswitchinterval(SWITCH_S)
    with _listening(port, listen) as ear:
        here = f"http://{listen if ':' not in listen else f'[{listen}]'}:{ear.getsockname()[1]}"
        link = f"{here}{where.root}/" if people else f"{here}{where.root}/?token={token}"
        say(
            f"the studio is open: {link}{_elsewhere(where)}\nCtrl-C closes it; jobs that run live on"
        )
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=2,
            server_header=False, lifespan="on", proxy_headers=False,
        )  # fmt: skip
        with _opened_in_browser(link, Path(place)) if browser else contextlib.nullcontext():
            uvicorn.Server(config).run(sockets=[ear])


def _elsewhere(where: Where) -> str:
    if not where.names:
        return ""
    return f"\nother machines reach it as {', '.join(f'{one}{where.root}/' for one in where.names)}"


@contextlib.contextmanager
def _opened_in_browser(link: str, place: Path) -> Iterator[None]:
    """Open the link by a page that only this user can read: words of commands are read by everybody."""
    handle, name = tempfile.mkstemp(prefix="open-", suffix=".html", dir=place)
    page = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(ENTER.format(where=link))
        webbrowser.open(page.absolute().as_uri())
        yield
    finally:
        page.unlink(missing_ok=True)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError as error:
        raise UserError(
            f"`listen=` must be an address, such as 0.0.0.0; got {address!r}"
        ) from error


def _listening(port: int | None, address: str = HOST) -> socket.socket:
    """A socket on this port, or the usual one, or one that is free."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    ear = socket.socket(family, socket.SOCK_STREAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    why = ""
    for number in (port,) if port is not None else (USUAL_PORT, 0):
        try:
            ear.bind((address, number))
            ear.listen(MOST_WAITING)
            return ear
        except OSError as error:
            why = reason_of(error)
    ear.close()
    raise UserError(f"`port=` {port} cannot be listened on: {why}. Choose another, or none")
