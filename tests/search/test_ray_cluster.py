"""The Ray engine gives what the local one gives, also when nodes are killed and join in between.

These tests start Ray on this machine; `make test-cluster` installs it and runs them.
"""

import dataclasses
import logging
import os
import signal
import threading
import time
from importlib import import_module

import numpy as np
import pytest
from tests.search.trackers import AfterEach
from tests.small import tiny_config, tiny_dataset

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.config import SearchConfig, SearchRange
from lfads.search.ray_cluster import Cluster
from lfads.search.record import read_population
from lfads.search.search_run import search_in_folder

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]

SEARCH = SearchConfig(
    population=4,
    num_generations=3,
    epochs_per_generation=4,
    patience_generations=9,
    space={"learning_rate": SearchRange(low=1e-3, high=0.1, start=0.02)},
)


def config(**changed):
    search = dataclasses.replace(SEARCH, **changed)
    return dataclasses.replace(tiny_config(ramp_epochs=1), search=search)


@pytest.fixture
def nodes():
    """A Ray cluster of a head without cores for workers and one node with one core."""
    ray = import_module("ray")
    Nodes = import_module("ray.cluster_utils").Cluster

    cluster = Nodes(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    cluster.first = cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def kill(node):
    """SIGKILL to everything that runs on a node."""
    psutil = import_module("psutil")
    pids = [info.process.pid for infos in node.all_processes.values() for info in infos]
    for pid in list(pids):
        pids += [child.pid for child in psutil.Process(pid).children(recursive=True)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_ray_equals_the_local_engine(tmp_path):
    search_in_folder(tiny_dataset(), config(), tmp_path / "local")
    outcome = search_in_folder(
        tiny_dataset(), config(), tmp_path / "ray", cluster=Cluster(num_workers=2)
    )
    assert outcome.stopped_by == "num_generations"
    local, ray = (read_population(tmp_path / name / "population.csv") for name in ("local", "ray"))
    assert [(r.generation, r.member, r.parent) for r in ray] == [
        (r.generation, r.member, r.parent) for r in local
    ]
    np.testing.assert_allclose([r.score for r in ray], [r.score for r in local], rtol=1e-5)


def test_a_killed_node_and_one_that_joins_change_nothing(nodes, tmp_path, caplog):
    long = config(epochs_per_generation=500)  # some seconds
    deeds: list[str] = []

    def strike():
        time.sleep(0.5)
        kill(nodes.first)
        deeds.append("killed")

    def trouble(generation):
        deeds.append(f"generation {generation}")
        if generation == 1:  # the second one has begun when the node is killed
            threading.Thread(target=strike, daemon=True).start()
        if generation == 2:
            nodes.add_node(num_cpus=1)

    with caplog.at_level(logging.WARNING, logger="lfads"):
        outcome = search_in_folder(
            tiny_dataset(), long, tmp_path / "hit", cluster=Cluster(num_workers=2),
            trackers=[AfterEach(trouble)],
        )  # fmt: skip
    assert outcome.stopped_by == "num_generations"
    assert deeds == ["generation 1", "killed", "generation 2", "generation 3"]
    assert "a worker died" in caplog.text
    search_in_folder(tiny_dataset(), long, tmp_path / "calm", cluster=Cluster(num_workers=2))
    hit, calm = ((tmp_path / name / "population.csv").read_bytes() for name in ("hit", "calm"))
    assert hit == calm


def test_mistakes(tmp_path, capsys):
    data = tmp_path / "data.npz"
    np.savez(data, spikes=np.random.default_rng(0).poisson(0.5, (12, 9, 4)), bin_width_s=0.02)
    for words, said in (
        (["--address", "auto"], "no Ray cluster at auto"),
        (["--resources", "GPU=99"], "no node of the Ray cluster has room for a worker with GPU 99"),
        (["--num-workers", "0"], "`num_workers` must be above 0"),
    ):
        command = ["search", str(data), "--out", str(tmp_path / "run"), "--engine", "ray"]
        assert run([*command, *words]) == 2
        assert said in capsys.readouterr().err


def test_errors_of_a_worker_reach_the_user(tmp_path):
    space = {"learning_rate": SearchRange(low=1e30, high=1e33)}
    with pytest.raises(UserError, match="no member of generation 1 had a finite"):
        search_in_folder(
            tiny_dataset(), config(space=space), tmp_path / "run", cluster=Cluster(num_workers=1)
        )
