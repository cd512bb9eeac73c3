"""A studio of a lab whose jobs are those of a Ray cluster on this machine."""

import threading
import time

import pytest
from tests.jobs.ray_here import ray_cluster
from tests.studio import lab as labs
from tests.studio.lab import Lab, Person
from tests.studio.test_journey import TINY

from lfads.formats.hdf5 import write
from lfads.jobs.job import ENDED, Needs
from lfads.jobs.ray_jobs import RayEngine
from lfads.jobs.sharing import serve_shares
from lfads.jobs.slots import Slots

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]
quick_digests = labs.quick_digests
SETTINGS = {"training": {"num_epochs": 2, "batch_size": 8}, "model": {"generator_size": 4}}


def test_jobs_of_two_groups_run_on_a_cluster(tmp_path, quick_digests):
    pytest.importorskip("ray", reason="make test-cluster installs Ray")
    lab = Lab(tmp_path / "lab")
    lab.add_all()
    needs = Needs(cores=1)
    path = lab.studio("motor").shelf.reserve("monday.h5", "1")
    write(TINY, path)
    good = lab.studio("motor").jobs.submit("train", [path], settings=SETTINGS, needs=needs)
    bad = lab.studio("vision").jobs.submit("reproduce", ["nothing"], needs=needs)
    over, ends = threading.Event(), [""]
    with ray_cluster() as address:
        engine = RayEngine(address)
        serves = threading.Thread(
            target=serve_shares,
            args=(
                lambda: lab.desk.houses.shares(engine),
                Slots(cores=2),
                lambda: not over.is_set(),
            ),
        )
        serves.start()
        until = time.monotonic() + 200
        try:
            while time.monotonic() < until:
                ends = [_state(lab, "motor", good.id), _state(lab, "vision", bad.id)]
                if all(one in ENDED for one in ends):
                    break
                time.sleep(0.5)
        finally:
            over.set()
            serves.join()
    assert ends == ["done", "failed"]
    done = lab.studio("motor").jobs.get(good.id)
    assert done.engine == "ray"
    page = Person(lab, "anna").get(f"/jobs/{good.id}").text
    assert "It ended well." in page
    assert "checkpoints/best.npz" in page
    assert lab.desk.houses.of("motor").allowance.used().hours > 0
    assert Person(lab, "clara").get(f"/jobs/{good.id}").status == 404


def _state(lab: Lab, group: str, name: str) -> str:
    return lab.studio(group).jobs.get(name).state
