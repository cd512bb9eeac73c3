"""`lfads studio users` and `groups`, as whoever runs a studio types them."""

import io
import json

import pytest
from tests.studio import lab as labs

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.jobs.queue import Jobs
from lfads.studio.people.register import has_people
from lfads.studio.server import open_studio

pytestmark = pytest.mark.usefixtures("quick_digests")
quick_digests = labs.quick_digests


def typed(monkeypatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_users_come_and_go(tmp_path, monkeypatch, capsys):
    at = ["--folder", str(tmp_path / "lab")]
    assert run(["studio", "users", "list", *at]) == 0
    assert "no users" in capsys.readouterr().out
    assert not has_people(tmp_path / "lab")
    Jobs(tmp_path / "lab")
    typed(monkeypatch, "correct horse\n")
    assert run(["studio", "users", "add", "anna", "--group", "motor", *at]) == 0
    said = capsys.readouterr().out
    assert "anna may log in, and sees what the group motor has" in said
    assert "jobs and uploads that this folder held until now are of no group" in said
    typed(monkeypatch, "short\n")
    assert run(["studio", "users", "password", "anna", *at]) == 2
    error = capsys.readouterr().err
    assert "expected 10 to 200 characters; got 5" in error
    typed(monkeypatch, "battery staple\n")
    assert run(["studio", "users", "password", "anna", *at]) == 0
    assert run(["studio", "users", "list", *at, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"users": [{"name": "anna", "group": "motor"}]}
    assert run(["studio", "users", "remove", "anna", *at]) == 0
    assert run(["studio", "users", "remove", "anna", *at]) == 2
    assert has_people(tmp_path / "lab")  # nobody gets in any more, and no link opens it
    log = (tmp_path / "lab/people/audit.jsonl").read_text()
    assert [json.loads(line)["what"] for line in log.splitlines()] == [
        "users add", "users password", "users remove",
    ]  # fmt: skip
    assert "staple" not in log


def test_groups_have_quotas(tmp_path, capsys):
    at = ["--folder", str(tmp_path / "lab")]
    assert run(["studio", "groups", "list", *at]) == 0
    words = ["studio", "groups", "set", "motor"]
    assert run([*words, "--hours", "40", "--gigabytes", "1.5", *at]) == 0
    assert run([*words, "--hours", "50", *at]) == 0
    assert "motor: 50 h, 1.5 GB" in capsys.readouterr().out
    assert run(["studio", "groups", "list", *at]) == 0
    assert "1.5 GB" in capsys.readouterr().out
    assert run([*words, "--hours", "-1", *at]) == 2
    assert "a quota of hours must be a number, 0 or more" in capsys.readouterr().err
    assert run([*words, "--unlimited", *at]) == 0
    assert "motor: no limit of hours, no limit of bytes" in capsys.readouterr().out


def test_other_machines_are_let_in_only_where_people_log_in(tmp_path):
    with pytest.raises(UserError, match=r"`listen=` 0\.0\.0\.0 lets other machines in"):
        open_studio(tmp_path, listen="0.0.0.0", browser=False)
    with pytest.raises(UserError, match="must be an address, such as"):
        open_studio(tmp_path, listen="everywhere", browser=False)
