"""Pages to log in and out, and an account: password, keys of programs, and what the group has used."""

import re
import secrets

from lfads.checks import NotThere, UserError
from lfads.studio.entrance.visitor import Visitor
from lfads.studio.pages import ADMITTED, see
from lfads.studio.people.desk import Desk, desk_of
from lfads.studio.people.door import address_of_sender
from lfads.studio.people.sessions import csrf_of
from lfads.studio.studio import changing, texts
from lfads.studio.web import FormData, Request, Response, Route

_NEXT = re.compile(r"[A-Za-z][A-Za-z0-9/_.-]*(\?[A-Za-z0-9_=&%.,+-]*)?")
"""Pages of the studio that a login may go on with: no scheme, no host, nothing that leads up."""

LOCAL = ("127.0.0.1", "::1")
WRONG = "Name or password are not right."


def login(request: Request) -> Response:
    """The form; its secret belongs to a cookie that is given with it."""
    if visitor_of(request).name:
        return see(request, "data")
    return _form(request, request.query_params.get("next", ""))


def enter(request: Request, form: FormData) -> Response:
    """Compare the password, and begin a session."""
    desk, words = desk_of(request), texts(form)
    name, password = words.get("name", "").strip()[:100], words.get("password", "")[:1000]
    origin = address_of_sender(request)
    if request.scope["scheme"] != "https" and origin not in LOCAL:
        said = (
            "Passwords are taken over TLS alone: ask for this page by https. Whoever runs this studio "
            "names the proxy that stands before it (`--proxy`)."
        )
        return _form(request, words.get("next", ""), said, 403)
    wait_s = desk.tries.begin(name, origin)
    if wait_s:
        desk.audit.note("login waits", who=_known(desk, name), origin=origin, status=429)
        said = f"Too many tries. Wait {wait_s / 60:.0f} minutes, then try again."
        answer = _form(request, words.get("next", ""), said, 429)
        answer.headers["retry-after"] = f"{wait_s:.0f}"
        return answer
    if not desk.people.is_password(name, password):
        desk.audit.note("login refused", who=_known(desk, name), origin=origin, status=401)
        return _form(request, words.get("next", ""), WRONG, 401)
    desk.tries.forget(name, origin)
    user = desk.people.get(name)
    desk.audit.note("login", who=user.name, group=user.group, origin=origin)
    wanted = words.get("next", "")
    answer = see(request, wanted if is_page(wanted) else "data")
    _set_cookie(request, answer, desk.sessions.begin(user.name, "browser"))
    return answer


def leave(request: Request, form: FormData) -> Response:
    """End the session."""
    desk = desk_of(request)
    desk.sessions.end(request.cookies.get(desk.cookie, ""))
    answer = see(request, "login")
    answer.delete_cookie(desk.cookie, path=desk.where.root or "/")
    return answer


def account(request: Request) -> Response:
    """Who one is, what the group has used, keys of programs."""
    return _account(request)


def password(request: Request, form: FormData) -> Response:
    """Give oneself another password; all other sessions, and all keys, end."""
    desk, visitor, words = desk_of(request), visitor_of(request), texts(form)
    origin = address_of_sender(request)
    if desk.tries.begin(visitor.name, origin):
        raise UserError("too many tries: wait some minutes")
    if not desk.people.is_password(visitor.name, words.get("old", "")[:1000]):
        return _account(request, "The password until now is not right.", status=400)
    desk.tries.forget(visitor.name, origin)
    new = words.get("new", "")
    if new != words.get("again", ""):
        return _account(request, "The new password was not typed the same twice.", status=400)
    try:
        desk.people.set_password(visitor.name, new)
    except UserError as error:
        return _account(request, str(error), status=400)
    answer = see(request, "account")
    _set_cookie(request, answer, desk.sessions.begin(visitor.name, "browser"))
    return answer


def new_key(request: Request, form: FormData) -> Response:
    """A key for programs, which is shown this once."""
    label = texts(form).get("label", "").strip() or "a program"
    key = desk_of(request).sessions.begin(visitor_of(request).name, "program", label)
    root = desk_of(request).where.root
    link = f"{request.scope['scheme']}://{request.headers['host']}{root}/?token={key}"
    return _account(request, link=link)


def end_key(request: Request, form: FormData) -> Response:
    """End a key."""
    name = request.path_params["name"]
    if not desk_of(request).sessions.end_key(visitor_of(request).name, name):
        raise NotThere("there is no such key, or it has ended")
    return see(request, "account")


def visitor_of(request: Request) -> Visitor:
    """Who asks."""
    return request.scope[ADMITTED].visitor


def is_page(wanted: str) -> bool:
    """Whether a login may go on with it.

    >>> [is_page(one) for one in ("jobs/a?b=1", "//evil.example", "https:evil", "a/../../b", "")]
    [True, False, False, False, False]
    """
    return bool(_NEXT.fullmatch(wanted)) and ".." not in wanted and "//" not in wanted


def _form(request: Request, wanted: str, said: str = "", status: int = 200) -> Response:
    secret = request.cookies.get(desk_of(request).cookie, "") or secrets.token_urlsafe(32)
    values = {
        "said": said, "next": wanted if is_page(wanted) else "", "csrf_of_login": csrf_of(secret)
    }  # fmt: skip
    answer = desk_of(request).pages.show(request, "people/login.html", values, status)
    _set_cookie(request, answer, secret)
    return answer


def _account(request: Request, said: str = "", link: str = "", status: int = 200) -> Response:
    desk, visitor = desk_of(request), visitor_of(request)
    house = desk.houses.of(visitor.group)
    values = {
        "said": said, "link": link, "group": house.allowance.may_use(),
        "used": house.allowance.used(), "keys": desk.sessions.keys(visitor.name),
    }  # fmt: skip
    return desk.pages.show(request, "people/account.html", values, status)


def _set_cookie(request: Request, answer: Response, secret: str) -> None:
    desk = desk_of(request)
    answer.set_cookie(
        desk.cookie, secret, httponly=True, samesite="strict", path=desk.where.root or "/",
        secure=request.scope["scheme"] == "https",
    )  # fmt: skip


def _known(desk: Desk, name: str) -> str:
    """A name that somebody has; others may be a password, typed into the wrong field."""
    return name if name in [user.name for user in desk.people.users()] else "nobody"


ROUTES = [
    Route("/login", login),
    Route("/login", changing(enter), methods=["POST"]),
    Route("/logout", changing(leave), methods=["POST"]),
    Route("/account", account),
    Route("/account/password", changing(password), methods=["POST"]),
    Route("/account/keys", changing(new_key), methods=["POST"]),
    Route("/account/keys/{name}/end", changing(end_key), methods=["POST"]),
]
