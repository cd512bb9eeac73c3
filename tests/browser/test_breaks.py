"""What goes on after a break: uploads whose browser was closed, jobs whose studio was killed."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.browser.opened import Opened, Visitor

from lfads.formats.hdf5 import write
from lfads.simulate.lorenz import simulate_lorenz

pytestmark = pytest.mark.browser


def test_an_upload_goes_on_after_the_browser_was_closed(
    chromium: Any, studio: Opened, visitor: Visitor, tmp_path: Path
):
    content = np.random.default_rng(0).bytes(30_000_000)
    (tmp_path / "large.h5").write_bytes(content)
    closed = chromium.new_context()
    first = Visitor(closed.new_page())
    first.page.goto(studio.link)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 4e6}
    closed.new_cdp_session(first.page).send("Network.emulateNetworkConditions", slow)
    first.choose_file(tmp_path / "large.h5")
    first.click("Upload", "button")
    first.page.get_by_text(re.compile(r"^(8|16)\.\d of 30.0 MB")).wait_for()
    closed.close()

    page = visitor.page
    page.goto(studio.link)
    visitor.wait_for("large.h5 (30.0 MB")
    visitor.look_over()
    page.evaluate(
        "window.seen = []; new MutationObserver(() => window.seen.push(said.textContent))"
        ".observe(said, {childList: true})"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visitor.choose_file(tmp_path / "large.h5")
    visitor.click("Upload", "button")
    page.get_by_role("heading", name="large.h5").wait_for()
    begun = [int(url.partition("offset=")[2]) for url in asked if "offset=" in url]
    assert begun[0] >= 8 * 2**20
    (file,) = studio.place.glob("studio/data/*/*.h5")
    assert file.read_bytes() == content


def test_a_job_runs_on_while_its_studio_is_killed(visitor: Visitor, tmp_path: Path):
    data = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)
    (tmp_path / "data").mkdir()
    write(data, tmp_path / "data" / "lorenz.h5")
    studio = Opened(tmp_path / "jobs", "--data", str(tmp_path / "data"))
    try:
        visitor.page.goto(studio.open())
        visitor.click("Train")
        visitor.wait_for("Nothing needs to be typed")
        visitor.page.evaluate(
            "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
        )
        for name in ("number of epochs", "patience epochs"):  # it shall not end by itself
            visitor.type(name, "1000000")
        visitor.click("Put it into the queue", "button")
        visitor.wait_for("and has come to epoch")
        job = visitor.page.url.rpartition("/")[2]
        studio.kill()
        visitor.page.goto(studio.open())
        visitor.click("Queue")
        visitor.click(job)
        visitor.wait_for("It runs for")
        metrics = studio.place / job / "run" / "metrics.jsonl"
        before = visitor.page.locator("#log").inner_text()
        while visitor.page.locator("#log").inner_text() == before:
            visitor.page.wait_for_timeout(100)
        epochs = [int(n) for n in re.findall(r'"epoch": (\d+)', metrics.read_text())]
        assert epochs == list(range(epochs[0], epochs[0] + len(epochs)))
        visitor.look_over()
        visitor.click("Cancel", "button")
        visitor.wait_for("It was cancelled")
        visitor.look_over()
    finally:
        studio.close()
