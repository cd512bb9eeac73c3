"""Who may ask: by the right name, let in by the door, and for changes from a page of ours.

Three things are kept out: other people (the door), pages of other sites that the browser shows (SameSite,
Origin, the forms' own secret), and names that were made to point here (Host).
"""

from urllib.parse import urlsplit

from lfads.studio.entrance.turned_away import refused
from lfads.studio.entrance.visitor import Admitted, Door
from lfads.studio.entrance.where import Where
from lfads.studio.pages import ADMITTED
from lfads.studio.studio import is_api
from lfads.studio.web import (
    ASGIApp,
    Message,
    MutableHeaders,
    Receive,
    Request,
    Response,
    Scope,
    Send,
)

POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
"""Nothing but what the studio itself serves; no script or style within a page."""

PAGE_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; script-src 'unsafe-inline'; frame-ancestors 'self'"
)
"""Of reports and previews: they stand by themselves, in a frame that is no part of the studio."""

IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Stands before the whole app.

    Parameters
    ----------
    app
        What answers those who were let in.
    door
        Says who asks.
    where
        Under which names the studio is reached.
    """

    def __init__(self, app: ASGIApp, door: Door, where: Where | None = None) -> None:
        self.app, self.door, self.where = app, door, where or Where()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on what may pass."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a connection that is not accepted is refused
        scope = self.where.seen(scope)
        request = Request(scope)
        found = await self._let_in(request)
        answer: ASGIApp = self.app
        if isinstance(found, Response):
            answer = found
        else:
            scope[ADMITTED] = found
        admitted = found if isinstance(found, Admitted) else None
        await answer(scope, receive, self._noting(_with_headers(send), request, admitted))

    async def _let_in(self, request: Request) -> Admitted | Response:
        if not self.where.is_ours(request.headers.get("host", "")):
            return refused("this address does not belong to the studio")
        found = await self.door.let_in(request)
        if isinstance(found, Response) or found.visitor.is_program:
            return found
        if request.method not in ("GET", "HEAD") and is_api(request):
            return refused("programs show the token as `Authorization: Bearer TOKEN`")
        if request.method not in ("GET", "HEAD") and not _is_from_us(request):
            return refused("this came from a page that is not of the studio")
        return found

    def _noting(self, send: Send, request: Request, admitted: Admitted | None) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                self.door.note(request, admitted, message["status"], headers.get("location", ""))
            await send(message)

        return sent


def _is_from_us(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("content-security-policy", POLICY)
            headers.setdefault("cache-control", "no-store")
            message["headers"] = headers.raw
        await send(message)

    return sent
