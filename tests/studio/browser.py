"""What a browser does, as far as tests need it: asks, keeps a cookie, follows, sends forms."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from lfads.studio.app import make_app
from lfads.studio.entrance.keys import Keys
from lfads.studio.studio import Studio

TOKEN = "token-of-tests"
HOST = "127.0.0.1:8765"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """Asks an app; with its token from the start unless told otherwise."""

    scheme, address = "http", "127.0.0.1"

    def __init__(self, place, enters: bool = True, **choices: Any) -> None:
        self.app: Any = make_app(place, TOKEN, serves=False, **choices)
        self.studio: Studio = self.app.app.state.studio
        self.cookies: dict[str, str] = {}
        if enters:
            self.get(f"/?token={TOKEN}")

    @property
    def csrf(self) -> str:
        return Keys(TOKEN).csrf

    def get(self, url: str, **headers: str) -> Answer:
        answer = self.ask("GET", url, headers=headers)
        while answer.status in (302, 303, 307):
            answer = self.ask("GET", urljoin(answer.url, answer.headers["location"]))
        return answer

    def post(
        self, url: str, fields: Mapping[str, str] | None = None, *, csrf: bool = True
    ) -> Answer:
        """Send a form, and follow where it leads."""
        words = {**({"csrf": self.csrf} if csrf else {}), **(fields or {})}
        answer = self.ask("POST", url, [urlencode(words).encode()], {"content-type": FORM})
        if answer.status == 303:
            return self.get(urljoin(answer.url, answer.headers["location"]))
        return answer

    def send(self, url: str, pieces: Sequence[bytes] = (), *, breaks: bool = False) -> Answer:
        """What the studio's script sends; `breaks` ends the connection before the end."""
        return self.ask("POST", url, pieces, {"x-csrf-token": self.csrf}, breaks=breaks)

    def ask(
        self, method: str, url: str, pieces: Sequence[bytes] = (), headers: Mapping[str, str] | None = None,
        *, breaks: bool = False,
    ) -> Answer:  # fmt: skip
        parts = urlsplit(url)
        given = {"host": HOST, **{k.replace("_", "-"): v for k, v in (headers or {}).items()}}
        if self.cookies:
            given["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if not breaks:
            given.setdefault("content-length", str(sum(map(len, pieces))))
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": self.scheme, "path": parts.path, "raw_path": parts.path.encode(), "root_path": "",
            "query_string": parts.query.encode(), "server": ("127.0.0.1", 8765),
            "client": (self.address, 50000),
            "headers": [(k.lower().encode(), v.encode()) for k, v in given.items()],
        }  # fmt: skip
        answer = asyncio.run(_asked(self.app, scope, pieces, breaks))
        answer.url = parts.path
        if found := re.match(r'([^=]+)="?([^;"]*)', answer.headers.get("set-cookie", "")):
            self.cookies[found[1]] = found[2]
        return answer


async def _asked(app: Any, scope: dict[str, Any], pieces: Sequence[bytes], breaks: bool) -> Answer:
    end = {"type": "http.disconnect"} if breaks else {"type": "http.request", "body": b""}
    left = [{"type": "http.request", "body": p, "more_body": True} for p in pieces] + [end]
    answer = Answer(0, {}, b"", "")

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer
