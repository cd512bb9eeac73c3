"""Members of a random search are runs of their own."""

import pytest
from tests.search.small_search import SPACE, autonomous, config
from tests.small import tiny_dataset

from lfads.checks import UserError
from lfads.config import RunConfig, SearchRange
from lfads.runs.places import open_run
from lfads.search.ray_cluster import Cluster
from lfads.search.record import read_population
from lfads.search.search_run import search_in_folder
from lfads.training.folder import stored_config


def test_random_search_trains_members_of_other_sizes_alone(tmp_path):
    space = {"learning_rate": SPACE["learning_rate"], "num_factors": SearchRange(low=2, high=4)}
    drawn = autonomous(config(method="random", population=2, space=space))
    outcome = search_in_folder(tiny_dataset(), drawn, tmp_path / "run")
    assert outcome.stopped_by == "all_members"
    rows = read_population(tmp_path / "run/population.csv")
    assert [(r.generation, r.member, r.parent) for r in rows] == [(1, 0, 0), (1, 1, 1)]
    for row in rows:
        own = stored_config(tmp_path / f"run/members/{row.member:03d}")
        assert own.model.num_factors == row.hyperparameters["num_factors"]
        assert own.hyperparameters.learning_rate == row.hyperparameters["learning_rate"]
    run = open_run(tmp_path / "run")
    assert run.config == stored_config(tmp_path / f"run/members/{outcome.best.member:03d}")
    more = autonomous(config(method="random", population=3, space=space))
    before = (tmp_path / "run/members/000/summary.json").stat().st_mtime_ns
    search_in_folder(tiny_dataset(), more, tmp_path / "run", resume=True)
    again = read_population(tmp_path / "run/population.csv")
    assert again[:2] == rows
    assert len(again) == 3
    assert (tmp_path / "run/members/000/summary.json").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="data are not those of the run"):
        search_in_folder(tiny_dataset(seed=1), more, tmp_path / "run", resume=True)
    # Without settings, it goes on as what it was.
    search_in_folder(tiny_dataset(), RunConfig(), tmp_path / "run", resume=True)
    assert read_population(tmp_path / "run/population.csv") == again
    assert not (tmp_path / "run/checkpoints/last.npz").exists()


def test_a_random_search_takes_no_cluster(tmp_path):
    random = config(method="random", population=2)
    with pytest.raises(UserError, match="leave the cluster"):
        search_in_folder(tiny_dataset(), random, tmp_path / "run", cluster=Cluster())
    assert not (tmp_path / "run").exists()
