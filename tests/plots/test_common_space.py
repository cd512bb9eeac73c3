"""Several sessions beside each other: one space, one scale, and words for what is not there."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.text import Text
from tests.plots.posteriors import inferred, lorenz

from lfads import plots
from lfads.checks import UserError
from lfads.plots import captions
from lfads.plots.common_space import conditions_of_all
from lfads.plots.courses import factor_courses, shared_labels
from lfads.plots.page import inline_svg

DATASET = lorenz(4, 5)
ONE = inferred(DATASET.session, DATASET)


def several(num: int, posterior: xr.Dataset = ONE) -> dict[str, xr.Dataset]:
    return {f"day {k}": posterior for k in range(num)}


def of_conditions(posterior: xr.Dataset, labels: list) -> xr.Dataset:
    """The posterior with other labels of its four conditions."""
    return posterior.assign_coords(
        condition=("trial", np.array(labels)[posterior["condition"].to_numpy()])
    )


def words_of(figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(Text) if t.get_text() and t.get_visible()]


@pytest.mark.parametrize(("num", "drawn"), [(1, 1), (2, 2), (5, 5), (18, 8), (44, 8)])
def test_a_panel_for_each_of_at_most_eight_sessions(num, drawn):
    figure = plots.plot_sessions(several(num))
    assert len(figure.axes) == drawn
    titles = [axes.get_title() or axes.get_title("left") for axes in figure.axes]
    assert titles[0] == "day 0\n12 neurons"
    assert titles[-1].startswith(f"day {num - 1}\n")
    assert (f"of {num} sessions, evenly chosen" in captions.sessions(several(num))) == (num > 8)


def test_panels_have_one_scale_and_the_same_colours():
    shrunk = ONE.assign(factors=0.2 * ONE["factors"])
    figure = plots.plot_sessions({"large": ONE, "small": shrunk})
    large, small = figure.axes
    for axis in "xyz":
        assert getattr(large, f"get_{axis}lim")() == getattr(small, f"get_{axis}lim")()
    colors = [[tuple(line.get_color()) for line in axes.lines] for axes in figure.axes]
    assert colors[0] == colors[1]
    assert len(set(colors[0])) == 4
    (x, *_), (x_small, *_) = (axes.lines[0].get_data_3d() for axes in figure.axes)  # pyright: ignore[reportAttributeAccessIssue]
    np.testing.assert_allclose(np.ptp(x_small), 0.2 * np.ptp(x), rtol=1e-4)


def test_components_are_of_all_sessions_together():
    rng = np.random.default_rng(0)
    axis = np.eye(8)
    one, two = (
        ONE.assign(factors=(ONE["factors"].dims, rng.normal(size=(20, 60, 1)) * axis[k]))
        for k in (0, 1)
    )
    words = " ".join(words_of(plots.plot_sessions({"one": one, "two": two})))
    assert "PC 1: 5" in words  # no component of one session alone holds all of its variance


@pytest.mark.parametrize("num_factors", [1, 2, 3])
def test_few_factors_are_drawn_over_time_in_the_plane_or_in_space(num_factors):
    posterior = inferred(DATASET.session, DATASET, num_factors=num_factors)
    figure = plots.plot_sessions(several(3, posterior))
    assert hasattr(figure.axes[0], "zaxis") == (num_factors == 3)
    assert ("time (s)" in words_of(figure)) == (num_factors == 1)
    assert inline_svg(figure, "a").startswith("<svg")


def test_without_conditions_there_is_one_average_in_each_panel():
    sessions = {"labelled": ONE, "bare": ONE.drop_vars("condition")}
    figure = plots.plot_sessions(sessions)
    assert [len(axes.lines) for axes in figure.axes] == [1, 1]
    assert not figure.legends
    assert "no condition labels in common" in captions.sessions(sessions)


def test_labels_are_compared_as_text():
    as_text = of_conditions(ONE, ["0", "1", "2", "3"])
    labels = shared_labels({"numbers": ONE, "text": as_text})
    assert labels is not None
    assert labels.tolist() == ["0", "1", "2", "3"]
    courses = factor_courses({"numbers": ONE, "text": as_text}, labels)
    np.testing.assert_array_equal(courses["numbers"], courses["text"])


def test_conditions_that_one_session_lacks_are_missing_there():
    others = of_conditions(ONE, ["0", "1", "a", "b"])
    sessions = {"one": ONE, "two": others}
    labels = shared_labels(sessions)
    assert labels is not None
    assert labels.tolist() == ["0", "1", "2", "3", "a", "b"]
    missing = [np.isnan(c).all((1, 2)).tolist() for c in factor_courses(sessions, labels).values()]
    assert missing == [[False] * 4 + [True] * 2, [False] * 2 + [True] * 2 + [False] * 2]
    assert conditions_of_all(sessions).chosen.tolist() == [0, 1]


def test_sessions_without_a_common_condition_are_averaged_over_trials():
    other = of_conditions(ONE, ["a", "b", "c", "d"])
    assert shared_labels({"one": ONE, "two": other}) is None


def test_a_session_that_has_none_of_the_conditions_says_so():
    other = of_conditions(ONE, ["a", "b", "c", "d"])
    figure = plots.plot_sessions({"one": ONE, "two": ONE, "three": other})
    assert words_of(figure).count("none of these conditions") == 1


def test_directions_as_text_are_drawn_round_a_circle():
    turned = of_conditions(ONE, ["0", "90", "180", "270"])
    conditions = conditions_of_all({"one": turned, "two": turned})
    assert conditions.labels.tolist() == [0, 90, 180, 270]  # as people count
    of_numbers = conditions_of_all(several(2, of_conditions(ONE, [0, 90, 180, 270])))
    np.testing.assert_array_equal(conditions.colors, of_numbers.colors)
    assert len(np.unique(conditions.colors.round(6), axis=0)) == 4


def test_averages_of_one_split_and_of_unequal_lengths():
    short = ONE.isel(time=slice(0, 40))
    labels = shared_labels({"long": ONE, "short": short})
    courses = factor_courses({"long": ONE, "short": short}, labels, split="train")
    assert courses["short"].shape == courses["long"].shape
    assert np.isnan(courses["short"][:, 40:]).all()
    chosen = (ONE["split"] == "train") & (ONE["condition"] == 2)
    expected = ONE["factors"].to_numpy()[chosen.to_numpy()].mean(0)
    np.testing.assert_allclose(courses["long"][2], expected, rtol=1e-5)


def test_what_cannot_be_shown_together_is_refused():
    with pytest.raises(UserError, match="at least one session; got none"):
        plots.plot_sessions({})
    other = inferred(DATASET.session, DATASET, num_factors=5)
    with pytest.raises(UserError, match=r"8 in `one`, 5 in `two`\. Infer all of them from one run"):
        plots.plot_sessions({"one": ONE, "two": other})


@pytest.mark.parametrize("num", [1, 2, 5, 18, 44, 100])
def test_agreement_has_a_row_for_each_session(num):
    names = [f"day {k}" for k in range(num)]
    values = np.linspace(-1.5, 0.9, num)
    figure = plots.plot_agreement(
        names, {"before": values.tolist(), "start": [None] * num, "after": [0.9] * num}
    )
    rows = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    assert rows == names
    assert {"before", "start", "after", "agreement with the other sessions (R²)"} <= set(
        words_of(figure)
    )
    assert len(inline_svg(figure, "a")) < 200_000
    heights = [axes.get_position().height for axes in figure.axes]
    assert min(heights) > 0.2


def test_values_beyond_the_axis_are_triangles_at_its_edge():
    figure = plots.plot_agreement(["a", "b"], {"before": [-3.0, 0.1], "after": [0.8, 0.9]})
    triangles = [line for line in figure.axes[0].lines if line.get_marker() == "<"]
    assert [np.asarray(t.get_xdata()).tolist() for t in triangles] == [[-1.0]]


def test_agreement_needs_a_value_for_each_session():
    with pytest.raises(UserError, match="got 2 sessions; values: 1 of `before`"):
        plots.plot_agreement(["a", "b"], {"before": [0.5]})
    with pytest.raises(UserError, match="one to 3 moments"):
        plots.plot_agreement(["a"], {str(k): [0.5] for k in range(4)})
