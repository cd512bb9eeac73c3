"""The end of a search: when it begins, how learning rates fall, and that nobody is replaced in it."""

import math
import os
import signal

import pytest
from tests.search.small_search import searched
from tests.search.trackers import AfterEach

from lfads.config import SearchConfig
from lfads.report.search import search_so_far
from lfads.search.finish import Finish, finish_due, finish_length, has_more, rate_factors
from lfads.search.record import read_population
from lfads.training.tracking import read_metrics

SEARCH = SearchConfig(num_generations=10, epochs_per_generation=3, patience_generations=2)
FALLING = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]


@pytest.mark.parametrize(("whole", "length"), [(1, 0), (2, 1), (3, 1), (4, 2), (50, 2)])
def test_a_finish_is_at_most_half_of_the_generations(whole, length):
    assert finish_length(SearchConfig(num_generations=whole)) == length


def test_budgets_are_for_the_finish_as_well():
    assert finish_due(SEARCH, 7, 0.0, FALLING[:7]) is None
    assert finish_due(SEARCH, 8, 0.0, FALLING) == Finish(8, 2, "num_generations", 10.0)
    timed = SearchConfig(max_hours=1.0)
    assert finish_due(timed, 4, 2399.0, FALLING[:4]) is None  # 600 s each, and two to come
    assert finish_due(timed, 4, 2400.0, FALLING[:4]) == Finish(4, 2, "max_hours", 1.0)
    assert finish_due(SEARCH, 4, 0.0, [1.0, 0.9, 0.9, 0.9]) == Finish(4, 2, "converged")


def test_a_larger_budget_goes_on_and_a_search_that_has_converged_does_not():
    longer, slower = SearchConfig(num_generations=11), SearchConfig(max_hours=2.0)
    assert has_more(Finish(8, 2, "num_generations", 10.0), longer)
    assert not has_more(Finish(8, 2, "num_generations", 10.0), SEARCH)
    assert has_more(Finish(4, 2, "max_hours", 1.0), slower)
    assert has_more(Finish(4, 2, "max_hours", 1.0), SEARCH)  # without a limit now
    assert not has_more(Finish(4, 2, "converged"), longer)


def test_rates_fall_over_the_whole_finish_and_not_before():
    assert rate_factors(None, SEARCH, 3, range(7, 10), 0.02) == [1.0] * 3
    finish = Finish(8, 2, "num_generations", 10.0)
    factors = [
        *rate_factors(finish, SEARCH, 9, range(25, 28), 0.02),
        *rate_factors(finish, SEARCH, 10, range(28, 31), 0.02),
    ]
    expected = [0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * k / 6)) for k in range(6)]
    assert factors == pytest.approx(expected, rel=1e-12)


def test_nobody_is_replaced_in_it(tmp_path):
    found = searched(tmp_path / "run", population=4, num_generations=4)
    assert found.finish_generations == 2
    rows = read_population(tmp_path / "run" / "population.csv")
    assert all(row.parent == row.member for row in rows if row.generation > 2)
    assert any(row.parent != row.member for row in rows if row.generation == 2)
    first, last = ({r.member: r.hyperparameters for r in rows if r.generation == g} for g in (2, 4))
    assert first == last
    rates = [
        record["learning_rate"] / first[record["member"]]["learning_rate"]
        for record in read_metrics(tmp_path / "run" / "epochs.jsonl")
        if record["epoch"] > 5
    ]
    fallen = rate_factors(
        Finish(2, 2, ""), SearchConfig(epochs_per_generation=2), 3, range(4), 0.02
    )
    assert sorted(rates) == pytest.approx(sorted(fallen * 4), rel=1e-6)
    assert (
        "In the last 2 generations none is replaced"
        in search_so_far(tmp_path / "run").sentences()[0]
    )


def test_a_search_that_has_converged_is_finished(tmp_path):
    found = searched(
        tmp_path / "run", num_generations=20, patience_generations=1, min_improvement=0.5
    )
    assert found.stopped_by == "converged"
    assert found.finish_generations == 2
    assert found.rows[-1].generation == 4  # the second one did not halve the score
    again = searched(
        tmp_path / "run", resume=True, num_generations=30, patience_generations=1,
        min_improvement=0.5,
    )  # fmt: skip
    assert again.rows[-1].generation == 4


def test_a_stop_within_it_changes_nothing(tmp_path):
    def interrupt(generation):
        if generation == 3:
            os.kill(os.getpid(), signal.SIGINT)

    searched(tmp_path / "whole", num_generations=4)
    stopped = searched(tmp_path / "run", num_generations=4, trackers=[AfterEach(interrupt)])
    assert stopped.stopped_by == "interrupted"
    searched(tmp_path / "run", num_generations=4, resume=True)
    one, other = ((tmp_path / name / "population.csv").read_bytes() for name in ("whole", "run"))
    assert one == other


def test_more_generations_go_on_after_it(tmp_path):
    """Rates are again what they were, until they fall at the new end."""
    place = tmp_path / "run"
    searched(place, population=2, num_generations=4)
    searched(place, resume=True, population=2, num_generations=6)
    by_epoch: dict[int, float] = {}
    rows = {(r.generation, r.member): r for r in read_population(place / "population.csv")}
    for record in read_metrics(place / "epochs.jsonl"):
        generation = max(1, -(-(record["epoch"] - 1) // 2))
        rate = rows[generation, record["member"]].hyperparameters["learning_rate"]
        by_epoch[record["epoch"]] = round(record["learning_rate"] / rate, 3)
    falling = [1.0, round(0.02 + 0.49 * (1 + math.cos(math.pi / 4)), 3), 0.51]
    assert [by_epoch[epoch] for epoch in range(1, 9)] == [1.0] * 5 + falling
    assert [by_epoch[epoch] for epoch in range(10, 13)] == falling
