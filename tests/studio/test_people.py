"""People log in, and nobody else: passwords, sessions, tries, keys, and what the audit log holds."""

import json
import re
import time
from urllib.parse import quote

import pytest
from tests.studio import lab as labs
from tests.studio.lab import PASSWORD, Lab, Person

from lfads.checks import UserError
from lfads.studio.people import passwords, sessions, tries
from lfads.studio.people.people import Group

quick_digests = labs.quick_digests


@pytest.fixture
def lab(tmp_path, quick_digests) -> Lab:
    lab = Lab(tmp_path / "jobs")
    lab.add_all()
    return lab


def audit(lab: Lab) -> list[dict]:
    return [json.loads(line) for line in lab.desk.audit.path.read_text().splitlines()]


def test_who_logs_in_sees_the_group_and_its_account(lab: Lab):
    anna = Person(lab, "anna")
    page = anna.get("/account")
    assert "anna, of motor" in page.text
    assert "no limit" in page.text
    lab.desk.people.set_group(Group(name="motor", hours=12.0, bytes=5 * 10**9))
    assert "5.0 GB" in anna.get("/account").text
    assert anna.post("/logout").url == "/login"
    assert anna.get("/data").url == "/login"
    told = [(one["what"], one["who"], one["from"]) for one in audit(lab)]
    assert told == [("login", "anna", "127.0.0.1"), ("POST /logout", "anna", "127.0.0.1")]


def test_a_login_goes_on_with_what_was_asked_for_and_never_elsewhere(lab: Lab):
    nobody = Person(lab)
    asked = nobody.ask("GET", "/runs?by=bits")
    assert (asked.status, asked.headers["location"]) == (303, "./login?next=runs%3Fby%3Dbits")
    assert 'value="runs?by=bits"' in nobody.get("/login?next=runs%3Fby%3Dbits").text
    assert Person(lab).log_in("anna", next="runs").url == "/runs"
    for evil in (
        "//evil.example",
        "https://evil.example",
        "/\\evil",
        "javascript:1",
        "a/../../b",
        "/x",
    ):
        assert evil not in nobody.get(f"/login?next={quote(evil)}").text
        assert Person(lab).log_in("anna", next=evil).url == "/data"
    # A link in a letter: the page comes again by itself, and then with the cookie.
    from_afar = nobody.ask("GET", "/data", headers={"sec-fetch-site": "cross-site"})
    assert (from_afar.status, 'content="0;url="' in from_afar.text) == (200, True)


def test_wrong_names_and_passwords_are_told_alike_and_take_as_long(lab: Lab, monkeypatch):
    hasher, compared = passwords._hasher(), []

    class Counting:
        def verify(self, *words: str) -> bool:
            compared.append(words[0])
            return hasher.verify(*words)

    monkeypatch.setattr(passwords, "_of_nobody", lambda: hasher.hash("nobody"))
    monkeypatch.setattr(passwords, "_hasher", Counting)
    wrong, unknown = (Person(lab).log_in(name, "guess") for name in ("anna", "eve"))
    assert (wrong.status, unknown.status, len(compared)) == (401, 401, 2)
    assert re.sub(r"\w{64}", "", wrong.text) == re.sub(r"\w{64}", "", unknown.text)
    assert "Name or password are not right." in wrong.text
    text = lab.desk.audit.path.read_text()
    assert [one["who"] for one in audit(lab)] == ["anna", "nobody"]
    assert "guess" not in text
    assert "eve" not in text


def test_tries_are_counted_by_name_and_by_address(lab: Lab, monkeypatch):
    for _ in range(tries.MOST_OF_NAME):
        assert Person(lab).log_in("anna", "guess").status == 401
    late = Person(lab).log_in("anna")
    assert (late.status, late.headers["retry-after"].isdecimal()) == (429, True)
    assert "Too many tries. Wait 15 minutes" in late.text
    assert Person(lab).log_in("ben").url == "/data"
    for number in range(tries.MOST_OF_ADDRESS - tries.MOST_OF_NAME):
        assert Person(lab).log_in(f"eve{number}", "guess").status == 401
    assert Person(lab).log_in("clara").status == 429
    other = Person(lab)
    other.address, other.scheme = "10.0.0.9", "https"
    assert other.log_in("clara").url == "/data"
    monkeypatch.setattr(tries, "WITHIN_S", 0.0)
    assert Person(lab).log_in("anna").url == "/data"
    assert "login waits" in [one["what"] for one in audit(lab)]


def test_a_cookie_is_kept_from_scripts_and_from_other_sites(lab: Lab):
    anna = Person(lab)
    anna.get("/login")
    before = dict(anna.cookies)
    anna.scheme = "https"
    answer = anna.ask("GET", "/login")
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "secure", "path=/"))
    anna.scheme = "http"
    assert "secure" not in anna.ask("GET", "/login").headers["set-cookie"].lower()
    anna.log_in("anna")
    (name,) = anna.cookies
    assert (
        anna.cookies[name] != before[name]
    )  # a secret that somebody else may have set is no session
    held = lab.desk.people.register.rows("SELECT digest, password FROM sessions JOIN users")
    assert all(anna.cookies[name] not in str(tuple(row)) for row in held)
    assert all(PASSWORD not in str(tuple(row)) for row in held)


def test_a_login_is_from_a_form_of_ours(lab: Lab):
    words = {"name": "anna", "password": PASSWORD}
    assert Person(lab).post("/login", words, csrf=False).status == 403
    for secret in ("", sessions.csrf_of("")):
        assert Person(lab).post("/login", {**words, "csrf": secret}, csrf=False).status == 403
    far = Person(lab)
    far.address = "10.0.0.9"
    answer = far.log_in("anna")
    assert (answer.status, "over TLS alone" in answer.text) == (403, True)


def test_sessions_end(lab: Lab, monkeypatch):
    anna = Person(lab, "anna")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + sessions.IDLE_S - 60)
    assert anna.get("/data").url == "/data"
    monkeypatch.setattr(time, "time", lambda: now + 2 * sessions.IDLE_S)
    assert anna.get("/data").url == "/login"
    monkeypatch.undo()
    ben = Person(lab, "ben")
    lab.desk.people.remove("ben")
    assert ben.get("/data").url == "/login"
    assert Person(lab).log_in("ben").status == 401
    assert ben.post("/data/form").status == 401


def test_another_password_ends_other_sessions_and_keys(lab: Lab):
    anna, other = Person(lab, "anna"), Person(lab, "anna")
    anna.see(anna.get("/account"))
    made = anna.post("/account/keys", {"label": "<laptop>"})
    key = re.search(r"\?token=([\w-]+)", made.text)
    assert key is not None
    assert "&lt;laptop&gt;" in made.text
    assert key[1] not in anna.get("/account").text
    assert other.get("/api/jobs", authorization=f"Bearer {key[1]}").status == 200
    new = "battery staple"
    for wrong, said in (
        ({"old": "guess", "new": new, "again": new}, "until now is not right"),
        ({"old": PASSWORD, "new": new, "again": "x"}, "not typed the same twice"),
        ({"old": PASSWORD, "new": "annaannaanna", "again": "annaannaanna"}, "it must not hold"),
    ):
        answer = anna.post("/account/password", wrong)
        assert (answer.status, said in answer.text) == (400, True)
    done = anna.post("/account/password", {"old": PASSWORD, "new": new, "again": new})
    assert (done.url, "anna, of motor" in done.text) == ("/account", True)
    assert other.get("/data").url == "/login"
    assert other.get("/api/jobs", authorization=f"Bearer {key[1]}").status == 401
    assert Person(lab).log_in("anna", new).url == "/data"
    assert new not in lab.desk.audit.path.read_text()


def test_a_key_is_for_programs_alone(lab: Lab):
    key = lab.desk.sessions.begin("anna", "program", "laptop")
    program = Person(lab)
    shown = {"authorization": f"Bearer {key}"}
    assert program.get("/api/data", **shown).status == 200
    assert program.ask("GET", "/data", headers=shown).status == 303
    assert program.ask("GET", f"/data?token={key}").status == 303
    program.cookies = {lab.desk.cookie: key}
    assert program.ask("GET", "/data").status == 303
    (one,) = lab.desk.sessions.keys("anna")
    assert not lab.desk.sessions.end_key("clara", one.name)
    anna = Person(lab, "anna")
    assert anna.post(f"/account/keys/{one.name}/end").url == "/account"
    assert program.get("/api/data", **shown).status == 401


@pytest.mark.parametrize(
    ("name", "group", "password", "message"),
    [
        ("Anna", "motor", PASSWORD, "a user's name has up to 32 small letters"),
        ("../x", "motor", PASSWORD, "a user's name has"),
        ("dora", "../x", PASSWORD, "a group's name has up to 32 small letters"),
        ("dora", "motor", "short", "expected 10 to 200 characters; got 5"),
        ("dora", "motor", "aaaaaaaaaaaa", "more than four different characters"),
        ("anna", "motor", PASSWORD, "there is a user anna already"),
    ],
)
def test_mistakes_are_named(lab: Lab, name: str, group: str, password: str, message: str):
    with pytest.raises(UserError, match=message):
        lab.desk.people.add(name, group, password)
