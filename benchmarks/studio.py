"""How soon the studio's page answers, what memory a large upload takes, and how it stands a lab's load.

The time is that from the command to the first page; the memory is the most that the studio's process held
at once, while a file of 1 GB came in pieces. The file is empty space: what counts is its size.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import _record
from _studio_load import load

from lfads.studio import Client

LFADS = (sys.executable, "-m", "lfads")


def opened(place: Path) -> tuple[subprocess.Popen[str], str]:
    """A studio, and its link."""
    words = [*LFADS, "studio", "--folder", str(place), "--print-link", "--port", "0"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.readline()
    found = re.search(r"(http\S+)", said)
    if not found:
        raise SystemExit(said + process.stderr.read())
    return process, found[1]


def first_page(link: str) -> None:
    """Enter by the link, and ask for the data."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    opener.open(link).read()
    page = opener.open(link.partition("?")[0]).read().decode()
    assert "Drop a file here" in page


def seconds_to_page(place: Path, tries: int) -> list[float]:
    """From the command to the page, in processes of their own."""
    times = []
    for number in range(tries):
        began = time.perf_counter()
        process, link = opened(place / f"jobs{number}")
        first_page(link)
        times.append(time.perf_counter() - began)
        ended(process)
    return times


def upload(place: Path, num_bytes: int) -> dict[str, float]:
    """Time and memory of an upload in pieces."""
    file = place / "large.h5"
    with file.open("wb") as made:
        made.truncate(num_bytes)
    process, link = opened(place / "jobs")
    first_page(link)
    time.sleep(3)  # until the queue is served, too
    before = memory_bytes(process.pid)
    began = time.perf_counter()
    data = Client(link).upload(file)
    seconds = time.perf_counter() - began
    most = memory_bytes(process.pid)
    ended(process)
    assert data.size_bytes == num_bytes
    return {
        "bytes": num_bytes, "seconds": seconds, "memory_before_bytes": before, "memory_most_bytes": most,
    }  # fmt: skip


def memory_bytes(process: int) -> int:
    """The most that a process has held so far (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return 1024 * int(found[1]) if found else 0


def ended(process: subprocess.Popen[str]) -> None:
    """End a studio."""
    process.terminate()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


PARTS = ("first_page", "upload", "load")


def first_pages(place: Path, tries: int) -> dict[str, float]:
    """Median and most of the seconds to the first page, and the work of a core that is in them."""
    others, before = os.getloadavg()[0], resource.getrusage(resource.RUSAGE_CHILDREN)
    times = seconds_to_page(place, tries)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "processes_of_others_that_wanted_a_core": round(others, 1), "tries": tries,
        "median": sorted(times)[len(times) // 2], "most": max(times), "core_seconds": worked / tries,
    }  # fmt: skip


if __name__ == "__main__":
    arguments = _record.parser(__doc__)
    arguments.add_argument("--tries", type=int, default=5, help="times that the studio is opened")
    arguments.add_argument("--gigabytes", type=float, default=1.0, help="size of the upload")
    arguments.add_argument("--requests", type=int, default=10_000, help="of the load")
    arguments.add_argument(
        "--parts", nargs="*", choices=PARTS, default=PARTS, help="others stay as --out has them"
    )
    chosen = arguments.parse_args()
    results = {}
    if chosen.out is not None and chosen.out.is_file():
        results = json.loads(chosen.out.read_text())["results"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if "first_page" in chosen.parts:
            results["seconds_to_page"] = first_pages(place, chosen.tries)
        if "upload" in chosen.parts:
            results["upload"] = upload(place, int(chosen.gigabytes * 1e9))
        if "load" in chosen.parts:
            results["load"] = load(
                place / "lab", watchers=50, queued=200, uploads=20, requests=chosen.requests
            )
    _record.record(results, chosen.out)
