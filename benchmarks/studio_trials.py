"""How soon a trial stands on the studio's page: from a key to its picture, in a browser without a window.

A run of 2,000 trials, 200 neurons and 100 bins is trained for an epoch, enough to be looked at, and its
posterior is opened in the studio, served by a process of its own. Chromium then steps through trials
by keys, and jumps to others. Times are from the key to the frame after all panels are drawn. In `cold`
no trial was fetched before it was asked for; `stepping` is what a user sees, whose next trials the page
fetches ahead.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import _record
import numpy as np

from lfads.formats.hdf5 import write
from lfads.jobs.queue import Jobs
from lfads.simulate.lorenz import simulate_lorenz

TRIALS, NEURONS, BINS, CONDITIONS = 2000, 200, 100, 100
STEPS = 200
TARGET_MS = 100
PAUSE_S = 0.25
"""Between jumps by address: browsers take only so many a second."""

TOKEN = "token-of-a-benchmark"
SETTINGS = {
    "model": {"num_factors": 8, "generator_size": 32, "encoder_size": 32, "controller_size": 32},
    "training": {"num_epochs": 1, "ramp_epochs": 1},
}
SERVE = (
    "import sys; from lfads.studio.app import make_app; from lfads.studio.web import uvicorn; "
    "uvicorn.run(make_app(sys.argv[1], sys.argv[2], serves=False), port=int(sys.argv[3]), "
    "log_level='warning', access_log=False)"
)
LISTEN = """
window.times = [];
window.begun = 0;
document.addEventListener("trial-drawn", () => requestAnimationFrame(() => {
  const channel = new MessageChannel();  // runs once the frame is painted
  channel.port1.onmessage = () => {
    if (window.begun) window.times.push(performance.now() - window.begun);
    window.begun = 0;
  };
  channel.port2.postMessage(0);
}));
document.addEventListener("keydown", () => { window.begun = performance.now(); }, true);
"""

SIZES = """
(async () => {
  const from = document.getElementById("trials").dataset.from;
  const one = (await (await fetch(`${from}/about`)).json()).sessions[0];
  const bytes = (await (await fetch(`${from}/0/0`)).arrayBuffer()).byteLength;
  return [one.number.length, one.neurons.length, one.time_s.length, bytes];
})()
"""


def main() -> None:
    parser = _record.parser(__doc__)
    parser.add_argument("--place", type=Path, help="keep the jobs there, and use what is there")
    given = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("this benchmark needs Chromium")
    with tempfile.TemporaryDirectory() as folder:
        place = given.place or Path(folder) / "jobs"
        place.mkdir(parents=True, exist_ok=True)
        job = inferred(place, place.parent / "data.h5")
        playwright = import_module("playwright.sync_api")  # of the extra `browser`
        with served(place) as port, playwright.sync_playwright() as driver:
            flags = ["--no-sandbox", "--disable-gpu"]
            browser = driver.chromium.launch(executable_path=program, args=flags)
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            results = measured(page, f"http://127.0.0.1:{port}", job)
            results["browser"] = f"Chromium {browser.version}"
    _record.record(results, given.out)


def inferred(place: Path, data: Path) -> str:
    """The job whose posterior is looked at; trained and inferred unless that is done."""
    jobs = Jobs(place)
    done = [job.id for job in jobs.list(states=("done",)) if job.asked.command == "infer"]
    if done:
        return done[0]
    lorenz = simulate_lorenz(
        num_neurons=NEURONS, num_bins=BINS, num_conditions=CONDITIONS,
        trials_per_condition=TRIALS // CONDITIONS,
    )  # fmt: skip
    train = jobs.submit("train", [write(lorenz, data)], settings=SETTINGS)
    job = jobs.submit("infer", [f"job:{train.id}"], options=("--num-samples", "3"))
    jobs.serve(until_empty=True)
    return job.id


@contextlib.contextmanager
def served(place: Path) -> Iterator[int]:
    """The studio, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(place), TOKEN, str(port)])
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def measured(page: Any, studio: str, job: str) -> dict[str, object]:
    """Times of steps and jumps, and of laying the trials out before the first."""
    page.goto(f"{studio}/?token={TOKEN}")
    page.wait_for_url("**/data")
    began = time.perf_counter()
    page.goto(f"{studio}/jobs/{job}/trials")
    page.locator(".trial-panel").nth(5).wait_for(timeout=300_000)
    laid_out_s = time.perf_counter() - began
    sizes = page.evaluate(SIZES)
    page.evaluate(LISTEN)
    stepping = [pressed(page, "j") for _ in range(STEPS)]
    page.evaluate("document.getElementById('trials').dataset.ahead = 'no'")
    rng = np.random.default_rng(0)
    cold = []
    for trial in STEPS + 2 + rng.permutation(sizes[0] - STEPS - 2)[:STEPS]:  # none that was seen
        page.evaluate(f"window.begun = performance.now(); location.hash = '#trial={trial}'")
        cold.append(finished(page))
        time.sleep(PAUSE_S)
    return {
        "trials": sizes[0], "neurons": sizes[1], "bins": sizes[2], "bytes_a_trial": sizes[3],
        "steps": STEPS, "target_ms": TARGET_MS, "cold_ms": summary(cold), "stepping_ms": summary(stepping),
        "ratio_to_floor": summary(cold)["p95"] / TARGET_MS,
        "first_page_s": round(laid_out_s, 1),
        "load_average": round(os.getloadavg()[0], 1), "niceness": os.nice(0),
    }  # fmt: skip


def pressed(page: Any, key: str) -> float:
    """Milliseconds from a key to the picture."""
    page.keyboard.press(key)
    return finished(page)


def finished(page: Any) -> float:
    until = time.monotonic() + 10
    while not page.evaluate(
        "window.times.length === 1"
    ):  # its policy lets no script of ours wait there
        if time.monotonic() > until:
            raise SystemExit("no picture came for 10 s")
        page.wait_for_timeout(5)
    return float(page.evaluate("window.times.pop()"))


def summary(times: list[float]) -> dict[str, float]:
    found = np.percentile(times, [50, 95, 100])
    return {
        name: round(float(value), 1)
        for name, value in zip(("median", "p95", "max"), found, strict=True)
    }


if __name__ == "__main__":
    main()
