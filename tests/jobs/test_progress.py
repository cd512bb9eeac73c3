"""How far jobs are, by what their commands keep; and what follows where nothing comes."""

import os
import signal
import time

import pytest
from tests.jobs.planned import Planned, jobs_at, supervisor_of
from tests.jobs.test_child import as_command, ended, running

from lfads.cli.shown_jobs import described
from lfads.jobs import child
from lfads.jobs.asked import Asked
from lfads.jobs.folder import Ended, write_ended
from lfads.jobs.job import Job
from lfads.jobs.progress import last_sign_at, steps_of, words_of
from lfads.jobs.supervisor import MOST_LOST

__all__ = ["as_command"]


def written(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("command", "out", "file", "words"),
    [
        ("train", "", "run/metrics.jsonl", "epoch 2"),
        ("train", "s3://lab/run", "copies/lfads-run-x/metrics.jsonl", "epoch 2"),
        ("adapt", "", "run/metrics.jsonl", "epoch 2"),
        ("leave-one-out", "", "run/monday/others/metrics.jsonl", ""),
        ("infer", "", ".posterior.nc.batches/0-00001.npz", "batch 1"),
        ("null", "", "given/null-trials/metrics.jsonl", "epoch 2"),
        ("null", "", "given/best/null-trials/metrics.jsonl", "epoch 2"),
        ("calibrate", "", "given/calibration/metrics.jsonl", "epoch 2"),
        ("reproduce", "", "reproduced/lorenz/network/metrics.jsonl", ""),
    ],
)
def test_what_every_command_keeps_is_counted(tmp_path, command, out, file, words):
    asked = Asked(command=command, inputs=(str(tmp_path / "given"),), out=out)
    assert (steps_of(tmp_path, asked, asked.inputs), words_of(tmp_path, asked, asked.inputs)) == (
        0,
        "",
    )
    assert last_sign_at(tmp_path, asked, asked.inputs) is None
    written(tmp_path / file, "1\n2\n")
    assert steps_of(tmp_path, asked, asked.inputs) > 0
    assert words_of(tmp_path, asked, asked.inputs) == words
    last = last_sign_at(tmp_path, asked, asked.inputs)
    assert last is not None
    assert abs(last - time.time()) < 60


def test_a_run_at_an_address_that_is_given_is_seen_in_its_copy(tmp_path):
    asked = Asked(command="null", inputs=("s3://lab/run",))
    written(tmp_path / "copies" / "lfads-run-x" / "null-trials" / "metrics.jsonl", "1\n")
    assert words_of(tmp_path, asked, asked.inputs) == "epoch 1"
    job = Job(id="x", group="g", asked=asked)
    assert child._variables(tmp_path, job)["TMPDIR"] == str(tmp_path / "copies")
    written(tmp_path / "copies" / "lfads-run-y" / ".unsent.json")
    child._without_half_made(tmp_path, job)
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["lfads-run-y"]
    train = Job(id="x", group="g", asked=Asked(command="train", out="s3://lab/run"), attempt=1)
    assert not child.has_begun(tmp_path, train)
    written(tmp_path / "copies" / "lfads-run-y" / "config.toml")
    assert child.has_begun(tmp_path, train)  # which could not be sent


def test_the_generation_of_a_search_is_said(tmp_path):
    asked = Asked(command="search")
    written(tmp_path / "run" / "population.csv", "generation,epoch\n")
    assert words_of(tmp_path, asked, ()) == ""
    written(tmp_path / "run" / "population.csv", "generation,epoch\n1,2\n7,9\n")
    assert words_of(tmp_path, asked, ()) == "generation 7"


def test_a_command_of_which_nothing_comes_is_ended(tmp_path, as_command, monkeypatch):
    monkeypatch.setattr(child, "BEAT_S", 0.02)
    as_command("import time; time.sleep(60)")
    folder, _ = running(tmp_path, max_idle_hours=0.2 / 3600)
    child.main([str(folder), "1"])
    assert (ended(folder).status, ended(folder).reason) == (-signal.SIGINT, "idle")


def test_a_command_that_says_or_keeps_something_is_not(tmp_path, as_command, monkeypatch):
    monkeypatch.setattr(child, "BEAT_S", 0.02)
    keeps = "os.makedirs('reproduced', exist_ok=True); open(f'reproduced/{k}', 'w').close()"
    as_command(f"import os, time\nfor k in range(12): {keeps}; time.sleep(0.1)")
    folder, _ = running(tmp_path, max_idle_hours=0.9 / 3600)
    monkeypatch.chdir(folder)
    child.main([str(folder), "1"])
    assert (ended(folder).status, ended(folder).reason, ended(folder).steps) == (0, "", 12)


def test_it_is_resumed_and_fails_where_that_does_not_help(tmp_path):
    jobs, said = jobs_at(tmp_path), []
    (job,) = jobs.list()
    supervisor = supervisor_of(jobs, Planned([]))
    supervisor.say = said.append

    class Idle(Planned):
        def start(self, folder, job):
            self.started.append((job.id, job.attempt))
            write_ended(folder, Ended(attempt=job.attempt, status=-9, reason="idle"))

    supervisor.engine = Idle()
    while supervisor.step():
        pass
    job = jobs.get(job.id)
    assert (job.state, job.attempt) == ("failed", MOST_LOST + 1)
    assert "nothing came of it for 0 h, so that it was stopped; it is resumed" in said[1]


def test_how_far_an_attempt_came_is_known_when_its_copies_are_gone(tmp_path):
    jobs = jobs_at(tmp_path)
    (job,) = jobs.list()

    class Interrupted(Planned):
        def start(self, folder, job):
            write_ended(
                folder,
                Ended(
                    attempt=job.attempt,
                    status=130 if job.attempt < 9 else 0,
                    steps=1.0 * job.attempt,
                ),
            )

    supervisor = supervisor_of(jobs, Interrupted())
    while supervisor.step():
        pass
    assert (jobs.get(job.id).state, jobs.get(job.id).attempt) == ("done", 9)


def test_since_when_nothing_came_is_said(tmp_path):
    folder, job = running(tmp_path, max_idle_hours=2.0)
    from lfads.jobs.alive import Held
    from lfads.jobs.queue import Jobs

    jobs = Jobs(tmp_path)
    (folder / "log.txt").touch()
    held = Held(folder / "alive")
    job = jobs._store.change(job, engine="local")
    assert described(jobs, job)["how_far"] == ""
    long_ago = time.time() - 3 * 3600
    os.utime(folder / "log.txt", (long_ago, long_ago))
    assert described(jobs, job)["how_far"] == "nothing came for 3.0 h"
    assert described(jobs, job)["last_sign"] is not None
    held.give_back()
