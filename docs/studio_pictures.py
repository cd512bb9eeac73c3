"""The pictures of the page on the studio, taken from a studio that runs, in Chromium.

    python docs/studio_pictures.py [--only own|bucket|lab] [--look FOLDER]

writes `docs/_static/studio_*.webp`. With `--only`, those of one's own machine, of a bucket or of a lab.
With `--look`, every page also goes into a folder: narrow and wide,
light and dark, for whoever changes the studio's look. It needs what `make test-browser` needs.
"""

import argparse
import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

import lfads
from lfads.jobs.slots import of_this_machine
from lfads.studio.groups.houses import Houses
from lfads.studio.people.people import Group, People
from lfads.studio.people.register import Register

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.opened import CHROMIUM, Opened, Visitor  # noqa: E402
from tests.neurocaas.written import STEPS, Written, launched  # noqa: E402
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


def filled_bucket(folder: Path) -> Written:
    """A folder as a bucket, with jobs that wait, run, ended well and failed."""
    bucket = Written(folder)
    for name, size in (("monday.h5", 41_200_000), ("tuesday.h5", 38_700_000)):
        bucket.put(f"lab/inputs/{name}", bytes(size))
    for name in ("mon", "tue", "wed"):
        bucket.put(f"lab/inputs/week/lfads_{name}.h5", bytes(12_600_000))
    bucket.put("lab/configs/autolfads.yaml", "pbt: {num_samples: 16}")
    bucket.put("lab/configs/multisession.yaml", "multisession: True")
    done = {"autolfads.zip": bytes(61_000_000), "autolfads.yaml": b"{}"}
    bucket.job("1764310000123", certificate=launched("SUCCESS"), states={"monday.h5": "SUCCESS"},
               results=done, end=True, age_s=90_000)  # fmt: skip
    refused = "INPUT ERROR: c.yaml: `pbt.metric = valid/bps` has no counterpart here: write `metric: " \
              "valid/recon_smth`, by which members are ranked here"  # fmt: skip
    bucket.job("1764395000456", certificate=[STEPS[0], refused], end=True, age_s=4000)
    bucket.job(
        "1764398000789", certificate=launched("IN PROGRESS"), states={"tuesday.h5": "IN PROGRESS"}
    )
    return bucket


def pictures_of_bucket(visitor: Visitor, studio: Opened, look: Path | None) -> None:
    """The page that sends jobs to a bucket, and that of a job."""
    visitor.page.goto(studio.open())
    visitor.choose_file(lfads.write(lfads.simulate_lorenz(), studio.place / "wednesday.h5"))
    visitor.click("Upload", "button")
    visitor.wait_for("Train on it")
    visitor.click("NeuroCAAS")
    visitor.page.get_by_label("monday.h5", exact=True).check()
    visitor.page.get_by_label("autolfads.yaml", exact=True).check()
    shown(visitor, "neurocaas", look)
    visitor.page.get_by_role("link", name="job__").nth(1).click()
    shown(visitor, "neurocaas_refused", look, kept=False)
    visitor.page.go_back()
    visitor.page.get_by_role("link", name="job__").first.click()
    shown(visitor, "neurocaas_job", look, kept=False)


def pictures_of_lab(visitor: Visitor, studio: Opened, look: Path | None) -> None:
    """What somebody of a lab sees: login, account, queue, a job whose group has used its hours."""
    for name, group in (("anna", "motor"), ("clara", "vision")):
        words = ["studio", "users", "add", name, "--group", group, "--folder", str(studio.place)]
        command = [sys.executable, "-m", "lfads", *words]
        subprocess.run(command, input=b"correct horse", check=True, capture_output=True)
    desk = People(Register(studio.place))
    desk.set_group(Group(name="motor", hours=40.0, bytes=5 * 10**10))
    house = Houses(studio.place, desk, of_this_machine()).of("motor")
    house.allowance.ledger.add("earlier", 1, 31.4 * 3600)
    visitor.page.goto(studio.open())
    shown(visitor, "login", look)
    visitor.type("name", "anna")
    visitor.type("password", "correct horse")
    visitor.click("Log in", "button")
    visitor.choose_file(lfads.write(lfads.simulate_lorenz(), studio.place.parent / "tuesday.h5"))
    visitor.click("Upload", "button")
    visitor.click("Train on it")
    for factors in ("4", "8"):
        visitor.wait_for("Nothing needs to be typed")
        visitor.type("number of factors", factors)
        visitor.click("Put it into the queue", "button")
        visitor.wait_for("waits for" if factors == "8" else "and has come to epoch")
        visitor.page.go_back()
    visitor.click("Queue")
    shown(visitor, "lab_queue", look)
    visitor.click("anna")
    visitor.type("What it is for", "laptop")
    visitor.click("Make a key", "button")
    visitor.click("anna")
    shown(visitor, "account", look)
    house.allowance.ledger.add("earlier", 2, 9 * 3600)
    visitor.click("Queue")
    visitor.page.get_by_role("link", name="train-").last.click()
    visitor.wait_for("It was stopped")
    shown(visitor, "lab_stopped", look)


def main() -> None:
    """Open a studio and a browser for it."""
    arguments = argparse.ArgumentParser(description="Pictures of the studio")
    arguments.add_argument(
        "--look", type=Path, metavar="FOLDER", help="pages as they look everywhere"
    )
    arguments.add_argument("--only", choices=("own", "bucket", "lab"), help="only these")
    given = arguments.parse_args()
    look = given.look
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser: Any = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visitor = Visitor(browser.new_context(viewport=WIDE).new_page())
        visitor.page.set_default_timeout(MOST_MS)
        words = ["--neurocaas", str(filled_bucket(Path(folder)).root), "--group", "lab"]
        usual, of_bucket = Opened(Path(folder) / "jobs"), Opened(Path(folder) / "more", *words)
        of_lab = Opened(Path(folder) / "lab")
        try:
            if given.only in (None, "own"):
                pictures(visitor, usual, Path(folder), look)
            if given.only in (None, "bucket"):
                pictures_of_bucket(visitor, of_bucket, look)
            if given.only in (None, "lab"):
                pictures_of_lab(visitor, of_lab, look)
        finally:
            for studio in (usual, of_bucket, of_lab):
                studio.close()
            browser.close()


if __name__ == "__main__":
    main()
