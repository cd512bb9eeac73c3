"""The process of a job: it runs once, ends as it is asked to, keeps its limits, and says how it ended."""

import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.jobs.planned import jobs_at

from lfads.files import CannotWrite
from lfads.jobs import child
from lfads.jobs.alive import Held, is_held
from lfads.jobs.asked import Asked
from lfads.jobs.folder import ALIVE, Ended, read_ended, read_taken
from lfads.jobs.job import Job, Needs
from lfads.jobs.store import Store

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="what a process takes is read from /proc"
)


def running(place: Path, **needs) -> tuple[Path, Job]:
    """The folder of a job whose first attempt begins."""
    jobs = jobs_at(place, needs=Needs(cores=1, **needs))
    job = Store(place).change(jobs.list()[0], state="running", attempt=1)
    return place / job.id, job


@pytest.fixture
def as_command(monkeypatch):
    """Let jobs run some Python instead."""

    def use(code: str) -> None:
        words = [sys.executable, "-u", "-c", code]
        monkeypatch.setattr(child, "command_of", lambda folder, job: words)
        monkeypatch.setattr(child, "LOOK_S", 0.02)
        monkeypatch.setattr(child, "_pass_on_signals", list)

    return use


def ended(folder: Path) -> Ended:
    found = read_ended(folder, 1)
    assert found is not None
    return found


def test_it_says_how_the_command_ended(tmp_path, as_command):
    as_command("print('hello'); raise SystemExit(3)")
    folder, _ = running(tmp_path)
    assert child.main([str(folder), "1"]) == 0
    assert (ended(folder).status, ended(folder).reason) == (3, "")
    assert (folder / "log.txt").read_text().endswith("hello\n")
    assert child.main([str(folder), "1"]) == child.BUSY  # that attempt has been
    assert not is_held(folder / ALIVE)


def test_a_disk_that_is_full_for_a_while_loses_no_end(tmp_path, as_command, monkeypatch):
    as_command("pass")
    folder, _ = running(tmp_path)
    write, tried = child.write_ended, iter([CannotWrite("full"), CannotWrite("full")])

    def full_at_first(folder: Path, ended: Ended) -> None:
        if (error := next(tried, None)) is not None:
            raise error
        write(folder, ended)

    monkeypatch.setattr(child, "write_ended", full_at_first)
    monkeypatch.setattr(child, "WAIT_S", 0.01)
    child.main([str(folder), "1"])
    assert ended(folder).status == 0


def test_it_does_not_begin_beside_another(tmp_path, as_command):
    as_command("open('ran', 'w')")
    folder, _ = running(tmp_path)
    held = Held(folder / ALIVE)
    assert child.main([str(folder), "1"]) == child.BUSY
    held.give_back()
    assert not (folder / "ran").exists()
    assert child.main([str(folder), "2"]) == child.BUSY  # no such attempt


def test_it_ends_what_is_asked_to_stop_also_where_signals_are_ignored(
    tmp_path, as_command, monkeypatch
):
    monkeypatch.setattr(child, "GRACE_S", (0.2, 0.2))
    deaf = "import signal; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)]; "
    as_command(f"{deaf}import time; print('rea' + 'dy'); time.sleep(60)")
    folder, _ = running(tmp_path)

    def ask() -> None:
        while not (folder / "log.txt").is_file() or "ready" not in (folder / "log.txt").read_text():
            time.sleep(0.02)
        (folder / "stop").touch()

    threading.Thread(target=ask).start()
    child.main([str(folder), "1"])
    assert (ended(folder).status, ended(folder).reason) == (-signal.SIGKILL, "stop")


def test_a_limit_of_time_counts_earlier_attempts(tmp_path, as_command):
    as_command("import time; time.sleep(60)")
    folder, job = running(tmp_path, max_hours=1.0)
    Store(tmp_path).change(job, seconds=3599.9)
    child.main([str(folder), "1"])
    assert (ended(folder).status, ended(folder).reason) == (-signal.SIGINT, "hours")
    assert ended(folder).seconds < 30


@linux
def test_what_it_takes_is_kept_while_it_runs(tmp_path, as_command, monkeypatch):
    monkeypatch.setattr(child, "BEAT_S", 0.1)
    as_command("import time; began = time.time()\nwhile time.time() < began + 0.5: pass")
    folder, _ = running(tmp_path)
    assert read_taken(folder) == (0, 0.0)
    child.main([str(folder), "1"])
    memory_bytes, percent = read_taken(folder)
    assert memory_bytes > 10**6
    assert 5 < percent < 150


@linux
def test_a_limit_of_memory_counts_all_processes(tmp_path, as_command):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(10**8); input()'])"
    as_command(
        f"{code}; import time; time.sleep(60)".replace("input()", "import time; time.sleep(60)")
    )
    folder, _ = running(tmp_path, max_memory_bytes=10**8)
    child.main([str(folder), "1"])
    assert ended(folder).reason == "memory"
    assert ended(folder).peak_memory_bytes > 10**8


@linux
def test_the_command_ends_with_a_process_that_is_killed(tmp_path):
    folder, _ = running(tmp_path)
    code = (
        "import sys; from lfads.jobs import child; "
        "child.command_of = lambda folder, job: [sys.executable, '-c', 'import time; time.sleep(60)']; "
        f"child.main([{str(folder)!r}, '1'])"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not is_held(folder / ALIVE) or not (folder / "log.txt").is_file():
        time.sleep(0.05)
    time.sleep(0.3)
    process.kill()
    process.wait()
    for _ in range(200):
        if not is_held(folder / ALIVE):
            break
        time.sleep(0.05)
    assert not is_held(folder / ALIVE)
    assert read_ended(folder, 1) is None


def test_what_was_cancelled_in_between_does_not_begin(tmp_path, as_command):
    as_command("open('ran', 'w')")
    folder, job = running(tmp_path)
    Store(tmp_path).change(job, state="queued")
    assert child.main([str(folder), "1"]) == child.BUSY
    assert not (folder / "ran").exists()


def test_it_resumes_what_can_be_and_begins_anew_what_cannot(tmp_path):
    (tmp_path / "d.h5").touch()
    store = Store(tmp_path / "jobs")
    (store.place / "x").mkdir()
    asked = Asked(command="train", inputs=("/d.h5",))
    job, folder = Job(id="x", group="g", asked=asked, attempt=2, state="running"), store.place / "x"
    assert "--resume" not in child.command_of(folder, job)
    (folder / "run").mkdir()
    child._without_half_made(folder, job)
    assert not (folder / "run").exists()
    (folder / "run").mkdir()
    (folder / "run" / "config.toml").touch()
    child._without_half_made(folder, job)
    assert child.command_of(folder, job)[-1] == "--resume"
    baseline = replace(job, asked=Asked(command="baseline", inputs=("smoothing", "/d.h5")))
    child._without_half_made(folder, baseline)
    assert not (folder / "run").exists()
    null = replace(job, asked=Asked(command="null", inputs=("/run",)))
    assert child.command_of(folder, null)[4:] == ["null", "/run", "--resume"]


def test_an_experiment_goes_on_by_itself(tmp_path):
    jobs = jobs_at(tmp_path, options=["--quick"])
    job = jobs.list()[0]
    folder = tmp_path / job.id
    assert child.command_of(folder, job)[4:] == [
        "reproduce", "lorenz0", "--out", str(folder / "reproduced"), "--quick"
    ]  # fmt: skip
