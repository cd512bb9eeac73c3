"""Behind proxies: which headers are believed, names, a path below, cookies and redirections."""

import re

import pytest
from tests.studio import lab as labs
from tests.studio.browser import TOKEN, Browser
from tests.studio.lab import Lab, Person

from lfads.checks import UserError
from lfads.studio.entrance.where import where_of

quick_digests = labs.quick_digests
WHERE = where_of(names=["studio.lab.org"], root="/lfads", proxies=["10.0.0.1", "fd00::/8"])


def seen(client: str, path: str = "/data", **headers: str):
    given = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {
        "type": "http", "client": (client, 1), "path": path, "scheme": "http", "headers": given,
        "root_path": "",
    }  # fmt: skip
    return WHERE.seen(scope)


@pytest.mark.parametrize(
    ("client", "told", "sender"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "1.1.1.1, 192.0.2.7", "192.0.2.7"),  # the first was sent by the sender
        ("10.0.0.1", "192.0.2.7, 10.0.0.1", "192.0.2.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("10.0.0.1", "evil, 10.0.0.1", "10.0.0.1"),
        ("10.0.0.2", "192.0.2.7", "10.0.0.2"),  # nobody named it
        ("127.0.0.1", "192.0.2.7", "127.0.0.1"),
    ],
)
def test_a_sender_is_known_by_proxies_that_were_named(client: str, told: str, sender: str):
    assert seen(client, x_forwarded_for=told)["client"][0] == sender


def test_scheme_and_name_are_believed_of_proxies_alone():
    told = {
        "host": "inside:8765",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "studio.lab.org",
    }
    true, false = seen("10.0.0.1", **told), seen("10.0.0.9", **told)
    assert (true["scheme"], dict(true["headers"])[b"host"]) == ("https", b"studio.lab.org")
    assert (false["scheme"], dict(false["headers"])[b"host"]) == ("http", b"inside:8765")
    assert seen("10.0.0.1", x_forwarded_proto="javascript")["scheme"] == "http"


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/lfads/data", "/data"),
        ("/lfads", "/"),
        ("/lfads/", "/"),
        ("/data", "/data"),
        ("/lfadsx", "/lfadsx"),
    ],
)
def test_proxies_may_hand_on_the_whole_path_or_the_rest(asked: str, path: str):
    assert seen("10.0.0.1", path=asked)["path"] == path


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"names": ["https://x"]}, "names of machines without scheme and port"),
        ({"names": ["x:80"]}, "names of machines"),
        ({"names": [""]}, "names of machines"),
        ({"root": "../x"}, "must be a path such as /lfads"),
        ({"root": "/a b"}, "must be a path"),
        ({"proxies": ["proxy"]}, "are addresses such as 127.0.0.1 or networks"),
        ({"proxies": ["10.0.0.1/24"]}, "are addresses"),
    ],
)
def test_mistakes_are_named(given, message: str):
    with pytest.raises(UserError, match=message):
        where_of(**given)


def test_one_user_below_a_path(tmp_path):
    browser = Browser(tmp_path, enters=False, where=WHERE)
    answer = browser.ask("GET", f"/lfads/?token={TOKEN}", headers={"host": "studio.lab.org"})
    assert "Path=/lfads;" in answer.headers["set-cookie"]
    page = browser.ask("GET", "/lfads/data", headers={"host": "studio.lab.org"})
    assert page.status == 200
    assert 'href="./static/studio.css"' in page.text
    assert browser.ask("GET", "/lfads/").headers["location"] == "./data"
    assert browser.ask("GET", "/lfads/data", headers={"host": "other.lab.org"}).status == 403
    document = browser.ask("GET", "/lfads/api/openapi.json").text
    assert '"servers":[{"url":".."}]' in document  # from its own address: the studio's first page


def test_nothing_leads_to_another_machine(tmp_path, quick_digests):
    lab = Lab(tmp_path, where=WHERE)
    lab.add_all()
    nobody = Person(lab)
    nobody.address = "10.0.0.1"
    for path in (
        "//evil.example/data",
        "/data/",
        "/\\evil.example",
        "/lfads//evil.example/",
        "/%2f%2fevil",
    ):
        answer = nobody.ask("GET", path, headers={"host": "studio.lab.org"})
        where = answer.headers.get("location", "./")
        assert re.match(r"\.{1,2}/", where), (path, where)
        assert "evil.example" not in where.partition("?")[0]
    anna = Person(lab, "anna")
    for path in (
        "/data/",
        "/jobs/",
        "//jobs",
    ):  # no redirection to an address that who asks has chosen
        assert anna.ask("GET", path).status == 404


def test_who_comes_by_tls_gets_a_link_and_a_cookie_of_tls(tmp_path, quick_digests):
    lab = Lab(tmp_path, where=WHERE)
    lab.add_all()
    anna = Person(lab)
    anna.address = "10.0.0.1"
    told = {"host": "studio.lab.org", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}
    form = anna.ask("GET", "/lfads/login", headers=told)
    assert "Secure" in form.headers["set-cookie"]
    assert "Path=/lfads" in form.headers["set-cookie"]
    secret = re.search(r'name="csrf" value="(\w+)"', form.text)
    assert secret is not None
    words = f"csrf={secret[1]}&name=anna&password={labs.PASSWORD.replace(' ', '+')}".encode()
    kind = {"content-type": "application/x-www-form-urlencoded", "origin": "https://studio.lab.org"}
    assert anna.ask("POST", "/lfads/login", [words], {**told, **kind}).status == 303
    anna.see(anna.ask("GET", "/lfads/account", headers=told))
    words = f"csrf={anna.csrf}&label=x".encode()
    made = anna.ask("POST", "/lfads/account/keys", [words], {**told, **kind})
    assert "https://studio.lab.org/lfads/?token=" in made.text
    line = lab.desk.audit.path.read_text().splitlines()[-1]
    assert '"from": "192.0.2.7"' in line
