"""A studio behind a proxy on loopback, both as processes, and somebody who goes the whole way."""

import contextlib
import http.cookiejar
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest

NAME, PASSWORD = "studio.lab.test", "correct horse"
CONTAINERS = Path(__file__).parents[2] / "containers" / "studio"
LFADS = (sys.executable, "-m", "lfads")


def needs(program: str) -> str:
    """Where a program is; the test is skipped without."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"make test-proxies needs {program}")
    return found


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


@contextlib.contextmanager
def running(words: Sequence[str], log: Path, **variables: str) -> Iterator[None]:
    """A process, ended with its children at the end."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **variables},
        )  # fmt: skip
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def studio(place: Path, *words: str, people: bool = True) -> Iterator[tuple[int, str]]:
    """A studio that runs; its port, and what it printed."""
    if people and not (place / "people").exists():
        add = [*LFADS, "studio", "users", "add", "anna", "--group", "motor", "--folder", str(place)]
        subprocess.run(add, input=PASSWORD.encode(), check=True, capture_output=True)
    given = "--port" in words
    port, log = int(words[-1]) if given else free_port(), place.with_suffix(".log")
    begin = [*LFADS, "studio", "--folder", str(place), "--print-link"]
    with running([*begin, *words, *([] if given else ["--port", str(port)])], log):
        answers("127.0.0.1", port, log)
        yield port, log.read_text()


def answers(host: str, port: int, log: Path) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name be this machine."""
    found = socket.getaddrinfo

    def ours(host, *words, **more):
        return found("127.0.0.1" if host == NAME else host, *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", ours)


class Person:
    """A browser, as far as it is needed."""

    def __init__(self, base: str, context: ssl.SSLContext | None = None) -> None:
        self.base, self.jar = base, http.cookiejar.CookieJar()
        handlers: list = [
            urllib.request.HTTPCookieProcessor(self.jar),
            urllib.request.ProxyHandler({}),
        ]
        if context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self.opener = urllib.request.build_opener(*handlers)
        self.url = ""

    def get(self, where: str = "", data: dict[str, str] | None = None) -> str:
        """A page; `where` is relative to the one that was seen last."""
        url = urljoin(self.url or self.base, where)
        body = None if data is None else urlencode(data).encode()
        request = urllib.request.Request(url, body)
        if data is not None:
            request.add_header("origin", self.base.split("/lfads")[0].rstrip("/"))
        with self.opener.open(request, timeout=30) as answer:
            self.url = answer.url
            return answer.read().decode(errors="replace")

    def log_in(self) -> str:
        """By the form that the first page leads to."""
        form = self.get(self.base)
        assert self.url == f"{self.base}login", self.url
        secret = re.search(r'name="csrf" value="(\w+)"', form)
        assert secret is not None
        words = {"csrf": secret[1], "name": "anna", "password": PASSWORD, "next": ""}
        return self.get("login", words)

    def follow_all(self, page: str) -> int:
        """Every link, style and script of a page is there, below the same address."""
        found = set(re.findall(r'(?:href|src)="([^"#]+)', page))
        here = self.url
        for link in found:
            self.url = here
            self.get(link)
            assert self.url.startswith(self.base), (link, self.url)
        return len(found)


def goes_the_whole_way(base: str, tmp_path: Path, context: ssl.SSLContext | None = None) -> None:
    """Log in, follow every link, make a key, upload, watch a job, and download, through a proxy."""
    from lfads.formats.hdf5 import write
    from lfads.simulate.lorenz import simulate_lorenz
    from lfads.studio import Client

    anna = Person(base, context)
    page = anna.log_in()
    assert anna.url == f"{base}data"
    assert "Drop a file here" in page
    assert anna.follow_all(page) > 8
    (cookie,) = anna.jar
    assert cookie.secure == base.startswith("https")
    account = anna.get(f"{base}account")
    assert anna.follow_all(account) > 8
    secret = re.search(r'<meta name="csrf" content="(\w+)"', account)
    assert secret is not None
    anna.url = f"{base}account"
    link = re.search(
        r'tabindex="0">([^<\s]+)<', anna.get("account/keys", {"csrf": secret[1], "label": "x"})
    )
    assert link is not None
    assert link[1].startswith(f"{base}?token="), link[1]
    client = Client(link[1])
    tiny = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)
    data = client.upload(write(tiny, tmp_path / "monday.h5", overwrite=True))
    assert [one.name for one in client.data()] == ["monday.h5"]
    job = client.submit("reproduce", ["nothing"], anew=True)
    events = anna.get(
        f"{base}jobs/{job.id}/events"
    )  # until it has ended: there is no such experiment
    assert "event: ended" in events
    assert client.job(job.id).state == "failed"
    assert "nothing" in client.log(job.id)
    client.delete_job(job.id)
    client.delete_data(data.id)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        anna.get(f"{base}jobs/{job.id}")
