"""A supervisor that is killed at any change of state: the next one loses nothing and runs nothing twice."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.jobs.planned import TWO_CORES, Planned, jobs_at, states_of, supervisor_of

from lfads.files import CannotWrite
from lfads.jobs import store
from lfads.jobs.engine import Life
from lfads.jobs.folder import Ended, write_ended
from lfads.jobs.job import ENDED, Job, Needs
from lfads.jobs.queue import Jobs
from lfads.jobs.store import Store
from lfads.jobs.table import FILE_NAME


class Killed(BaseException):
    """In the place of a signal that nothing can catch."""


class Machine(Planned):
    """Processes that live on when the supervisor dies, and end a look later. It knows who ran twice."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: dict[str, tuple[Path, int]] = {}
        self.ran: list[tuple[str, int]] = []

    def start(self, folder: Path, job: Job) -> None:
        assert job.id not in self.alive, "two processes do one job"
        self.ran.append((job.id, job.attempt))
        self.alive[job.id] = (folder, job.attempt)

    def life(self, folder: Path, job: Job) -> Life:
        if job.id not in self.alive:
            return "gone"
        folder, attempt = self.alive.pop(job.id)
        write_ended(folder, Ended(attempt=attempt, status=0))
        return "alive"


@contextlib.contextmanager
def killed_at(
    monkeypatch: pytest.MonkeyPatch, machine: Machine, number: int
) -> Iterator[list[str]]:
    """Kill at the so many-th change; what was counted is given back."""
    met: list[str] = []

    def around(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            met.append(f"before {name}")
            if len(met) == number:
                raise Killed
            result = function(*args, **kwargs)
            met.append(f"after {name}")
            if len(met) == number:
                raise Killed
            return result

        return counted

    with monkeypatch.context() as patch:
        patch.setattr(Store, "change", around("change", Store.change))
        patch.setattr(store, "write_job", around("folder", store.write_job))
        patch.setattr(store, "write_new", around("new folder", store.write_new))
        patch.setattr(store, "_insert", around("row", store._insert))
        patch.setattr(machine, "start", around("start", machine.start))
        yield met


def live(place: Path, machine: Machine) -> None:
    """A queue in which something of everything happens."""
    jobs = Jobs(place)
    for word in ("a", "b"):
        if not any(job.asked.inputs == (word,) for job in jobs.list()):
            jobs.submit("reproduce", [word], needs=Needs(cores=1))
    supervisor = supervisor_of(jobs, machine)
    for _ in range(50):
        if not supervisor.step():
            return
    raise AssertionError(f"it does not end: {jobs.list()}")


def test_at_every_change_of_state(tmp_path, monkeypatch):
    with killed_at(monkeypatch, machine := Machine(), 0) as met:
        live(tmp_path / "undisturbed", machine)
    assert len(met) > 25
    for number in range(1, len(met) + 1):
        place, machine = tmp_path / str(number), Machine()
        with contextlib.suppress(Killed), killed_at(monkeypatch, machine, number):
            live(place, machine)
        live(place, machine)
        found = Jobs(place).list()
        assert [job.state for job in found] == ["done"] * 2, (number, met[number - 1])
        assert len(set(machine.ran)) == len(machine.ran)
        # One may begin anew whose process was never started; none that ran.
        assert sorted(name for name, _ in machine.ran) == sorted(job.id for job in found)
        assert not [path.name for path in place.iterdir() if path.name.startswith(".removed")]


def test_removal_that_is_killed_leaves_no_job_without_a_folder(tmp_path, monkeypatch):
    jobs = jobs_at(tmp_path, 2)
    first = jobs.list()[0]

    rename = Path.rename

    def killed(self: Path, target: Path) -> None:
        rename(self, target)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(Killed):
            jobs.remove(first.id)
    supervisor = supervisor_of(again := Jobs(tmp_path), Planned())
    while supervisor.step():
        pass
    assert [job.state for job in again.list()] == ["done"]
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".removed")]


def test_a_folder_that_was_half_made_is_no_job(tmp_path):
    jobs_at(tmp_path)
    (tmp_path / ".new-train-1").mkdir()
    (tmp_path / ".new-train-2").mkdir()  # somebody may be making it now
    os.utime(tmp_path / ".new-train-1", (0, 0))
    (tmp_path / "strange").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "job.json").write_text('{"id": 3')
    assert len(Jobs(tmp_path).list()) == 1
    assert [path.name for path in tmp_path.glob(".new-*")] == [".new-train-2"]


@pytest.mark.parametrize("clock", [0.0, -1e9])
def test_a_clock_that_goes_back_changes_nothing(tmp_path, monkeypatch, clock):
    monkeypatch.setattr("time.time", lambda: clock)
    jobs = jobs_at(tmp_path, 3)
    (tmp_path / FILE_NAME).unlink()
    for path in tmp_path.glob(f"{FILE_NAME}-*"):
        path.unlink()
    again = Jobs(tmp_path)
    supervisor = supervisor_of(again, Planned([-9, 0]))
    while supervisor.step():
        pass
    assert states_of(jobs) == ["done"] * 3
    assert set(states_of(again)) <= set(ENDED)


def full(*args: Any, **kwargs: Any) -> None:
    raise CannotWrite("cannot write job.json: No space left on device")


def test_a_full_disk_is_told_once_and_waited_for(tmp_path, monkeypatch):
    jobs, said = jobs_at(tmp_path, 2), list[str]()
    looks = iter(range(100))
    write = store.write_job

    def goes_on() -> bool:
        if next(looks) == 4:
            monkeypatch.setattr(store, "write_job", write)
        return True

    monkeypatch.setattr(store, "write_job", full)
    monkeypatch.setattr("lfads.jobs.supervisor.LOOK_S", 0.01)
    jobs.serve(Planned([0, 0]), slots=TWO_CORES, until_empty=True, say=said.append, goes_on=goes_on)
    assert states_of(jobs) == ["done", "done"]
    assert said.count("waits, since cannot write job.json: No space left on device") == 1


def test_a_job_that_cannot_be_written_is_not_queued(tmp_path, monkeypatch):
    jobs = jobs_at(tmp_path)
    monkeypatch.setattr("lfads.jobs.folder.write_json", full)
    with pytest.raises(CannotWrite, match="No space left on device"):
        jobs.submit("reproduce", ["more"])
    assert len(Jobs(tmp_path).list()) == 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [jobs.list()[0].id]
