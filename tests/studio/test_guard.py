"""Nobody gets in without the token, and nothing changes but by a form of ours."""

import pytest
from tests.studio.browser import FORM, HOST, TOKEN, Browser

from lfads.studio.app import routes
from lfads.studio.entrance.guard import PAGE_POLICY, POLICY
from lfads.studio.web import Mount

PATHS = [
    (method, route.path.replace("{id}", "e-000000000000").replace("{name:path}", "x"))
    for route in routes()
    if not isinstance(route, Mount)
    for method in sorted((route.methods or set()) - {"HEAD"})
]
POSTS = [path for method, path in PATHS if method == "POST"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("jobs")


@pytest.mark.parametrize(
    ("method", "path"), [*PATHS, ("GET", "/static/studio.js"), ("GET", "/none")]
)
def test_without_the_token_everything_is_refused(place, method: str, path: str):
    stranger = Browser(place, enters=False)
    for url in (path, f"{path}?token=guess", f"{path}?token="):
        answer = stranger.ask(method, url)
        assert (answer.status, answer.headers["content-security-policy"]) == (403, POLICY)
    stranger.cookies = {Browser(place).app.door.keys.cookie: TOKEN}
    assert stranger.ask(method, path).status == 403


@pytest.mark.parametrize("path", POSTS)
def test_without_our_secret_nothing_changes(place, path: str):
    browser = Browser(place)
    assert browser.post(path, csrf=False).status == 403
    assert browser.post(path, {"csrf": "guess"}).status == 403
    assert browser.ask("POST", path).status == 403
    json = browser.ask("POST", path, [b"{}"], {"content-type": "application/json"})
    assert json.status == 403
    header = {"x-csrf-token": "guess", "content-type": "text/plain"}
    assert browser.ask("POST", path, [b"x"], header).status == 403


def test_other_sites_and_names_that_were_made_to_point_here_are_refused(place):
    browser = Browser(place)
    assert browser.ask("GET", "/data").status == 200
    assert browser.ask("GET", "/data", headers={"host": "localhost:1"}).status == 200
    for host in ("evil.example", f"{HOST}.evil.example", "", "[::1"):
        assert browser.ask("GET", f"/data?token={TOKEN}", headers={"host": host}).status == 403
    words = [f"csrf={browser.csrf}".encode()]
    for headers in (
        {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    ):  # fmt: skip
        answer = browser.ask("POST", "/data/x/again", words, {"content-type": FORM, **headers})
        assert "not of the studio" in answer.text


def test_the_token_leaves_the_address_and_the_cookie_is_kept_from_scripts(place):
    stranger = Browser(place, enters=False)
    answer = stranger.ask("GET", f"/data/x?look=preview&token={TOKEN}")
    assert 'content="0;url=./x?look=preview"' in answer.text
    assert TOKEN not in answer.text
    hostile = stranger.ask("GET", f"/data/%22><script>?a=%22><b>&token={TOKEN}")
    assert "<script>" not in hostile.text
    assert "<b>" not in hostile.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie


def test_forms_are_bounded(place):
    browser = Browser(place)
    form = {"content-type": FORM, "content-length": str(2**21)}
    assert browser.ask("POST", "/jobs/x/cancel", [b"x"], form).status == 413
    chunked = {"content-type": FORM, "content-length": "many"}
    assert browser.ask("POST", "/jobs/x/cancel", [b"x"], chunked).status == 413


def test_pages_ask_nobody_else(place):
    browser = Browser(place)
    for page in ("/data", "/jobs", "/runs"):
        answer = browser.get(page)
        assert answer.status == 200
        assert "http://" not in answer.text
        assert "https://" not in answer.text
        assert 'src="/' not in answer.text
        assert 'href="/' not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
    for file in ("studio.js", "studio.css", "icon.svg"):
        assert browser.get(f"/static/{file}").status == 200
    assert browser.get("/static/../guard.py").status == 404
    assert "sandbox" in PAGE_POLICY
    assert "same-origin" not in PAGE_POLICY
