"""One process at a time trains in a folder."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lfads.checks import UserError
from lfads.files import CannotWrite, part_beside
from lfads.makers import machine
from lfads.storage import lock_places, run_lock
from lfads.storage.lock_places import MarkedAddress
from lfads.storage.run_folder import RunFolder, run_folder
from lfads.storage.run_lock import FILE_NAME, Lock, owned

HOLDS = """
import sys
from pathlib import Path
from lfads.files import part_beside
from lfads.storage.run_lock import owned

with owned(Path(sys.argv[1]), "train"):
    part_beside(Path(sys.argv[1]) / "config.toml").touch()
    print("holds", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Waits of a moment."""
    for name, seconds in (("BEAT_S", 0.05), ("GONE_S", 0.5), ("SETTLE_S", 0.01)):
        monkeypatch.setattr(run_lock, name, seconds)


@contextmanager
def another(folder: Path):
    """A process that trains in a folder."""
    words = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        yield process
        process.kill()


def take(folder: Path) -> None:
    with owned(folder, "train"):
        pass


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def mark(machine: str = "another", process: int = 7, count: int = 0) -> bytes:
    about = {"host": "node\x1b[31m", "machine": machine, "process": process, "token": "t"}
    return json.dumps({**about, "what": "train", "count": count}).encode()


def test_a_folder_is_used_by_one_at_a_time(tmp_path):
    folder = tmp_path / "run"
    with owned(folder, "train"):
        assert files_in(folder) == [FILE_NAME]
        said = rf"run is in use by process {os.getpid()} on .* \(train\): wait until that has ended"
        with pytest.raises(UserError, match=said):
            take(folder)
    assert not folder.exists()  # nothing was written


@pytest.mark.skipif(os.name == "nt", reason="nothing is known of processes there")
def test_a_killed_process_is_taken_over_and_what_it_left_goes(tmp_path):
    with another(tmp_path) as process:
        with pytest.raises(UserError, match=f"in use by process {process.pid} on "):
            take(tmp_path)
        process.kill()
        process.wait()
        assert len(files_in(tmp_path)) == 2
        take(tmp_path)
    assert files_in(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_a_signal_leaves_no_mark(tmp_path):
    code = "from lfads.ending import end_on_signals; end_on_signals()" + HOLDS
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130
    assert not (tmp_path / FILE_NAME).exists()


def test_the_mark_of_another_machine_that_stands_still_is_taken_over(tmp_path, caplog):
    (tmp_path / FILE_NAME).write_bytes(mark())
    take(tmp_path)
    assert "marked as in use by process 7 on node\\x1b[31m (train); waiting up to" in caplog.text
    assert files_in(tmp_path) == []


@contextmanager
def counting(write):
    """Another machine that goes on counting."""
    ended = threading.Event()

    def count() -> None:
        number = 0
        while not ended.wait(0.02):
            write(mark(count=(number := number + 1)))

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_the_mark_of_another_machine_that_counts_is_left_alone(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes(mark())
    with counting(path.write_bytes), pytest.raises(UserError, match="in use by process 7 on node"):
        take(tmp_path)
    assert json.loads(path.read_bytes())["token"] == "t"


@pytest.mark.parametrize("content", [b"", b"\xff", b"[[", b"[]", b'{"host": 3}', b"[" * 100_000])
def test_a_mark_that_says_nothing_is_nobodys(content, tmp_path):
    (tmp_path / FILE_NAME).write_bytes(content)
    take(tmp_path)


@pytest.fixture
def no_locks(monkeypatch):
    monkeypatch.setattr(lock_places, "locked", lambda file: False)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_the_count_decides(tmp_path):
    with owned(tmp_path, "train"), pytest.raises(UserError, match="in use by process"):
        take(tmp_path)
    assert files_in(tmp_path) == []


@pytest.mark.usefixtures("no_locks")
@pytest.mark.skipif(os.name == "nt", reason="nothing is known of processes there")
def test_without_locks_a_process_that_has_ended_is_known(tmp_path, caplog):
    gone = int(subprocess.check_output([sys.executable, "-c", "import os; print(os.getpid())"]))
    (tmp_path / FILE_NAME).write_bytes(mark(machine(), gone))
    take(tmp_path)
    assert not caplog.records


def wait_for_loss(lock: Lock) -> None:
    until = time.monotonic() + 20
    while lock.lost_to is None and time.monotonic() < until:
        time.sleep(0.01)


def test_who_was_taken_for_gone_notices_it_and_leaves_the_folder_alone(tmp_path):
    with owned(tmp_path, "train") as lock:
        lock.start()
        lock.epochs(1, 1, 1)
        (tmp_path / FILE_NAME).write_bytes(mark())
        wait_for_loss(lock)
        for tell in (lock.check, lambda: lock.epochs(1, 1, 1), lambda: lock.generation((), None)):
            with pytest.raises(UserError, match=r"taken over by process 7 on node.*it ends here"):
                tell()
    assert (tmp_path / FILE_NAME).read_bytes() == mark()


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="of permissions")
def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match=r"cannot write .*Choose a folder that you may write to"):
        take(tmp_path / "file" / "run")


def test_an_address_is_used_by_one_at_a_time():
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    with run_folder("memory://lab/owned") as first, first.owned("train"):
        with (
            ExitStack() as stack,
            pytest.raises(UserError, match="memory://lab/owned is in use by"),
        ):
            stack.enter_context(RunFolder("memory://lab/owned").owned("search"))
        (first.path / "config.toml").write_text("")
    assert system.find("/lab/owned") == ["/lab/owned/config.toml"]


def test_what_another_process_wrote_to_an_address_is_fetched_again():
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    system.pipe_file("/lab/again/metrics.jsonl", b"1")
    folder = RunFolder("memory://lab/again")
    system.pipe_file("/lab/again/metrics.jsonl", b"12")
    with folder.owned("train"):
        assert (folder.path / "metrics.jsonl").read_bytes() == b"12"


def test_what_was_taken_over_at_an_address_is_not_written_to():
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    folder = RunFolder("memory://lab/lost")
    with folder.owned("train") as lock:
        MarkedAddress(system, f"/lab/lost/{FILE_NAME}").write(mark())
        wait_for_loss(lock)
        (folder.path / "config.toml").write_text("")
        with pytest.raises(UserError, match="was taken over by"):
            folder.send()
    assert system.find("/lab/lost") == [f"/lab/lost/{FILE_NAME}"]


def test_parts_of_living_processes_stay(tmp_path):
    part = part_beside(tmp_path / "posterior.nc")
    part.touch()
    take(tmp_path)
    assert files_in(tmp_path) == [part.name]


def test_marks_that_killed_processes_left_in_runs_within_go(tmp_path):
    within = tmp_path / "monday" / "others"
    for folder in (within, tmp_path / "tuesday" / "others"):
        folder.mkdir(parents=True)
        (folder / FILE_NAME).write_bytes(mark())
    with owned(tmp_path / "tuesday" / "others", "train"):
        take(tmp_path)
        assert not (within / FILE_NAME).exists()
        assert (tmp_path / "tuesday" / "others" / FILE_NAME).exists()
