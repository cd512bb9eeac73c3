"""The queue as its user meets it, and a table that survives what happens to it."""

import gc
import json
import sqlite3
import threading
from dataclasses import replace

import pytest
from tests.jobs.planned import Planned, jobs_at, states_of, supervisor_of

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.jobs.alive import Held
from lfads.jobs.folder import write_job
from lfads.jobs.job import Needs
from lfads.jobs.queue import Jobs
from lfads.jobs.slots import Slots
from lfads.jobs.store import Changed, Store
from lfads.jobs.supervisor import LOCK, serve
from lfads.jobs.table import FILE_NAME
from lfads.simulate.lorenz import simulate_lorenz

TINY: Dataset = simulate_lorenz(
    num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10
)
SETTINGS = {"training": {"num_epochs": 2}}


def test_asking_for_the_same_gives_the_job_that_is_there(tmp_path):
    data = write(TINY, tmp_path / "data.h5")
    jobs = Jobs(tmp_path / "jobs")
    first = jobs.submit("train", [data], settings=SETTINGS)
    assert jobs.submit("train", [data], settings=SETTINGS).id == first.id
    others = [
        jobs.submit("train", [data], settings={"training": {"num_epochs": 3}}),
        jobs.submit("train", [data], settings=SETTINGS, group="other"),
        jobs.submit("train", [data], settings=SETTINGS, anew=True),
    ]
    changed = simulate_lorenz(
        1, num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10
    )
    write(changed, data, overwrite=True)
    others.append(jobs.submit("train", [data], settings=SETTINGS))
    assert len({first.id, *(job.id for job in others)}) == 5
    assert first.predicted_minutes is not None
    assert 0.1 < first.predicted_minutes < 1
    assert first.needs.memory_bytes > 2**28


def test_mistakes_are_told_at_once(tmp_path):
    jobs = Jobs(tmp_path / "jobs")
    with pytest.raises(UserError, match="`command=` must be one of train, search"):
        jobs.submit("delete", ["x"])
    with pytest.raises(UserError, match=r"train: there is no file nothing\.h5"):
        jobs.submit("train", ["nothing.h5"])
    data = write(TINY, tmp_path / "data.h5")
    with pytest.raises(UserError, match="num_factorz"):
        jobs.submit("train", [data], settings={"model": {"num_factorz": 3}})
    with pytest.raises(UserError, match=r"leave out \['--out'\]"):
        jobs.submit("infer", [tmp_path], options=["--out", "x"])
    with pytest.raises(UserError, match="`report` takes no settings"):
        jobs.submit("report", [tmp_path], settings=SETTINGS)
    with pytest.raises(
        UserError, match=r"expected to take 0\.\d GiB of memory; jobs may take 0\.1 GiB"
    ):
        jobs.submit("train", [data], slots=Slots(cores=1, memory_bytes=2**27))
    with pytest.raises(UserError, match="`cores=` must be a whole number, 0 or more; got -1"):
        Needs(cores=-1)
    with pytest.raises(UserError, match="kept in a folder of this machine"):
        Jobs("s3://bucket/jobs")
    assert jobs.list() == []


def test_ids_may_be_shortened(tmp_path):
    jobs = jobs_at(tmp_path, 2)
    first, _ = jobs.list()
    assert jobs.get(first.id[:-2]).id == first.id
    with pytest.raises(UserError, match="there is 2 jobs, not one,"):
        jobs.get("reproduce")
    with pytest.raises(UserError, match="there is no job"):
        jobs.get("search")


def test_what_runs_is_not_removed_and_what_is_removed_is_gone(tmp_path):
    jobs = jobs_at(tmp_path)
    (job,) = jobs.list()
    supervisor = supervisor_of(jobs, engine := Planned(["lives"]))
    supervisor.step()
    with pytest.raises(UserError, match=f"{job.id} is running: cancel it first"):
        jobs.remove(job.id)
    with pytest.raises(UserError, match="is running: cancel it first"):
        jobs.restart(job.id)
    engine.living.clear()
    jobs.cancel(job.id)
    supervisor.step()
    with pytest.raises(UserError, match="is cancelled: there is nothing to cancel"):
        jobs.cancel(job.id)
    jobs.remove(job.id)
    assert jobs.list() == []
    assert not any(path.name.startswith((".removed", job.id)) for path in tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["lost", "cut", "garbage", "page"])
def test_the_table_is_made_again_from_the_folders(tmp_path, damage):
    jobs = jobs_at(tmp_path, 3)
    jobs.cancel(jobs.list()[1].id)
    before = jobs.list()
    table = tmp_path / FILE_NAME
    del jobs
    gc.collect()
    if damage == "lost":
        table.unlink()
        again = Jobs(tmp_path)
    else:
        whole = table.read_bytes()
        kept = {"cut": 100, "garbage": 0, "page": 4096}[damage]
        table.write_bytes(whole[:kept] + b"x" * (len(whole) - kept))
        with pytest.warns(UserWarning, match="made again from the jobs' folders"):
            again = Jobs(tmp_path)
    assert again.list() == before


def test_a_folder_without_a_row_is_taken_in(tmp_path):
    jobs = jobs_at(tmp_path, 2)
    (first, _), store = jobs.list(), Store(tmp_path)
    store.remove(first)
    assert [job.id for job in store.take_in()] == [first.id]
    assert len(Jobs(tmp_path).list()) == 2


def test_two_who_change_a_job_do_not_both_succeed(tmp_path):
    jobs = jobs_at(tmp_path)
    (job,) = jobs.list()
    store = Store(tmp_path)
    store.change(job, state="running", attempt=1)
    with pytest.raises(Changed):
        store.change(job, state="running", attempt=1)
    with pytest.raises(ValueError, match="a job that is queued cannot become done"):
        store.change(job, state="done")


def test_a_table_that_stays_locked_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("lfads.jobs.table.PATIENCE_S", 0.05)
    jobs = jobs_at(tmp_path)
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(
        UserError, match=r"database is locked\. If it stays locked, see which process"
    ):
        jobs.cancel(jobs.list()[0].id)
    other.execute("ROLLBACK")
    other.close()
    assert jobs.cancel(jobs.list()[0].id).state == "cancelled"


def test_of_two_supervisors_one_waits(tmp_path):
    jobs = jobs_at(tmp_path)
    held, said = Held(tmp_path / LOCK), []
    looks = iter(range(1000))
    supervisor = supervisor_of(jobs, Planned())
    supervisor.say = said.append
    second = threading.Thread(
        target=serve,
        args=(supervisor,),
        kwargs={"until_empty": True, "waiting": lambda: next(looks) < 999},
    )
    second.start()
    while not said:
        pass
    assert said == [f"another process serves {tmp_path}; this one waits until it is gone"]
    assert states_of(jobs) == ["queued"]
    held.give_back()
    second.join(20)
    assert states_of(jobs) == ["done"]


def test_a_job_says_all_of_itself_in_its_folder(tmp_path):
    jobs = jobs_at(tmp_path, options=["--quick"], priority=3)
    (job,) = jobs.list()
    kept = json.loads((tmp_path / job.id / "job.json").read_text())
    assert kept["asked"]["command"] == "reproduce"
    assert kept["asked"]["options"] == ["--quick"]
    assert (kept["state"], kept["priority"]) == ("queued", 3)


def test_a_folder_that_has_seen_more_than_the_table_is_right(tmp_path):
    """As after a power cut: changes of folders are flushed one by one, those of the table now and then."""
    jobs = jobs_at(tmp_path)
    (job,) = jobs.list()
    write_job(tmp_path / job.id, replace(job, state="running", attempt=1))
    assert [each.attempt for each in Jobs(tmp_path).list()] == [1]


def test_other_contents_are_another_job(tmp_path):
    (tmp_path / "run").mkdir()
    config = tmp_path / "run" / "config.toml"
    config.write_text("seed = 1")
    jobs = Jobs(tmp_path / "jobs")
    first = jobs.submit("infer", [tmp_path / "run"])
    assert jobs.submit("infer", [tmp_path / "run"]).id == first.id
    config.write_text("seed = 2")
    assert jobs.submit("infer", [tmp_path / "run"]).id != first.id
    with pytest.raises(UserError, match="infer: there is no run nowhere"):
        jobs.submit("infer", ["nowhere"])
    with pytest.raises(UserError, match="`inputs=` must be a list of words"):
        jobs.submit("infer", "run")
