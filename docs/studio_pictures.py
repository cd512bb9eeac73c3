"""The pictures of the page on the studio, taken from a studio that runs, in Chromium.

    python docs/studio_pictures.py [--look FOLDER]

writes `docs/_static/studio_*.webp`. With `--look`, every page also goes into a folder: narrow and wide,
light and dark, for whoever changes the studio's look. It needs what `make test-browser` needs.
"""

import argparse
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

import lfads

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.opened import CHROMIUM, Opened, Visitor  # noqa: E402
from tests.recordings.nwb_files import write_nwb  # noqa: E402

WIDE, NARROW = {"width": 1200, "height": 860}, {"width": 390, "height": 844}
QUALITY = 70
MOST_MS = 600_000.0


def shown(visitor: Visitor, name: str, look: Path | None, *, kept: bool = True) -> None:
    """Take a picture for the documentation, and those to look at."""
    page = visitor.page
    page.wait_for_timeout(1000)
    if kept:
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.save(ROOT / "docs/_static" / f"studio_{name}.webp", quality=QUALITY, method=6)
    if look is None:
        return
    look.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for size, shape in (("wide", WIDE), ("narrow", NARROW)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(shape)
            page.wait_for_timeout(300)
            page.screenshot(path=look / f"{name}-{size}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)


def pictures(visitor: Visitor, studio: Opened, data: Path, look: Path | None) -> None:
    """Go the whole way, and take a picture of each page."""
    visitor.page.goto(studio.open())
    visitor.wait_for("No data yet")
    shown(visitor, "empty", look, kept=False)
    visitor.choose_file(lfads.write(lfads.simulate_lorenz(), data / "lorenz.h5"))
    visitor.click("Upload", "button")
    visitor.click("Preview")
    visitor.page.frame_locator("iframe").locator("svg").first.wait_for()
    visitor.settle()
    shown(visitor, "data", look)
    visitor.click("Train on it")
    visitor.wait_for("Nothing needs to be typed")
    shown(visitor, "run", look)
    for factors in ("4", "8"):
        visitor.type("number of epochs", "15")
        visitor.type("number of factors", factors)
        visitor.click("Put it into the queue", "button")
        visitor.wait_for("and has come to epoch")
        shown(visitor, "watched", look, kept=False)
        visitor.wait_for("It ended well.")
        run = visitor.page.url
        visitor.page.go_back()
        visitor.wait_for("Nothing needs to be typed")
    visitor.page.goto(run)
    visitor.page.get_by_label("With this run").select_option("report")
    visitor.click("Put it into the queue", "button")
    visitor.page.frame_locator("iframe[title=Report]").locator("svg").first.wait_for()
    shown(visitor, "job", look)
    for name in ("Queue", "Programs", "Runs"):
        visitor.click(name)
        shown(visitor, name.lower(), look, kept=name == "Runs")
    visitor.page.get_by_role("link", name="train-").first.click()
    shown(visitor, "ended", look, kept=False)
    visitor.click("Analyses and their choices")
    visitor.click("decoding")
    shown(visitor, "analysis", look, kept=False)
    visitor.click("Data")
    visitor.choose_file(write_nwb(data / "monday.nwb"))
    visitor.click("Upload", "button")
    visitor.click("Cut trials from it")
    visitor.wait_for("nothing needs to be typed")
    shown(visitor, "recording", look)
    visitor.click("Data")
    shown(visitor, "shelf", look, kept=False)


def main() -> None:
    """Open a studio and a browser for it."""
    arguments = argparse.ArgumentParser(description="Pictures of the studio")
    arguments.add_argument(
        "--look", type=Path, metavar="FOLDER", help="pages as they look everywhere"
    )
    look = arguments.parse_args().look
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser: Any = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        studio = Opened(Path(folder) / "jobs")
        try:
            visitor = Visitor(browser.new_context(viewport=WIDE).new_page())
            visitor.page.set_default_timeout(MOST_MS)
            pictures(visitor, studio, Path(folder), look)
        finally:
            studio.close()
            browser.close()


if __name__ == "__main__":
    main()
