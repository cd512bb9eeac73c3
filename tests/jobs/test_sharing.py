"""Several queues on one machine: who is next, and what is left alone."""

import json
import time

from tests.jobs.planned import LIVES, Planned, jobs_at

from lfads.jobs.job import Needs
from lfads.jobs.ledger import FILE_NAME, Ledger
from lfads.jobs.queue import Jobs
from lfads.jobs.sharing import Share, serve_shares, step
from lfads.jobs.slots import Slots

FOUR = Slots(cores=4)


def share(jobs: Jobs, engine: Planned, name: str, hours: float = 0.0, why: str = "") -> Share:
    supervisor = jobs.supervisor(engine, FOUR)
    return Share(name, supervisor, lambda: hours, lambda: why)


def running(jobs: Jobs) -> int:
    return len(jobs.list(states=("running",)))


def test_cores_are_shared_evenly_whoever_came_first(tmp_path):
    first, second = jobs_at(tmp_path / "a", 6), jobs_at(tmp_path / "b", 6)
    engine = Planned([LIVES] * 8)
    step([share(first, engine, "a"), share(second, engine, "b")], FOUR)
    assert (running(first), running(second)) == (2, 2)


def test_who_had_less_of_late_comes_first(tmp_path):
    whole = Needs(cores=4)
    greedy, modest = (
        jobs_at(tmp_path / "a", 2, needs=whole),
        jobs_at(tmp_path / "b", 1, needs=whole),
    )
    engine = Planned([LIVES, LIVES])
    shares = [share(greedy, engine, "a", hours=9.0), share(modest, engine, "b", hours=1.0)]
    step(shares, FOUR)
    assert (running(greedy), running(modest)) == (0, 1)


def test_a_large_job_that_is_next_is_not_overtaken_for_ever(tmp_path):
    small, large = jobs_at(tmp_path / "a", 3), jobs_at(tmp_path / "b", 1, needs=Needs(cores=4))
    engine = Planned([LIVES] * 3)
    shares = [share(small, engine, "a"), share(large, engine, "b", hours=1.0)]
    step(shares, FOUR)
    # One small job runs; then the other group is next, and waits for all cores.
    assert (running(small), running(large)) == (1, 0)


def test_a_share_that_is_used_up_or_broken_keeps_nobody_else(tmp_path):
    spent, other, broken = (jobs_at(tmp_path / name, 1) for name in "abc")
    engine = Planned([LIVES])
    (broken.place / "jobs.sqlite").unlink()
    (broken.place / "jobs.sqlite").mkdir()
    shares = [
        share(spent, engine, "a", why="all hours are used"), share(broken, engine, "c"),
        share(other, engine, "b"),
    ]  # fmt: skip
    step(shares, FOUR)
    assert (running(spent), running(other)) == (0, 1)
    assert spent.list()[0].reason == "all hours are used"


def test_queues_that_come_later_are_served_and_attempts_are_counted(tmp_path):
    first, looks = jobs_at(tmp_path / "a", 1), []
    ledger = Ledger(first.place)
    took = first.supervisor(
        Planned([0]), FOUR, took=lambda job, seconds: ledger.add(job.id, job.attempt, seconds)
    )

    def shares() -> list[Share]:
        looks.append(1)
        return [Share("a", took, lambda: 0.0)] if len(looks) > 1 else []

    serve_shares(shares, FOUR, lambda: len(looks) < 4)
    assert first.list()[0].state == "done"
    assert ledger.hours() == 1 / 3600
    first.remove(first.list()[0].id)
    assert ledger.hours() == 1 / 3600
    assert not first.is_served()


def test_hours_count_for_a_while_and_once(tmp_path):
    ledger, now = Ledger(tmp_path), time.time()
    told = [
        {"at": now - 40 * 86400, "job": "old", "attempt": 1, "seconds": 7200},
        {"at": now - 10, "job": "new", "attempt": 1, "seconds": 1800},
        {"at": now - 9, "job": "new", "attempt": 1, "seconds": 1800},
        {"at": now - 8, "job": "new", "attempt": 2, "seconds": 900},
    ]
    text = "".join(json.dumps(one) + "\n" for one in told)
    (tmp_path / FILE_NAME).write_text(text + '{"at": 1, "jo')
    assert ledger.hours() == 0.75
    assert abs((ledger.free_again_at() or 0.0) - (now - 9 + 30 * 86400)) < 1
    ledger.add("new", 3, 900.0)
    assert ledger.hours() == 1.0
