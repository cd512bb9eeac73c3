"""Load on a studio of a lab, over loopback: watchers of a job, a long queue, uploads, many requests.

The job that is watched is a folder whose log this process lets grow, and whose lock it holds: nothing is
trained, so that what is measured is the studio's. Whoever asks shares the machine's cores with it.
"""

import functools
import http.client
import itertools
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lfads.jobs.alive import Held
from lfads.jobs.folder import ALIVE, LOG
from lfads.jobs.job import Job, Needs
from lfads.jobs.queue import Jobs
from lfads.studio import Client
from lfads.studio.groups.houses import FOLDER
from lfads.studio.people.people import People
from lfads.studio.people.register import Register, own_folder
from lfads.studio.people.sessions import Sessions

LFADS = (sys.executable, "-m", "lfads")
PASSWORD = "correct horse"
LINE_S = 0.2


class Lab:
    """A folder with a group, a user, a session of a browser and a key of a program."""

    def __init__(self, place: Path) -> None:
        self.place = place
        register = Register(place)
        People(register).add("anna", "motor", PASSWORD)
        sessions = Sessions(register)
        self.cookie, self.key = sessions.begin("anna", "browser"), sessions.begin("anna", "program")
        register.close()
        own_folder(place / FOLDER)
        own_folder(place / FOLDER / "motor")
        self.jobs = Jobs(place / FOLDER / "motor", group="motor")


@contextmanager
def opened(lab: Lab) -> Iterator[tuple[int, int]]:
    """A studio that runs; its port and its process."""
    words = [*LFADS, "studio", "--folder", str(lab.place), "--print-link", "--port", "0"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = re.search(r":(\d+)/", process.stderr.readline())
    assert found is not None
    try:
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


@contextmanager
def running_job(lab: Lab) -> Iterator[Job]:
    """A job that runs as far as the studio can see, with a log that grows."""
    jobs = lab.jobs
    job = jobs.submit("reproduce", ["lorenz"], needs=Needs(cores=0))
    folder, over = jobs.folder(job), threading.Event()
    held = Held(folder / ALIVE)
    job = jobs._store.change(
        job, state="running", attempt=1, started_at=time.time(), engine="local"
    )

    def grow() -> None:
        with (folder / LOG).open("a") as log:
            for number in itertools.count():
                log.write(f"epoch {number} {time.time():.6f}\n")
                log.flush()
                if over.wait(LINE_S):
                    return

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield job
    finally:
        over.set()
        thread.join()
        held.give_back()


class Asking:
    """Somebody who asks again and again over one connection."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"cookie": cookie}

    def seconds(self, path: str) -> float:
        """Until the whole answer has come."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        return time.perf_counter() - began


def cookie_of(port: int, lab: Lab) -> str:
    """The header of somebody who has logged in."""
    from lfads.studio.people.desk import cookie_of as name_of

    return f"{name_of(lab.place)}={lab.cookie}"


def load(place: Path, *, watchers: int, queued: int, uploads: int, requests: int) -> dict[str, Any]:
    """All of it, one after another, on one studio."""
    lab, others = Lab(place), os.getloadavg()[0]
    for number in range(queued):
        lab.jobs.submit("reproduce", [f"lorenz{number}"])
    with running_job(lab) as job, opened(lab) as (port, process):
        cookie = cookie_of(port, lab)
        pages = ["/data", "/jobs", f"/jobs/{job.id}", "/runs", "/api", "/account"]
        time.sleep(4)  # until the queue is served, too
        quiet = latencies(port, cookie, pages, number=180)
        with watching(port, cookie, job, watchers) as seen:
            watched = latencies(port, cookie, pages, number=240)
            delays = list(seen)
            with uploading(port, lab, uploads) as sent:
                while_sent = latencies(port, cookie, pages, number=240)
            rate = sent()
        before = standing(process)
        grown = []
        for _ in range(4):
            many(port, cookie, pages, requests // 4)
            grown.append(standing(process))
        return {
            "jobs_queued": queued,
            "processes_of_others_that_wanted_a_core": round(others, 1),
            "nobody_else": summary(quiet),
            f"{watchers}_watchers": summary(watched),
            "log_line_seen_after_s": summary(delays),
            f"{watchers}_watchers_and_{uploads}_uploads": summary(while_sent),
            "uploads": rate,
            "many_requests": {"number": requests, "before": before, "after_each_quarter": grown},
        }


def latencies(
    port: int, cookie: str, pages: Sequence[str], number: int, askers: int = 4
) -> list[float]:
    """Seconds of requests by some people at once, each for the next page as soon as one has come."""
    found: list[float] = []

    def ask() -> None:
        one = Asking(port, cookie)
        found.extend(
            one.seconds(page) for page in itertools.islice(itertools.cycle(pages), number // askers)
        )

    together([ask] * askers)
    return found


def many(port: int, cookie: str, pages: Sequence[str], number: int) -> None:
    """Requests for pages whose answers are small and large."""
    latencies(port, cookie, [pages[0], pages[3], pages[4], "/static/studio.js", pages[5]], number)


@contextmanager
def watching(port: int, cookie: str, job: Job, watchers: int) -> Iterator[list[float]]:
    """People who follow a job's log; how long after it was written each line came to them."""
    over, delays = threading.Event(), list[float]()

    def watch() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", f"/jobs/{job.id}/events?at=0", headers={"cookie": cookie})
        answer = connection.getresponse()
        first = True
        while not over.is_set():
            line = answer.readline().decode()
            if line.startswith("data:") and (times := re.findall(r"epoch \d+ (\d+\.\d+)", line)):
                if not first:
                    delays.extend(time.time() - float(one) for one in times)
                first = False
        connection.close()

    threads = [threading.Thread(target=watch) for _ in range(watchers)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    try:
        yield delays
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def uploading(
    port: int, lab: Lab, number: int, num_bytes: int = 60_000_000
) -> Iterator[Callable[[], Any]]:
    """Files that come at once, each by a connection of its own; what they took, at the end.

    Another process sends them, so that who asks for pages waits for the studio, and not for it.
    """
    file = lab.place.parent / "large.h5"
    with file.open("wb") as made:
        made.truncate(num_bytes)
    spawned = multiprocessing.get_context("spawn")
    ready, told = spawned.Event(), spawned.Queue()
    link = f"http://127.0.0.1:{port}/?token={lab.key}"
    sender = spawned.Process(target=send_all, args=(link, file, number, ready, told))
    sender.start()
    ready.wait(60)

    def took() -> dict[str, float]:
        return {
            "number": number,
            "bytes_each": num_bytes,
            "seconds_of_the_slowest": told.get(timeout=120),
        }

    yield took


def send_all(link: str, file: Path, number: int, ready: Any, told: Any) -> None:
    """Send a file under many names at once, and tell how long the slowest took."""
    client = Client(link)
    names = [file.with_name(f"large{count}.h5") for count in range(number)]
    for name in names:
        name.hardlink_to(file)
    took: list[float] = []

    def send(path: Path) -> None:
        began = time.perf_counter()
        client.upload(path)
        took.append(time.perf_counter() - began)

    ready.set()
    together([functools.partial(send, name) for name in names])
    told.put(max(took))


def together(doing: Sequence[Callable[[], None]]) -> None:
    """All of it at once."""
    threads = [threading.Thread(target=one) for one in doing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Median and quantiles, in seconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return {"number": len(seconds), "median": cuts[49], "p95": cuts[94], "most": max(seconds)}


def standing(process: int) -> dict[str, int]:
    """Memory, open files and threads of a process (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()

    def number(name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+)", status)
        return int(found[1]) if found else 0

    return {
        "memory_bytes": 1024 * number("VmRSS"), "threads": number("Threads"),
        "open_files": len(list(Path(f"/proc/{process}/fd").iterdir())),
    }  # fmt: skip
