"""Who may ask: the right host, the token or its cookie, and for changes a page of ours.

Three things are kept out: other people of the machine (token), pages of other sites that the browser shows
(SameSite, Origin, the forms' own secret), and names that were made to point here (Host).
"""

from html import escape
from urllib.parse import quote, urlencode, urlsplit

from lfads.studio.keys import Keys
from lfads.studio.web import (
    ASGIApp,
    Message,
    MutableHeaders,
    PlainTextResponse,
    Receive,
    Request,
    Response,
    Scope,
    Send,
)

OUR_HOSTS = ("127.0.0.1", "localhost", "::1")
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
}


ENTER = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>lfads studio</title>'
    '<meta http-equiv="refresh" content="0;url={where}"></head>'
    '<body><p><a href="{where}">Enter the studio</a></p></body></html>\n'
)


class Guard:
    """Stands before the whole app."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app, self.keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on what may pass."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a connection that is not accepted is refused
        request = Request(scope)
        answer = self._answer(request)
        await (answer or self.app)(scope, receive, _with_headers(send))

    def _answer(self, request: Request) -> Response | None:
        if not _is_our_host(request.headers.get("host", "")):
            return _refused("this address does not belong to the studio")
        if is_api(request) and (shown := request.headers.get("authorization")):
            kind, _, token = shown.partition(" ")
            is_ours = kind.lower() == "bearer" and self.keys.is_token(token.strip())
            return None if is_ours else _refused("this is not the token of the studio")
        given = request.query_params.get("token", "")
        if request.method == "GET" and given and self.keys.is_token(given):
            return self._entered(request)
        if not self.keys.is_session(request.cookies.get(self.keys.cookie, "")):
            return _refused("open the studio by the link that `lfads studio` printed")
        if request.method not in ("GET", "HEAD") and is_api(request):
            return _refused("programs show the token as `Authorization: Bearer TOKEN`")
        if request.method not in ("GET", "HEAD") and not _is_from_us(request):
            return _refused("this came from a page that is not of the studio")
        return None

    def _entered(self, request: Request) -> Response:
        """A page that goes on to what was asked for, without the token in the address.

        No redirection: a browser that came here from elsewhere would not send the cookie after one.
        """
        query = [(k, v) for k, v in request.query_params.multi_items() if k != "token"]
        page = quote(request.scope["path"].rpartition("/")[2])
        where = escape(f"./{page}?{urlencode(query)}" if query else f"./{page}")
        answer = Response(ENTER.format(where=where), media_type="text/html")
        answer.set_cookie(
            self.keys.cookie, self.keys.session, httponly=True, samesite="strict", path="/"
        )
        return answer


def is_api(request: Request) -> bool:
    """Whether it is a program that asks, which shows the token itself instead of a cookie."""
    path = request.scope["path"]
    return path == "/api" or path.startswith("/api/")


def _refused(why: str) -> Response:
    return PlainTextResponse(f"Refused: {why}.\n", status_code=403)


def _is_our_host(host: str) -> bool:
    """Whether a browser asked for this machine by a name of its own.

    >>> [_is_our_host(host) for host in ("127.0.0.1:8000", "[::1]:80", "evil.example", "")]
    [True, True, False, False]
    """
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname in OUR_HOSTS and (parts.port or 1) > 0  # a port that is none raises
    except ValueError:
        return False


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
