"""What users choose of a figure: what it shows, where, how large, and in which colours."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from tests.plots.posteriors import inferred, lorenz, metrics

from lfads import plots
from lfads.checks import UserError

DATASET = lorenz(3, 5, num_neurons=6, num_bins=20)
SESSION = DATASET.session
POSTERIOR = inferred(SESSION, DATASET).assign_coords(
    name=("neuron", ["a", "b", "c", "d", "d", "f"])
)
BARE = POSTERIOR.drop_vars("condition")
LINES = metrics(5)
POSTER: Any = "poster"


def titles(figure: Figure) -> list[str]:
    return [title for axes in figure.axes if (title := axes.get_title(loc="left"))]


def colors(axes) -> list[tuple[float, ...]]:
    return [to_rgb(line.get_color()) for line in axes.lines]


def two_parts(figure: Figure) -> Any:
    return figure.subfigures(2, 1)


def test_neurons_are_chosen_by_number_or_name():
    figure = plots.plot_psths(POSTERIOR, SESSION, neurons=[5, "b"])
    assert titles(figure)[:2] == ["neuron 5", "b"]
    figure = plots.plot_rate_traces(POSTERIOR, SESSION, neurons="c", trials=[2])
    assert len(figure.axes) == 1
    assert figure.axes[0].get_ylabel().startswith("c\n")
    figure = plots.plot_trials(POSTERIOR, SESSION, neurons=[0, 3], trials=[1])
    assert all(len(np.asarray(axes.images[0].get_array())) == 2 for axes in figure.axes[1:3])


def test_factors_and_inputs_are_chosen_by_number():
    figure = plots.plot_factor_time_courses(POSTERIOR, factors=[4, 1])
    assert titles(figure) == ["factor 4", "factor 1"]
    figure = plots.plot_inferred_inputs(inferred(SESSION, DATASET, num_inputs=3), inputs=[2])
    assert figure.axes[0].get_ylabel().startswith("input 2")


def test_conditions_and_their_colors():
    every = plots.plot_psths(POSTERIOR, SESSION, neurons=[0])
    two = plots.plot_psths(POSTERIOR, SESSION, neurons=[0], conditions=[2, 1])
    assert colors(two.axes[0]) == colors(every.axes[0])[:0:-1], "a condition keeps its colour"
    assert [text.get_text() for text in two.legends[0].get_texts()] == ["2", "1"]
    for given in ({1: "tab:red", "2": "k"}, ["k", "tab:red"]):
        chosen = {"conditions": [2, 1], "colors": given}
        figure = plots.plot_psths(POSTERIOR, SESSION, neurons=[0], **chosen)
        assert colors(figure.axes[0]) == [to_rgb("k"), to_rgb("tab:red")]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.plot_psths(POSTERIOR, SESSION, neurons=[6]), "no 6; there are 0 to 5, named a, b"),
        (lambda: plots.plot_psths(POSTERIOR, SESSION, neurons=["d"]), "2 neurons are named `d`"),
        (lambda: plots.plot_factors(POSTERIOR, conditions=[7]), "must be of 0, 1, 2; got 7"),
        (lambda: plots.plot_factors(POSTERIOR, colors={7: "k"}), "of 0, 1, 2; got 7"),
        (lambda: plots.plot_factors(POSTERIOR, colors=["k"]), "one colour for each of 3 conditions"),
        (lambda: plots.plot_factors(POSTERIOR, colors={0: "nored"}), "matplotlib knows.*'nored'"),
        (lambda: plots.plot_factors(BARE, conditions=[1]), "no condition labels"),
        (lambda: plots.plot_factor_time_courses(POSTERIOR, factors=[8]), "from 0 to 7; got 8"),
        (lambda: plots.plot_factors(POSTERIOR, style=POSTER), "\"talk\" or \"paper\".*'poster'"),
        (lambda: plots.plot_psths(POSTERIOR, SESSION, ax=Figure().subplots()), "choose one of .*got 6"),
        (
            lambda: plots.plot_factors(POSTERIOR, ax=Figure().subplots(), figure=Figure()),
            "for all of them; got both",
        ),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(draw, message):
    with pytest.raises(UserError, match=message):
        draw()


def test_panels_are_drawn_where_the_user_says():
    whole = Figure(figsize=(9, 9))
    upper, lower = two_parts(whole)
    assert plots.plot_psths(POSTERIOR, SESSION, neurons=[1, 2], figure=upper) is whole
    assert len(upper.axes) == 4
    panels = lower.subplots(2, 4).ravel()
    plots.plot_psths(POSTERIOR, SESSION, neurons=[0], ax=panels[0])
    plots.plot_rate_traces(POSTERIOR, SESSION, neurons=[0], trials=[0], ax=panels[1])
    plots.plot_trials(POSTERIOR, SESSION, trials=[0], ax=panels[2])
    plots.plot_factors(POSTERIOR, ax=panels[3])
    plots.plot_factor_time_courses(POSTERIOR, factors=[0], ax=panels[4])
    plots.plot_initial_conditions(POSTERIOR, ax=panels[5])
    plots.plot_inferred_inputs(POSTERIOR, inputs=[0], ax=panels[6])
    plots.plot_learning_curves(LINES, ax=panels[7])
    assert all(axes.has_data() and axes.get_xlabel() for axes in panels)
    assert len(lower.axes) == len(panels) + 1, "none was added but a scale of colours"
    whole.draw_without_rendering()
    space = Figure().add_subplot(projection="3d")
    plots.plot_factors(POSTERIOR, ax=space)
    assert len(space.lines) > 3


def test_sessions_agreement_and_truth_are_drawn_into_a_given_figure():
    upper, lower = two_parts(Figure(figsize=(9, 9)))
    plots.plot_sessions({"one": POSTERIOR}, conditions=[1], colors=["k"], figure=upper)
    plots.plot_latents(POSTERIOR, SESSION, trials=[3], figure=lower)
    assert upper.axes
    assert "trial 3" in titles(lower.figure)
    figure = plots.plot_agreement(["one"], {"after": [0.5]}, ax=Figure().subplots())
    assert len(figure.axes) == 1


def test_styles_scale_words_and_lines():
    usual, talk, paper = (
        plots.plot_factors(POSTERIOR, style=style) for style in (None, "talk", "paper")
    )
    for figure in (usual, talk, paper):
        figure.draw_without_rendering()
    texts = [
        [float(t.get_fontsize()) for t in f.findobj(Text) if t.get_text()]
        for f in (paper, usual, talk)
    ]
    assert max(texts[0]) < min(texts[1]) < max(texts[1]) < min(texts[2])
    assert min(texts[0]) >= 7
    widths = [figure.axes[-1].lines[-1].get_linewidth() for figure in (paper, usual, talk)]
    assert np.all(np.diff(widths) > 0.3)
    assert plots.plot_factors(POSTERIOR).get_figwidth() == usual.get_figwidth() == 10
