"""Opens a studio on this machine: a port, a link with a token, and the browser."""

import contextlib
import os
import secrets
import socket
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

from lfads.checks import UserError, reason_of
from lfads.files import PathLike
from lfads.studio.app import make_app
from lfads.studio.bucket.cloud import Cloud
from lfads.studio.guard import ENTER
from lfads.studio.web import uvicorn

HOST = "127.0.0.1"
USUAL_PORT = 8765


def open_studio(
    place: PathLike,
    *,
    port: int | None = None,
    data: Path | None = None,
    browser: bool = True,
    cloud: Cloud | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> None:
    """Serve the studio until it is interrupted; only this machine reaches it.

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
    say
        Told the link.

    Raises
    ------
    UserError
        If the port is taken, or a folder cannot be used.
    """
    token = secrets.token_urlsafe(24)
    app = make_app(place, token, data=data, cloud=cloud)
    with _listening(port) as ear:
        link = f"http://{HOST}:{ear.getsockname()[1]}/?token={token}"
        say(f"the studio is open: {link}\nCtrl-C closes it; jobs that run live on")
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=2,
            server_header=False, lifespan="on",
        )  # fmt: skip
        with _opened_in_browser(link, Path(place)) if browser else contextlib.nullcontext():
            uvicorn.Server(config).run(sockets=[ear])


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


def _listening(port: int | None) -> socket.socket:
    """A socket on this port, or the usual one, or one that is free."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    why = ""
    for number in (port,) if port is not None else (USUAL_PORT, 0):
        try:
            ear.bind((HOST, number))
            ear.listen(128)
            return ear
        except OSError as error:
            why = reason_of(error)
    ear.close()
    raise UserError(f"`port=` {port} cannot be listened on: {why}. Choose another, or none")
