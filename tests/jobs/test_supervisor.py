"""What follows from how an attempt ends, and what starts when."""

import pytest
from tests.jobs.planned import KILLED, LIVES, Planned, jobs_at, states_of, supervisor_of

from lfads.jobs.alive import Held
from lfads.jobs.engine import NotNow
from lfads.jobs.folder import ALIVE, Ended, write_ended
from lfads.jobs.job import Needs
from lfads.jobs.slots import Slots
from lfads.jobs.supervisor import MOST_LOST


def test_jobs_run_side_by_side_as_far_as_they_fit(tmp_path):
    jobs, engine = jobs_at(tmp_path, 3), Planned([LIVES, LIVES, LIVES])
    supervisor = supervisor_of(jobs, engine)
    assert supervisor.step()
    assert states_of(jobs) == ["running", "running", "queued"]
    first = jobs.list()[0]
    write_ended(jobs.folder(first), Ended(attempt=1, status=0))
    supervisor.step()
    assert states_of(jobs) == ["done", "running", "running"]
    assert len(engine.started) == len(set(engine.started)) == 3


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (0, "done", ""),
        (2, "failed", "see its log"),
    ],
)
def test_an_end_is_an_end(tmp_path, status, state, reason):
    jobs = jobs_at(tmp_path)
    supervisor = supervisor_of(jobs, Planned([status]))
    while supervisor.step():
        pass
    (job,) = jobs.list()
    assert (job.state, job.reason, job.attempt, job.seconds) == (state, reason, 1, 1.0)


@pytest.mark.parametrize("broken", [KILLED, 130, -9, -11, 1])
def test_what_was_broken_off_is_resumed(tmp_path, broken):
    jobs, engine = jobs_at(tmp_path), Planned([broken, 0])
    supervisor = supervisor_of(jobs, engine)
    while supervisor.step():
        pass
    (job,) = jobs.list()
    assert (job.state, job.attempt) == ("done", 2)


def test_what_comes_no_further_fails_and_what_does_goes_on(tmp_path):
    jobs, engine = jobs_at(tmp_path), Planned([KILLED] * 20)
    supervisor = supervisor_of(jobs, engine)
    while supervisor.step():
        pass
    (job,) = jobs.list()
    assert (job.state, job.attempt) == ("failed", MOST_LOST + 1)
    assert job.reason.startswith("its process was killed, or its machine stopped, 4 times in a row")
    further = jobs_at(tmp_path / "further")
    (job,) = further.list()
    supervisor = supervisor_of(further, Planned([KILLED] * 8))
    for count in range(8):
        supervisor.step()
        folder = further.folder(job) / "reproduced"
        folder.mkdir(exist_ok=True)
        (folder / f"fit{count}").touch()
    while supervisor.step():
        pass
    assert further.list()[0].state == "done"


def test_a_new_supervisor_finds_what_lives_and_what_ended_without_it(tmp_path):
    jobs, engine = jobs_at(tmp_path, 2), Planned([LIVES, LIVES])
    supervisor_of(jobs, engine).step()
    first, second = jobs.list()
    write_ended(jobs.folder(first), Ended(attempt=1, status=0))
    later = Planned()
    later.living = {(second.id, 1)}
    supervisor_of(jobs, later).step()
    assert states_of(jobs) == ["done", "running"]
    assert later.started == []


def test_an_end_of_an_earlier_attempt_is_none(tmp_path):
    jobs, engine = jobs_at(tmp_path), Planned([-9, LIVES])
    supervisor = supervisor_of(jobs, engine)
    for _ in range(3):
        supervisor.step()
    (job,) = jobs.list()
    assert (job.state, job.attempt) == ("running", 2)


def test_what_was_cancelled_ends_as_cancelled(tmp_path):
    jobs, engine = jobs_at(tmp_path, 2), Planned([LIVES])
    supervisor = supervisor_of(jobs, engine, Slots(cores=1))
    supervisor.step()
    first, second = jobs.list()
    assert jobs.cancel(second.id).state == "cancelled"
    assert jobs.cancel(first.id).state == "stopping"
    assert (jobs.folder(first) / "stop").exists()
    write_ended(jobs.folder(first), Ended(attempt=1, status=130, reason="stop"))
    assert not supervisor.step()
    assert states_of(jobs) == ["cancelled", "cancelled"]
    assert jobs.restart(first.id).state == "queued"
    supervisor.step()
    assert not (jobs.folder(first) / "stop").exists()
    assert jobs.get(first.id).attempt == 2


def test_one_that_is_cancelled_and_killed_is_not_resumed(tmp_path):
    jobs, engine = jobs_at(tmp_path), Planned([LIVES])
    supervisor = supervisor_of(jobs, engine)
    supervisor.step()
    jobs.cancel(jobs.list()[0].id)
    engine.living.clear()
    assert not supervisor.step()
    assert states_of(jobs) == ["cancelled"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("hours", "it ran for 0.5 h, more than the 0.4 h it may"),
        ("memory", "it took 3.00 GiB of memory, more than the 2.00 GiB it may"),
    ],
)
def test_limits_are_said(tmp_path, reason, words):
    needs = Needs(cores=1, max_hours=0.4, max_memory_bytes=2 * 2**30)
    jobs = jobs_at(tmp_path, needs=needs)
    supervisor = supervisor_of(jobs, Planned([LIVES]))
    supervisor.step()
    (job,) = jobs.list()
    ended = Ended(attempt=1, status=130, reason=reason, seconds=1800.0, peak_memory_bytes=3 * 2**30)
    write_ended(jobs.folder(job), ended)
    supervisor.step()
    assert (jobs.get(job.id).state, jobs.get(job.id).reason) == ("failed", words)


def test_a_job_waits_for_the_job_whose_result_it_takes(tmp_path):
    jobs, engine = jobs_at(tmp_path), Planned([LIVES])
    (first,) = jobs.list()
    second = jobs.submit("report", [f"job:{first.id[:12]}"], needs=Needs(cores=1))
    supervisor = supervisor_of(jobs, engine)
    supervisor.step()
    assert states_of(jobs) == ["running", "queued"]
    write_ended(jobs.folder(first), Ended(attempt=1, status=2))
    while supervisor.step():
        pass
    assert jobs.get(second.id).reason == f"it needs the result of {first.id}, which has none"


def test_priority_comes_first_and_nothing_overtakes_for_ever(tmp_path):
    jobs, engine = jobs_at(tmp_path, 2), Planned([LIVES] * 5)
    urgent = jobs.submit("reproduce", ["urgent"], priority=1, needs=Needs(cores=2))
    supervisor = supervisor_of(jobs, engine)
    supervisor.step()
    assert engine.started == [(urgent.id, 1)]
    small = jobs_at(tmp_path / "other", 1)
    small.submit("reproduce", ["large"], needs=Needs(cores=2))
    small.submit("reproduce", ["small"], needs=Needs(cores=1))
    supervisor = supervisor_of(small, Planned([LIVES] * 5))
    supervisor.step()
    assert states_of(small) == ["running", "queued", "queued"]


def test_what_does_not_fit_here_waits_with_its_reason(tmp_path):
    jobs = jobs_at(tmp_path, needs=Needs(cores=2))
    said: list[str] = []
    supervisor = supervisor_of(jobs, Planned(), Slots(cores=1))
    supervisor.say = said.append
    for _ in range(3):
        assert not supervisor.step()  # nothing is left that could be done here
    (job,) = jobs.list()
    assert (job.state, job.reason) == (
        "queued",
        "it does not fit here: it asks for 2 cores; there are 1",
    )
    assert len(said) == 1
    supervisor_of(jobs, Planned(), Slots(cores=2)).step()
    assert jobs.list()[0].state == "running"


def test_what_cannot_be_started_now_waits(tmp_path):
    jobs, engine = jobs_at(tmp_path), Planned()
    start, tries = engine.start, iter([NotNow("no cluster answers"), NotNow("no cluster answers")])

    def not_at_first(folder, job):
        if (error := next(tries, None)) is not None:
            raise error
        start(folder, job)

    engine.start = not_at_first
    supervisor = supervisor_of(jobs, engine)
    supervisor.step()
    assert (jobs.list()[0].state, jobs.list()[0].reason) == ("queued", "no cluster answers")
    while supervisor.step():
        pass
    assert states_of(jobs) == ["done"]


def test_a_process_that_begins_late_is_not_taken_for_lost(tmp_path):
    jobs = jobs_at(tmp_path)
    supervisor = supervisor_of(jobs, Planned([KILLED]))
    supervisor.step()
    (job,) = jobs.list()
    held = Held(jobs.folder(job) / ALIVE)  # just after it was found gone
    supervisor.step()
    assert jobs.get(job.id).state == "running"
    held.give_back()
    supervisor.step()
    assert jobs.get(job.id).attempt == 2


def test_no_progress_is_counted_by_the_job_and_forgotten_at_a_restart(tmp_path):
    jobs = jobs_at(tmp_path)
    for _ in range(MOST_LOST + 2):  # each supervisor is killed after a look
        supervisor_of(jobs, Planned([KILLED])).step()
    assert jobs.list()[0].state == "failed"
    jobs.restart(jobs.list()[0].id)
    supervisor = supervisor_of(jobs, Planned([KILLED, KILLED]))
    while supervisor.step():
        pass
    assert jobs.list()[0].state == "done"
