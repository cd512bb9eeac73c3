"""`lfads studio` as a user opens it, with a browser where there is one."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from tests.test_import_cost import modules_loaded_by, packages

from lfads.checks import UserError
from lfads.jobs.queue import Jobs
from lfads.studio import server
from lfads.studio.server import open_studio

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    """Of a studio that is open; closed as by Ctrl-C."""
    place = tmp_path_factory.mktemp("jobs")
    words = ["studio", "--folder", str(place), "--print-link"]
    process = subprocess.Popen(
        [sys.executable, "-m", "lfads", *words], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    found = re.search(r"the studio is open: (http://127\.0\.0\.1:\d+/\?token=\S+)", first)
    assert found, first + process.stderr.read()
    yield found[1]
    process.send_signal(signal.SIGINT)
    with process.stderr:
        assert process.stderr.read().endswith("lfads: interrupted\n")
    assert process.wait(30) == 130
    assert Jobs(place).list() == []


def test_the_link_opens_and_nothing_else_does(link: str):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    first = link.partition("?")[0]
    with opener.open(link, timeout=30) as page:
        assert b"Enter the studio" in page.read()
    with opener.open(first, timeout=30) as page:
        assert page.url == f"{first}data"
        assert b"Drop a file here" in page.read()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(first, timeout=30)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_a_browser_shows_it(link: str, tmp_path):
    words = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
        "--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom", link,
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    assert "<title>Data · lfads studio</title>" in done.stdout
    assert "Content Security Policy" not in done.stderr


def test_the_first_page_waits_for_nothing_heavy():
    loaded = packages(modules_loaded_by("import lfads.studio.server"))
    assert not loaded & {"jax", "equinox", "matplotlib", "argon2"}


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            UserError, match=f"`port=` {port} cannot be listened on: .*Choose another"
        ):
            open_studio(tmp_path / "jobs", port=port, browser=False)


def test_the_browser_gets_a_page_that_only_its_user_reads(tmp_path, monkeypatch):
    opened = []

    def noted(address: str) -> None:
        page = Path(url2pathname(urlsplit(address).path))
        opened.append((address, page.stat().st_mode & 0o077, page.read_text("utf-8")))

    monkeypatch.setattr("webbrowser.open", noted)
    with server._opened_in_browser("http://127.0.0.1:1/?token=abc", tmp_path):
        pass
    ((address, others, text),) = opened
    assert "abc" not in address
    assert "url=http://127.0.0.1:1/?token=abc" in text
    assert others == 0
    assert list(tmp_path.iterdir()) == []
