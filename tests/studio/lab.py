"""A studio of a lab with two groups, and people who log in to it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.studio.browser import Answer, Browser

from lfads.studio.entrance.where import Where
from lfads.studio.lab import make_lab_app
from lfads.studio.people import passwords
from lfads.studio.people.desk import Desk
from lfads.studio.studio import Studio

PASSWORD = "correct horse"
BY_GROUP = {"anna": "motor", "ben": "motor", "clara": "vision"}


class Lab:
    """Its app, and what is behind it."""

    def __init__(self, place: Path, where: Where | None = None, **choices: Any) -> None:
        self.place = place
        self.app: Any = make_lab_app(place, where=where, serves=False, **choices)
        self.desk: Desk = self.app.app.state.desk

    def add_all(self) -> None:
        """Let everybody in."""
        for name, group in BY_GROUP.items():
            self.desk.people.add(name, group, PASSWORD)

    def studio(self, group: str) -> Studio:
        """What a group has."""
        return self.desk.houses.of(group).studio


class Person(Browser):
    """A browser of somebody, logged in unless no name is given."""

    def __init__(self, lab: Lab, name: str = "", password: str = PASSWORD) -> None:
        self.app, self.lab, self.cookies = lab.app, lab, {}
        self.found_csrf = ""
        if name:
            answer = self.log_in(name, password)
            assert answer.url == "/data", (answer.status, answer.text)

    @property
    def csrf(self) -> str:
        """Of the page that was seen last."""
        return self.found_csrf

    def log_in(self, name: str, password: str = PASSWORD, **words: str) -> Answer:
        """Fill in the form."""
        form = self.get("/login")
        secret = re.search(r'name="csrf" value="(\w+)"', form.text)
        fields = {"csrf": secret[1] if secret else "", "name": name, "password": password}
        answer = self.post("/login", {**fields, **words}, csrf=False)
        self.see(answer)
        return answer

    def see(self, answer: Answer) -> None:
        """Take the secret of forms from a page."""
        found = re.search(
            r'<meta name="csrf" content="(\w+)"', answer.body.decode(errors="replace")
        )
        self.found_csrf = found[1] if found else self.found_csrf


@pytest.fixture(scope="module")
def quick_digests() -> Iterator[None]:
    """Passwords are compared at once."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: hasher)
        passwords._of_nobody.cache_clear()
        yield
    passwords._of_nobody.cache_clear()
