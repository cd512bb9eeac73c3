"""GPUs are leased: who asks for one has it for itself, who does not sees none."""

from dataclasses import replace

import pytest
from tests.jobs.planned import LIVES, Planned, jobs_at, supervisor_of

from lfads.checks import UserError
from lfads.jobs import child
from lfads.jobs.asked import Asked
from lfads.jobs.folder import Ended, write_ended
from lfads.jobs.job import Job, Needs, job_of
from lfads.jobs.slots import Slots

TWO_GPUS = Slots(cores=8, gpus=2)


@pytest.fixture
def two_of_eight(monkeypatch):
    """This process may use two GPUs of the machine."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,GPU-7a")


def leases(jobs):
    return [job.gpu_ids for job in jobs.list()]


def test_each_job_has_other_gpus_and_gives_them_back(tmp_path, two_of_eight):
    jobs = jobs_at(tmp_path, 3, needs=Needs(cores=1, gpus=1))
    jobs.submit("reproduce", ["without"], needs=Needs(cores=1), priority=1)
    supervisor = supervisor_of(jobs, Planned([LIVES] * 4), TWO_GPUS)
    supervisor.step()
    assert leases(jobs) == [(), ("4",), ("GPU-7a",), None]
    first = jobs.list()[1]
    write_ended(jobs.folder(first), Ended(attempt=1, status=0))
    supervisor.step()
    assert jobs.list()[3].gpu_ids == ("4",)


def test_a_new_supervisor_knows_what_is_leased(tmp_path, two_of_eight):
    jobs = jobs_at(tmp_path, 2, needs=Needs(cores=8, gpus=1))
    first, second = (job.id for job in jobs.list())
    engine = Planned([LIVES, LIVES])
    supervisor_of(jobs, engine, TWO_GPUS).step()
    supervisor_of(jobs, engine, Slots(cores=16, gpus=2)).step()
    assert (jobs.get(first).gpu_ids, jobs.get(second).gpu_ids) == (("4",), ("GPU-7a",))


def test_other_gpus_than_before_are_waited_for(tmp_path, monkeypatch):
    jobs = jobs_at(tmp_path, 2, needs=Needs(cores=1, gpus=1))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    engine = Planned([LIVES, LIVES])
    supervisor_of(jobs, engine, Slots(cores=4, gpus=1)).step()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,3")  # as one GPU, named twice
    supervisor_of(jobs, engine, TWO_GPUS).step()
    assert jobs.list()[1].reason == "jobs that run have the GPUs that it needs"


def test_more_than_this_process_may_use_are_refused(tmp_path, two_of_eight):
    with pytest.raises(
        UserError, match="`gpus=` must be 2 or less, since CUDA_VISIBLE_DEVICES='4,GPU-7a'"
    ):
        supervisor_of(jobs_at(tmp_path), Planned(), Slots(cores=1, gpus=3))


def test_where_none_are_shared_out_jobs_see_what_there_is(tmp_path, two_of_eight):
    jobs = jobs_at(tmp_path)
    supervisor_of(jobs, Planned([LIVES])).step()
    assert leases(jobs) == [None]


def test_an_engine_that_assigns_gpus_is_left_to_it(tmp_path, two_of_eight):
    jobs, engine = jobs_at(tmp_path, needs=Needs(cores=1, gpus=1)), Planned([LIVES])
    engine.assigns_gpus = True
    supervisor_of(jobs, engine, TWO_GPUS).step()
    assert leases(jobs) == [None]


@pytest.mark.parametrize(("ids", "seen"), [(("4", "5"), "4,5"), ((), ""), (None, None)])
def test_the_command_is_told(tmp_path, ids, seen):
    job = Job(id="x", group="g", asked=Asked(command="reproduce", inputs=("lorenz",)), gpu_ids=ids)
    assert job_of(job.to_dict()) == job
    assert child._variables(tmp_path, job).get("CUDA_VISIBLE_DEVICES") == seen
    assert job_of({**replace(job, gpu_ids=None).to_dict()}).gpu_ids is None
