"""The door of a studio on one's own machine: whoever has the link is in, and nobody else."""

from html import escape
from urllib.parse import quote, urlencode

from lfads.studio.entrance.keys import Keys
from lfads.studio.entrance.turned_away import ENTER, refused
from lfads.studio.entrance.visitor import Admitted, Visitor
from lfads.studio.studio import Studio, is_api
from lfads.studio.web import Request, Response


class OwnDoor:
    """Lets in who shows the token, or the cookie that it was traded for.

    Parameters
    ----------
    studio
        What is behind it.
    keys
        What must be shown.
    root
        Path below which the studio lies.
    """

    def __init__(self, studio: Studio, keys: Keys, root: str = "") -> None:
        self.keys, self._root = keys, root
        self._admitted = Admitted(Visitor(csrf=keys.csrf), studio)
        self._program = Admitted(Visitor(csrf=keys.csrf, is_program=True), studio)

    async def let_in(self, request: Request) -> Admitted | Response:
        """Who shows a token as a program does, or in the link, or its cookie."""
        if is_api(request) and (shown := request.headers.get("authorization")):
            kind, _, token = shown.partition(" ")
            is_ours = kind.lower() == "bearer" and self.keys.is_token(token.strip())
            return self._program if is_ours else refused("this is not the token of the studio")
        given = request.query_params.get("token", "")
        if request.method == "GET" and given and self.keys.is_token(given):
            return self._entered(request)
        if not self.keys.is_session(request.cookies.get(self.keys.cookie, "")):
            return refused("open the studio by the link that `lfads studio` printed")
        return self._admitted

    def note(self, request: Request, admitted: Admitted | None, status: int, to: str) -> None:
        """Nothing is kept of what one does on one's own machine."""

    def _entered(self, request: Request) -> Response:
        """A page that goes on to what was asked for, without the token in the address.

        No redirection: a browser that came here from elsewhere would not send the cookie after one.
        """
        query = [(k, v) for k, v in request.query_params.multi_items() if k != "token"]
        page = quote(request.scope["path"].rpartition("/")[2])
        where = escape(f"./{page}?{urlencode(query)}" if query else f"./{page}")
        answer = Response(ENTER.format(where=where), media_type="text/html")
        answer.set_cookie(
            self.keys.cookie, self.keys.session, httponly=True, samesite="strict",
            path=self._root or "/", secure=request.scope["scheme"] == "https",
        )  # fmt: skip
        return answer
