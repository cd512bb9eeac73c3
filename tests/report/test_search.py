"""The report on the best member of a search tells how the search went, and what to change."""

import dataclasses
import json
from pathlib import Path

import pytest
from tests.plots.posteriors import lorenz
from tests.plots.test_lineages import SPACE, population
from tests.report.test_report import Page, page_of, without_figures

from lfads.config import RunConfig, SearchConfig, SearchRange
from lfads.paths import folder_of_search
from lfads.report.search import search
from lfads.search.record import MemberRow, best_of, write_population

DATASET = lorenz(2, 5)


def search_folder(
    folder: Path, rows: list[MemberRow], *, stopped_by: str | None = None, **settings
) -> Path:
    """What a search leaves, without its runs."""
    (folder / "best").mkdir(parents=True)
    write_population(folder / "population.csv", rows)
    config = RunConfig(search=SearchConfig(**{"space": SPACE, **settings}))
    (folder / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    if stopped_by is not None:
        summary = {"stopped_by": stopped_by, "generations": rows[-1].generation}
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def with_best(rows: list[MemberRow], **values: float) -> list[MemberRow]:
    """The rows, with other hyperparameters of the best member."""
    best = best_of(rows)
    changed = dataclasses.replace(best, hyperparameters={**best.hyperparameters, **values})
    return [changed if row is best else row for row in rows]


def words_of(folder: Path) -> str:
    return Page("".join(search(folder))).text


def test_the_best_member_is_reported_on_with_its_search(tmp_path):
    rows = population(6, 5, fails=0.3)
    folder = search_folder(tmp_path / "my search", rows, stopped_by="num_generations")
    summary = {"stopped_by": "search", "best_epoch": 125, "epochs": 125}
    page = page_of(folder / "best", DATASET, without_figures(DATASET), summary=summary)
    assert {"search", "search-scores", "search-paths", "search-lineages"} <= set(page.ids)
    best = best_of(rows)
    for words in (
        "LFADS report: my search, best member",
        "Population-based training: 6 members, 5 generations of 25 epochs",
        f"The best is member {best.member} of generation {best.generation}: {best.score:.4f} nats per",
        "The search ended: all generations done.",
        "median of the last generation",
        f"{best.hyperparameters['coordinated_dropout_rate']:.3g}",
        "the curves follow the winning line",
        f"lfads search DATA --config '{folder}/config.toml' --out RUN",
        "lfads infer RUN --out RUN/best/posterior.nc",
    ):
        assert words in page.text


@pytest.mark.usefixtures("undrawn")
def test_other_runs_have_no_such_section(tmp_path):
    for folder in (tmp_path / "run", tmp_path / "other" / "best"):
        page = page_of(folder, DATASET, without_figures(DATASET))
        assert folder_of_search(folder) is None
        assert "search" not in page.ids
        assert f"LFADS report: {folder.name}" in page.text
        assert "lfads train DATA" in page.text or "lfads train 'some data.h5'" in page.text
    search_folder(tmp_path / "search", population(2, 1))
    assert folder_of_search(tmp_path / "search") is None
    assert folder_of_search(tmp_path / "search" / "best") == tmp_path / "search"


@pytest.mark.usefixtures("undrawn")
def test_a_winning_line_at_an_enforced_limit_is_named(tmp_path):
    rows = population(4, 3)
    low = with_best(rows, learning_rate=1.02e-4, coordinated_dropout_rate=0.3, dropout_rate=0.0)
    words = words_of(search_folder(tmp_path / "low", low))
    assert (
        "ends at the lower limit of learning_rate (0.000102; the limit is 0.0001): better values may "
        "lie beyond. Widen the limit, `low` in [search.space.learning_rate]" in words
    )
    assert "limit of dropout_rate" not in words  # below 0 there is nothing
    high = with_best(rows, coordinated_dropout_rate=0.695, inferred_input_kl_weight=3.0)
    words = words_of(search_folder(tmp_path / "high", high))
    assert "upper limit of coordinated_dropout_rate (0.695; the limit is 0.7)" in words
    assert "limit of inferred_input_kl_weight" not in words  # it may go on beyond
    inside = with_best(rows, learning_rate=5e-3, coordinated_dropout_rate=0.3, dropout_rate=0.3)
    assert "Widen the limit" not in words_of(search_folder(tmp_path / "inside", inside))


@pytest.mark.usefixtures("undrawn")
def test_scores_that_still_fall_ask_for_more_generations(tmp_path):
    falling = population(4, 6)
    words = words_of(search_folder(tmp_path / "falling", falling))
    assert "still fell within the last 4 generations" in words
    level = [dataclasses.replace(row, score=0.2 + 0.01 * row.member) for row in falling]
    words = words_of(search_folder(tmp_path / "level", level, stopped_by="converged"))
    assert "still fell" not in words
    assert "the best score stopped improving" in words


@pytest.mark.usefixtures("undrawn")
def test_many_failures_ask_for_a_lower_learning_rate(tmp_path):
    rows = [
        dataclasses.replace(row, score=float("nan")) if row.member == 2 else row
        for row in population(4, 3)
    ]
    words = words_of(search_folder(tmp_path / "a", rows))
    assert "3 of 12 generations of a member ended without a finite score" in words
    assert "lower `high` in [search.space.learning_rate]" in words
    space = {"dropout_rate": SPACE["dropout_rate"]}
    assert "too high: lower it." in words_of(search_folder(tmp_path / "b", rows, space=space))


@pytest.mark.usefixtures("undrawn")
def test_a_search_that_goes_on_or_was_resumed_has_not_ended(tmp_path):
    rows = population(3, 2)
    assert "The search has not ended." in words_of(search_folder(tmp_path / "running", rows))
    resumed = search_folder(tmp_path / "resumed", rows, stopped_by="interrupted")
    assert "The search ended: interrupted." in words_of(resumed)
    write_population(resumed / "population.csv", population(3, 4))
    assert "The search has not ended." in words_of(resumed)


@pytest.mark.usefixtures("undrawn")
def test_a_single_member_has_no_lineages(tmp_path):
    page = Page("".join(search(search_folder(tmp_path / "one", population(1, 1)))))
    assert "1 member, 1 generation of 25 epochs, the first with the ramp. The best" in page.text
    assert "search-lineages" not in page.ids
    assert "still fell" not in page.text


@pytest.mark.usefixtures("undrawn")
def test_a_random_search_is_shown_by_its_values(tmp_path):
    rows = [
        dataclasses.replace(row, hyperparameters={**row.hyperparameters, "generator_size": 64.0})
        for row in population(8, 1)
    ]
    space = {**SPACE, "generator_size": SearchRange(low=32, high=256)}
    folder = search_folder(
        tmp_path / "random", rows, stopped_by="all_members", method="random", space=space
    )
    page = Page("".join(search(folder)))
    assert "search-values" in page.ids
    assert not {"search-scores", "search-paths", "search-lineages"} & set(page.ids)
    for words in (
        "Random search: 8 members, each trained alone",
        "The search ended: all members trained.",
        "median of the best quarter",
        "generator_size",
    ):
        assert words in page.text


@pytest.mark.usefixtures("undrawn")
def test_a_damaged_search_does_not_take_the_report_with_it(tmp_path):
    folder = search_folder(tmp_path / "a", population(3, 2))
    (folder / "config.toml").write_text("[search]\npopulation = 'many'\n", encoding="utf-8")
    assert "The search cannot be shown" in words_of(folder)
    folder = search_folder(tmp_path / "b", population(3, 3)[6:])
    assert "The search cannot be shown: expected a row for every member" in words_of(folder)
    (folder / "population.csv").write_text("generation,member\n1,x\n", encoding="utf-8")
    page = page_of(folder / "best", DATASET, without_figures(DATASET))
    assert "population.csv is missing or damaged" in page.text
