"""A studio that runs, and a visitor in Chromium who counts clicks and what is typed."""

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lfads.jobs.queue import Jobs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(sys.prefix) / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES = {"light": "", "dark": ", runOnly: ['color-contrast']"}
"""What axe looks for: in the dark, colours alone can differ."""
MOST_MS = 90_000.0
"""For what a job of this suite may take on a machine that has other work."""


class Opened:
    """A studio in a process of its own; killed and opened again in the same place."""

    def __init__(self, place: Path, *words: str) -> None:
        self.place, self.words = place, words
        self.link, self.process = "", None

    def open(self) -> str:
        """Start it; the link that it prints."""
        words = ["studio", "--folder", str(self.place), "--print-link", "--port", "0", *self.words]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lfads", *words], stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        said = self.process.stderr.readline()
        found = re.search(r"the studio is open: (\S+)", said)
        assert found, said + self.process.stderr.read()
        self.link = found[1]
        return self.link

    def kill(self) -> None:
        """End it as a machine does that loses its power."""
        assert self.process is not None
        assert self.process.stderr is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self.process.stderr.close()

    def close(self) -> None:
        """End it, and the jobs that live on."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        jobs = Jobs(self.place)
        for job in jobs.list(states=("queued", "running")):
            jobs.cancel(job.id)


class Visitor:
    """Someone at a page: clicks and typed words are counted, and every page is looked over."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks, self.typed = page, 0, 0
        page.set_default_timeout(MOST_MS)
        self.complaints: list[str] = []
        page.on("console", self._noted)

    def _noted(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def click(self, name: str, role: str = "link") -> None:
        """Click what has this name; the page that follows is there."""
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def choose_file(self, path: Path) -> None:
        """Open the dialog for files, and click a file in it."""
        self.clicks += 2
        with self.page.expect_file_chooser() as chooser:
            self.page.locator("#file").click()
        chooser.value.set_files(path)

    def choose_file_by_key(self, path: Path) -> None:
        """Open the dialog for files from the field that has the focus; both keys do."""
        asked: list[Any] = []
        self.page.on("filechooser", lambda chooser: asked.append(chooser))
        for key in ("Enter", "Space") * 3:
            if not asked:
                self.page.keyboard.press(key)
                self.page.wait_for_timeout(2000)
        asked[0].set_files(path)

    def type(self, label: str, text: str) -> None:
        """Type into a field."""
        self.typed += 1
        self.page.get_by_label(label, exact=True).fill(text)

    def wait_for(self, text: str) -> None:
        """Wait until the page says it."""
        self.page.get_by_text(text).first.wait_for()
        self.page.wait_for_load_state()

    def wait_for_in(self, selector: str, text: str) -> None:
        """Wait until a part of the page says it; what it says instead is told."""
        part, until = self.page.locator(selector), time.monotonic() + MOST_MS / 1000
        while text not in (said := part.inner_text()):
            assert time.monotonic() < until, f"{text} is not in: {said}"
            self.page.wait_for_timeout(50)

    def wait_until(self, expression: str) -> None:
        """Wait until an expression holds in the page, whose policy lets no script of ours wait there."""
        until = time.monotonic() + MOST_MS / 1000
        while not self.page.evaluate(expression):
            assert time.monotonic() < until, f"it never held: {expression}"
            self.page.wait_for_timeout(20)

    def settle(self) -> None:
        """Wait until nothing on the page is waited for."""
        until, quiet = time.monotonic() + MOST_MS / 1000, 0
        awaited = self.page.locator(".waits:visible")
        while quiet < 3:  # a page that is just replaced waits for nothing, either
            assert time.monotonic() < until, (self.page.url, awaited.all_inner_texts())
            self.page.wait_for_load_state()
            quiet = 0 if awaited.count() else quiet + 1
            self.page.wait_for_timeout(150)

    def look_over(self) -> None:
        """No violation that axe finds, light or dark; nothing wider than a telephone; no policy broken."""
        self.settle()
        for scheme, rules in SCHEMES.items():
            self.page.emulate_media(color_scheme=scheme)
            for frame in self.page.frames:  # reports and previews stand in frames
                frame.wait_for_load_state()
                frame.evaluate(AXE.read_text(encoding="utf-8"))
                found = frame.evaluate(f"axe.run(document, {{iframes: false{rules}}})")[
                    "violations"
                ]
                said = [(one["id"], [n["html"][:300] for n in one["nodes"]]) for one in found]
                assert not said, (frame.url, scheme, said)
        self.page.set_viewport_size({"width": 360, "height": 740})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, (self.page.url, wide)
        self.page.set_viewport_size({"width": 1280, "height": 900})
        assert not self.complaints, (self.page.url, self.complaints)

    def to(self, name: str, most: int = 400) -> None:
        """By Tab alone to what has this name."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(
                "(() => { const e = document.activeElement || document.body;"
                " const l = e.labels && e.labels[0];"
                " return (e.ariaLabel || (l && l.textContent) || e.textContent || '').trim(); })()"
            )
            if here.startswith(name):
                return
        raise AssertionError(f"no Tab leads to {name!r} on {self.page.url}")

    def press(self, name: str, key: str = "Enter") -> None:
        """By Tab to what has this name, and a key there."""
        self.to(name)
        self.page.keyboard.press(key)
