"""The door of a studio that a lab shares: people log in, programs show keys, all see their group's."""

import secrets
from urllib.parse import urlencode

from lfads.checks import UserError, reason_of
from lfads.studio.entrance.turned_away import ENTER, refused
from lfads.studio.entrance.visitor import Admitted, Visitor
from lfads.studio.groups.houses import Houses
from lfads.studio.pages import root_of
from lfads.studio.people.audit import Audit
from lfads.studio.people.sessions import Session, Sessions, csrf_of
from lfads.studio.studio import is_api
from lfads.studio.web import JSONResponse, RedirectResponse, Request, Response, run_in_threadpool

OPEN = ("/login",)
PUBLIC = "/static/"
"""Scripts and styles, which come with the package."""

NOT_NOTED = ("GET", "HEAD", "OPTIONS")
MOST_NEXT = 300


class PeopleDoor:
    """Lets in who has a session or a key.

    Parameters
    ----------
    sessions
        Of browsers, and keys of programs.
    houses
        Studios of the groups.
    audit
        Told what people change.
    cookie
        Name of the cookie.
    root
        Path below which the studio lies.
    """

    def __init__(
        self, sessions: Sessions, houses: Houses, audit: Audit, *, cookie: str, root: str = ""
    ) -> None:
        self.sessions, self.houses, self.audit = sessions, houses, audit
        self.cookie, self.root = cookie, root

    async def let_in(self, request: Request) -> Admitted | Response:
        """Who has a session or shows a key; a page to log in for everybody else."""
        if is_api(request) and (shown := request.headers.get("authorization")):
            kind, _, key = shown.partition(" ")
            session = None
            if kind.lower() == "bearer":
                session = await run_in_threadpool(self.sessions.of, key.strip(), "program")
            return await self._admitted(session) if session else _needs_key()
        secret = request.cookies.get(self.cookie, "")
        session = await run_in_threadpool(self.sessions.of, secret, "browser")
        if session is not None:
            return await self._admitted(session)
        path = request.scope["path"]
        if path in OPEN or path.startswith(PUBLIC):
            return Admitted(Visitor(csrf=csrf_of(secret or secrets.token_urlsafe(32))), None)
        if is_api(request):
            return _needs_key()
        if request.method not in ("GET", "HEAD"):
            return refused("log in first; your session has ended", 401)
        if request.headers.get("sec-fetch-site") == "cross-site":
            return Response(ENTER.format(where=""), media_type="text/html")
        return RedirectResponse(_login_of(request), status_code=303)

    def note(self, request: Request, admitted: Admitted | None, status: int, to: str) -> None:
        """Keep what people change; pieces of uploads are one upload."""
        path, method = request.scope["path"], request.method
        is_piece = path.startswith("/data/uploads/") or path.endswith("/pieces")
        if method in NOT_NOTED or path in OPEN or is_piece:
            return
        visitor = Visitor(csrf="") if admitted is None else admitted.visitor
        self.audit.note(
            f"{method} {path}", who=visitor.name, group=visitor.group, status=status,
            origin=address_of_sender(request), on=to.partition("?")[0].lstrip("./"),
        )  # fmt: skip

    async def _admitted(self, session: Session) -> Admitted | Response:
        try:
            house = await run_in_threadpool(self.houses.of, session.group)
        except (UserError, OSError) as error:
            return refused(reason_of(error), 503)
        visitor = Visitor(
            csrf=session.csrf, name=session.user, group=session.group,
            is_program=session.kind == "program",
        )  # fmt: skip
        return Admitted(visitor, house.studio)


def address_of_sender(request: Request) -> str:
    """From where a request came."""
    return request.client.host if request.client is not None else ""


def _login_of(request: Request) -> str:
    """The page to log in, which goes on with what was asked for."""
    wanted = request.scope["path"].lstrip("/")
    query = request.url.query
    wanted = f"{wanted}?{query}" if query else wanted
    asked = f"?{urlencode({'next': wanted})}" if wanted and len(wanted) < MOST_NEXT else ""
    return f"{root_of(request)}login{asked}"


def _needs_key() -> Response:
    said = "show a key of yours as `Authorization: Bearer KEY`; your account's page makes one"
    return JSONResponse(
        {"error": said}, status_code=401, headers={"www-authenticate": 'Bearer realm="lfads studio"'}
    )  # fmt: skip
