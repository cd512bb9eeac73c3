"""Members of a random search are runs of their own."""

import json

import numpy as np
import pytest
from tests.search.small_search import SPACE, autonomous, config
from tests.search.trackers import AfterEach
from tests.small import tiny_dataset

from lfads.checks import UserError
from lfads.config import RunConfig, SearchRange
from lfads.runs.places import open_run
from lfads.search import random_search
from lfads.search.random_search import train_members
from lfads.search.ray_cluster import Cluster
from lfads.search.record import MemberRow, read_population
from lfads.search.resolve import resolve_search
from lfads.search.search_run import search_in_folder
from lfads.training.folder import stored_config

FACTORS = SearchRange(low=2, high=4)


def test_random_search_trains_members_of_other_sizes_alone(tmp_path):
    space = {"learning_rate": SPACE["learning_rate"], "num_factors": FACTORS}
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


def test_hours_are_those_of_all_members_together(tmp_path, monkeypatch):
    """Members are not trained here: each has taken 900 s, and the first is the best."""
    given = autonomous(config(method="random", population=5, max_hours=0.5))
    resolved, derived = resolve_search(given, tiny_dataset())

    def row(member: int, *_) -> MemberRow:
        score = 1.0 + member
        return MemberRow(1, 7, member, member, score, score, score, score, {})

    began, generations = [], []

    class Listener(AfterEach):
        def start(self, config, derived, first_generation):
            began.append((config, derived, first_generation))

    monkeypatch.setattr(random_search, "_trained", lambda *_: "num_epochs")
    monkeypatch.setattr(random_search, "_row", row)
    monkeypatch.setattr(random_search, "read_summary", lambda home: {"seconds": 900.0})
    replaced = []
    monkeypatch.setattr(random_search, "_replace_folder", lambda *folders: replaced.append(folders))
    listener = Listener(generations.append)
    outcome = train_members(tiny_dataset(), resolved, tmp_path, derived, [listener])
    assert began == [(resolved, derived, 1)]
    assert generations == [1, 1]
    assert (outcome.stopped_by, listener.stopped_by) == ("max_hours", "max_hours")
    assert (outcome.seconds, outcome.best.member, len(outcome.rows)) == (1800.0, 0, 2)
    assert replaced == [(tmp_path / "members/000", tmp_path / "best")]
    monkeypatch.setattr(random_search, "read_summary", lambda home: {"seconds": 899.9})
    outcome = train_members(tiny_dataset(), resolved, tmp_path, derived, [])
    assert len(outcome.rows) == 3


def test_a_row_is_of_the_best_epoch(tmp_path):
    given = autonomous(config(method="random", population=2, space={"num_factors": FACTORS}))
    own = random_search.drawn_configs(resolve_search(given, tiny_dataset())[0])[1]
    records = [
        {"epoch": epoch, "valid_smoothed": 10.0 - epoch, "train_nll": 20.0 + epoch}
        for epoch in (1, 2, 3)
    ]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "metrics.jsonl").write_text(lines)
    (tmp_path / "summary.json").write_text('{"best_epoch": 2}')
    row = random_search._row(1, own, tmp_path)
    assert (row.generation, row.member, row.parent, row.epoch) == (1, 1, 1, 2)
    assert (row.score, row.final_score, row.train_nll) == (8.0, 8.0, 22.0)
    assert row.valid_nll == np.inf
    assert row.hyperparameters["num_factors"] == own.model.num_factors
    (tmp_path / "summary.json").write_text("{}")
    assert random_search._row(1, own, tmp_path).score == np.inf
