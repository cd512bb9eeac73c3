"""A real browser without a window, driven by its own protocol over two pipes: no package is needed.

`Chromium` opens pages, evaluates scripts in them, presses keys and takes pictures; it is found as Debian's
`chromium`, or by the environment variable CHROMIUM.
"""

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

END = b"\0"
FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--force-color-profile=srgb",
)  # fmt: skip
HAND = """
import fcntl, os, sys
here, there = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(here, 3)
os.dup2(there, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The protocol is spoken on descriptors 3 and 4."""

ANSWERS_S = 60.0
KEYS = {"ArrowRight": 39, "ArrowLeft": 37, "Tab": 9, "Enter": 13, "Escape": 27}


def found_chromium() -> str | None:
    """Where the browser is; None if there is none."""
    given = os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


class Page:
    """One tab."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._number, self._left, self.session = 0, b"", ""
        self.events: list[dict[str, Any]] = []

    def open(self) -> None:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        answer = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = answer["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **values: Any) -> dict[str, Any]:
        """What the browser answers."""
        self._number += 1
        number, whole = self._number, {"id": self._number, "method": method, "params": values}
        if self.session:
            whole["sessionId"] = self.session
        os.write(self._to, json.dumps(whole).encode() + END)
        while True:
            message = self._message()
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def _message(self) -> dict[str, Any]:
        until = time.monotonic() + ANSWERS_S
        while END not in self._left:
            ready, _, _ = select.select([self._from], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            some = os.read(self._from, 2**20)
            assert some, "the browser has ended"
            self._left += some
        one, _, self._left = self._left.partition(END)
        return json.loads(one)

    def go(self, url: str, until: str = "true", seconds: float = 30.0) -> None:
        """Load a page, and wait for an expression to hold in it."""
        self.ask("Page.navigate", url=url)
        self.wait(f"document.readyState === 'complete' && ({until})", seconds)

    def wait_for_server(self, url: str, seconds: float = 30.0) -> None:
        """Until something answers there."""
        until = time.monotonic() + seconds
        while "errorText" in self.ask("Page.navigate", url=url):
            assert time.monotonic() < until, f"nothing answers at {url}"
            time.sleep(0.1)

    def wait(self, expression: str, seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(AssertionError):
                if self.tell(expression):
                    return
            time.sleep(0.02)
        raise AssertionError(f"it never held: {expression}\n{self.complaints()}")

    def tell(self, expression: str) -> Any:
        """The value of an expression in the page; promises are awaited."""
        found = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """A key, as from a keyboard."""
        words: dict[str, Any] = {
            "key": key,
            "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper())),
        }
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        self.ask(
            "Input.dispatchKeyEvent", type="keyDown", **words, **({"text": text} if text else {})
        )
        self.ask("Input.dispatchKeyEvent", type="keyUp", **words)

    def look(self, width: int, height: int, dark: bool = False) -> None:
        """How large the window is, and whether its user likes it dark."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Save what is seen, or the whole page."""
        found = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def complaints(self) -> list[str]:
        """Errors of scripts, and what policies refused."""
        while select.select([self._from], [], [], 0)[0]:
            self.events.append(self._message())
        found = [
            one["params"] for one in self.events if one.get("method") == "Runtime.exceptionThrown"
        ]
        logged = [
            one["params"]["entry"] for one in self.events if one.get("method") == "Log.entryAdded"
        ]
        return [str(one) for one in found] + [
            one["text"] for one in logged if one["level"] == "error"
        ]


@contextlib.contextmanager
def browsing(program: str) -> Iterator[Page]:
    """A browser of its own, without a past, ended at the end."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [sys.executable, "-c", HAND, str(theirs_in), str(theirs_out), program, *FLAGS,
             f"--user-data-dir={profile}"], pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        page = Page(ours_out, ours_in)
        try:
            page.open()
            yield page
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(ours_out)
            os.close(ours_in)
