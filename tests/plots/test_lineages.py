"""Figures of a search: their lines and marks hold what the population did."""

import dataclasses

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from lfads.checks import UserError
from lfads.config import SearchRange
from lfads.config.search import DEFAULT_SPACE
from lfads.hyperparameters import HyperParameterSettings
from lfads.plots.families import (
    family_of,
    family_order,
    place_of,
    relative_ranks,
    taken_over,
)
from lfads.plots.lineages import (
    BEST_SO_FAR,
    BEYOND,
    FAILED,
    WINNING,
    plot_lineages,
    plot_population_scores,
    score_limits,
)
from lfads.plots.page import inline_svg
from lfads.plots.searched import plot_hyperparameter_paths, plot_scores_over_values
from lfads.plots.style import GREY
from lfads.search.population import explore, tournament
from lfads.search.record import MemberRow, best_of, best_scores, lineage_of
from lfads.search.resolve import first_values, in_own_units

SPACE = in_own_units(DEFAULT_SPACE, 700.0)


def population(size: int, num_generations: int, *, seed=0, fails=0.0) -> list[MemberRow]:
    """What a search would leave on a made-up landscape of scores, without training anything.

    A member's excess score decays as fast as its learning rate allows; its floor depends on the other
    hyperparameters. The share `fails` of those with a high learning rate has no score.
    """
    rng = np.random.default_rng(seed)
    values = first_values(SPACE, HyperParameterSettings(), size, rng)
    excess, parents, rows = np.full(size, 0.06), np.arange(size), []
    for generation in range(1, num_generations + 1):
        speed = 0.35 * np.exp(-0.5 * (np.log10(values["learning_rate"] / 4e-3) / 0.35) ** 2)
        floor = (
            0.2
            + 0.003 * np.log10(values["inferred_input_kl_weight"] / 0.05) ** 2
            + 0.002 * np.log10(values["generator_l2_weight"] / 0.8) ** 2
            + 0.08 * (values["dropout_rate"] - 0.15) ** 2
            + 0.05 * (values["coordinated_dropout_rate"] - 0.72) ** 2
        )
        excess = excess * np.exp(-speed) * rng.uniform(0.9, 1.1, size)
        scores = floor + excess + rng.normal(0, 2e-4, size)
        broken = (values["learning_rate"] > 8e-3) & (rng.random(size) < fails)
        scores = np.where(broken, rng.choice([np.nan, np.inf], size), scores)
        rows += [
            MemberRow(
                generation, 25 * generation, m, int(parents[m]), float(scores[m]), float(scores[m]),
                float(scores[m]), 0.35, {name: float(of[m]) for name, of in values.items()},
            )
            for m in range(size)
        ]  # fmt: skip
        parents = tournament(scores, rng)
        values, excess = explore(values, parents, SPACE, rng), excess[parents]
    return rows


def two_generations() -> list[MemberRow]:
    """Three members; the last goes on from the first, and the middle one fails."""
    values = HyperParameterSettings()
    table = [
        (1, 0, 0, 0.30), (1, 1, 1, 0.31), (1, 2, 2, 0.34),
        (2, 0, 0, 0.28), (2, 1, 1, np.nan), (2, 2, 0, 0.27),
    ]  # fmt: skip
    return [
        MemberRow(
            generation, generation, member, parent, score, score, score, 0.3,
            {**dataclasses.asdict(values), "learning_rate": 1e-3 * (member + generation)},
        )
        for generation, member, parent, score in table
    ]  # fmt: skip


ROWS = population(20, 50, fails=0.15)
BEST = best_of(ROWS)


def lines_like(axes: Axes, style: dict) -> list[np.ndarray]:
    """Points of the lines in a style, leaving out keys of a legend."""

    def alike(line: Line2D) -> bool:
        return (
            line.get_color() == style["color"]
            and line.get_marker() == style.get("marker", "None")
            and (line.get_linestyle() == "None") == (style.get("linestyle") == "")
        )

    return [np.asarray(line.get_xydata()) for line in axes.lines if alike(line)]


def words_of(figure: Figure) -> str:
    figure.draw_without_rendering()
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def every_figure(rows):
    best = best_of(rows)
    yield plot_population_scores(rows, best)
    yield plot_hyperparameter_paths(rows, best, SPACE)
    yield plot_lineages(rows, best)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (3, 2), (20, 50)])
def test_figures_of_small_and_large_populations_are_drawn(shape):
    for figure in every_figure(population(*shape, fails=0.1)):
        assert inline_svg(figure, "a").startswith("<svg")


def test_best_so_far_and_winning_line_are_those_of_the_rows():
    figure = plot_population_scores(ROWS, BEST)
    whole, later = figure.axes
    for axes in (whole, later):
        (bests,) = lines_like(axes, BEST_SO_FAR)
        for generation, score in bests:
            known = [r.score for r in ROWS if r.generation <= generation and np.isfinite(r.score)]
            assert score == min(known)
        (winning,) = lines_like(axes, WINNING)
        line = lineage_of(ROWS, BEST.generation, BEST.member)
        scores = {place_of(row): row.score for row in ROWS}
        np.testing.assert_array_equal(winning, [(g, scores[g, m]) for g, m in line.items()])
    assert whole.get_xlim() == (0.5, 50.5)
    assert later.get_xlim() == (25.5, 50.5)
    assert "nats per bin and neuron" in words_of(figure)


def test_every_score_is_a_point_a_triangle_or_a_cross():
    axes = plot_population_scores(ROWS, BEST).axes[0]
    low, high = axes.get_ylim()
    (crosses,), (triangles,) = lines_like(axes, FAILED), lines_like(axes, BEYOND)
    failed = [row.generation for row in ROWS if not np.isfinite(row.score)]
    beyond = [row.generation for row in ROWS if np.isfinite(row.score) and row.score > high]
    assert failed
    assert beyond
    assert crosses[:, 0].tolist() == failed
    assert triangles[:, 0].tolist() == beyond
    heights = np.concatenate(lines_like(axes, {"color": GREY, "marker": "o", "linestyle": ""}))[
        :, 1
    ]
    assert ((heights >= low) & (heights <= high)).sum() == len(ROWS) - len(failed) - len(beyond)


def test_crosses_that_hide_each_other_are_counted():
    rows = [dataclasses.replace(r, score=np.inf) if r.member else r for r in two_generations()]
    figure = plot_population_scores(rows, best_of(rows))
    assert [text.get_text() for text in figure.axes[0].texts] == ["2", "2"]
    assert "no finite score" in words_of(figure)
    sound = population(3, 2)
    assert "no finite score" not in words_of(plot_population_scores(sound, best_of(sound)))


def test_paths_hold_the_values_that_members_trained_with():
    figure = plot_hyperparameter_paths(ROWS, BEST, SPACE)
    values = {place_of(row): row.hyperparameters for row in ROWS}
    line = lineage_of(ROWS, BEST.generation, BEST.member)
    for axes, (name, range_) in zip(figure.axes, SPACE.items(), strict=False):
        (winning,) = lines_like(axes, WINNING)
        np.testing.assert_array_equal(winning, [(g, values[g, m][name]) for g, m in line.items()])
        assert axes.get_yscale() == ("log" if range_.law == "log_uniform" else "linear")
        low, high = axes.get_ylim()
        assert low < range_.low < range_.high < high
        limits = [line for line in axes.lines if np.asarray(line.get_xdata()).tolist() == [0, 1]]
        assert [np.asarray(line.get_ydata())[0] for line in limits] == [range_.low, range_.high]
        assert {line.is_dashed() for line in limits} == {not range_.enforced}
    assert len(figure.axes) == 8 + 1  # an empty place, and the scale of colours
    assert "KL weight" in words_of(figure)


def test_surviving_lines_are_coloured_by_rank_and_the_others_grey():
    rows = two_generations()
    axes = plot_hyperparameter_paths(
        rows, best_of(rows), {"learning_rate": SPACE["learning_rate"]}
    ).axes[0]
    (lines,) = (c for c in axes.collections if isinstance(c, LineCollection))
    ends = [np.asarray(path.vertices)[-1].tolist() for path in lines.get_paths()]
    assert ends == [[2, 2e-3], [2, 3e-3], [2, 4e-3]]
    assert np.asarray(lines.get_array()).tolist() == [0.5, 1.0, 0.0]
    family = family_of(ROWS, BEST)
    assert len(family.surviving) + len(family.extinct) == 20 * 49
    last = {place_of(row) for row in ROWS if row.generation == 50}
    parents = {place_of(parent) for parent, _ in family.surviving}
    assert {place_of(child) for _, child in family.surviving} <= parents | last
    assert not {place_of(child) for _, child in family.extinct} & (parents | last)


def test_lineages_do_not_cross_and_show_every_member_once():
    figure = plot_lineages(ROWS, BEST)
    axes = figure.axes[0]
    (points,) = (c for c in axes.collections if isinstance(c, PathCollection))
    (crosses,) = lines_like(axes, FAILED)
    drawn = np.concatenate([np.asarray(points.get_offsets()), crosses])
    assert sorted(map(tuple, drawn)) == [(g, m) for g in range(1, 51) for m in range(20)]
    order = family_order(ROWS)
    for generation in range(2, 51):
        members = [row for row in ROWS if row.generation == generation]
        members.sort(key=lambda row: order[place_of(row)])
        parents = [order[generation - 1, row.parent] for row in members]
        assert parents == sorted(parents)


def test_ranks_go_from_the_best_to_those_without_a_score():
    ranks = relative_ranks(two_generations())
    assert [ranks[1, m] for m in range(3)] == [0, 0.5, 1]
    assert [ranks[2, m] for m in range(3)] == [0.5, 1, 0]
    assert best_scores(two_generations()) == [0.30, 0.27]


def test_one_line_takes_over_when_all_have_one_founder():
    rows = two_generations()
    assert taken_over(rows) is None
    third = [
        dataclasses.replace(row, generation=3, parent=parent)
        for row, parent in zip(rows[3:], (0, 2, 2), strict=True)
    ]
    assert taken_over([*rows, *third]) == 3
    generation = taken_over(ROWS)
    assert generation is not None
    founders = [
        {lineage_of(ROWS, g, m)[1] for m in range(20)} for g in (generation - 1, generation)
    ]
    assert len(founders[0]) > len(founders[1]) == 1


def test_a_random_search_is_drawn_over_its_values():
    space = {**SPACE, "generator_size": SearchRange(low=32, high=256)}
    rows = [
        dataclasses.replace(
            row, hyperparameters={**row.hyperparameters, "generator_size": 32.0 + row.member}
        )
        for row in population(30, 1, fails=1.0)
    ]
    rows[3] = dataclasses.replace(rows[3], score=np.inf)
    best = best_of(rows)
    figure = plot_scores_over_values(rows, best, space)
    for axes, name in zip(figure.axes, space, strict=True):
        (points,) = axes.collections
        known = [row for row in rows if np.isfinite(row.score)]
        expected = [(r.hyperparameters[name], min(r.score, score_limits(rows)[1])) for r in known]
        np.testing.assert_allclose(np.asarray(points.get_offsets()), expected)
        (crosses,) = lines_like(axes, FAILED)
        assert rows[3].hyperparameters[name] in crosses[:, 0]
    assert "generator size" in words_of(figure)
    assert inline_svg(figure, "a").startswith("<svg")


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(UserError, match="parents included; got 0 rows"):
        plot_population_scores([], BEST)
    with pytest.raises(UserError, match="got 980 rows, without the parents of 20"):
        plot_lineages([row for row in ROWS if row.generation != 7], BEST)
    with pytest.raises(UserError, match="at least one hyperparameter that was searched"):
        plot_hyperparameter_paths(ROWS, BEST, {})
    with pytest.raises(UserError, match="at least one hyperparameter that was searched"):
        plot_scores_over_values(ROWS, BEST, {})


def test_scores_that_are_alike_or_missing_have_an_axis():
    row = two_generations()[0]
    rows = two_generations()
    assert score_limits(rows)[0] < 0.27 < 0.34 < score_limits(rows)[1]
    assert score_limits([row]) == pytest.approx((0.297, 0.303))
    assert score_limits([dataclasses.replace(row, score=np.nan)]) == (0, 1)


def test_scores_that_all_lie_on_the_axis_leave_room_for_them():
    """Marks of which there are none must not take place in a corner of the figure."""
    rows = [
        dataclasses.replace(ROWS[0], generation=g, member=m, parent=m, score=1 / g + 1e-3 * m)
        for g in range(1, 6)
        for m in range(3)
    ]
    assert inline_svg(plot_population_scores(rows, best_of(rows)), "a").startswith("<svg")
    spaces = {"learning_rate": SPACE["learning_rate"]}
    alone = [row for row in rows if row.generation == 1]
    assert inline_svg(plot_scores_over_values(alone, best_of(alone), spaces), "a")
