"""What every engine keeps: processes of this machine, and jobs of a Ray cluster.

Those of Ray start it on this machine; `make test-cluster` installs it and runs them.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.ray_here import ray_cluster

from lfads.checks import UserError
from lfads.formats.hdf5 import write
from lfads.jobs.engine import Engine
from lfads.jobs.folder import read_ended
from lfads.jobs.job import Needs
from lfads.jobs.local import LocalEngine
from lfads.jobs.queue import Jobs
from lfads.jobs.ray_jobs import RayEngine
from lfads.jobs.slots import Slots
from lfads.jobs.store import Store
from lfads.simulate.lorenz import simulate_lorenz

CLUSTER = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]
LONG = {"training": {"num_epochs": 100_000, "decay_epochs": 100_000, "checkpoint_epochs": 1}}


@pytest.fixture(scope="module")
def ray_address() -> Iterator[str]:
    """Of the dashboard of a Ray cluster on this machine."""
    with ray_cluster() as address:
        yield address


@pytest.fixture(params=["local", pytest.param("ray", marks=CLUSTER)])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "local":
        return LocalEngine()
    return RayEngine(request.getfixturevalue("ray_address"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    dataset = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)
    return write(dataset, tmp_path / "data.h5")


def test_it_runs_what_is_asked_and_ends_what_is_cancelled(tmp_path, data, engine):
    assert isinstance(engine, Engine)
    jobs, one_core = Jobs(tmp_path / "jobs"), Needs(cores=1)
    long = jobs.submit("train", [data], settings=LONG, needs=one_core)
    (tmp_path / "nothing").mkdir()
    wrong = jobs.submit("infer", [tmp_path / "nothing"], needs=one_core)

    def goes_on() -> bool:
        """Cancel the long one when it has come somewhere."""
        if jobs.get(long.id).state == "running" and jobs.progress(jobs.get(long.id)):
            jobs.cancel(long.id)
        return True

    jobs.serve(engine, slots=Slots(cores=2), until_empty=True, goes_on=goes_on)
    assert [jobs.get(job.id).state for job in (long, wrong)] == ["cancelled", "failed"]
    assert "nothing" in jobs.get(wrong.id).reason
    assert (jobs.folder(long) / "run" / "checkpoints" / "last.npz").is_file()
    ended = read_ended(jobs.folder(long), 1)
    assert ended is not None
    assert ended.reason == "stop"


def test_what_it_never_started_is_gone(tmp_path, engine):
    jobs = Jobs(tmp_path)
    job = Store(tmp_path).change(jobs.submit("reproduce", ["a"]), state="running", attempt=7)
    assert engine.life(jobs.folder(job), job) == "gone"


@pytest.mark.cluster
@pytest.mark.filterwarnings("default")
def test_ray_is_not_asked_twice(tmp_path, ray_address, data):
    jobs, engine = Jobs(tmp_path / "jobs"), RayEngine(ray_address)
    asked = jobs.submit(
        "train", [data], settings={"training": {"num_epochs": 1}}, needs=Needs(cores=1)
    )
    job = Store(jobs.place).change(asked, state="running", attempt=1)
    for _ in range(2):
        engine.start(jobs.folder(job), job)
    for _ in range(1200):
        if engine.life(jobs.folder(job), job) == "gone":
            break
        time.sleep(0.1)
    ended = read_ended(jobs.folder(job), 1)
    assert ended is not None
    assert ended.status == 0


@pytest.mark.cluster
def test_a_cluster_that_is_not_there_is_said():
    with pytest.raises(UserError, match=r"no Ray cluster answers at http://127\.0\.0\.1:9: "):
        RayEngine("http://127.0.0.1:9")
