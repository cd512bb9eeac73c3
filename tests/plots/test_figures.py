"""Every figure: what it shows, its units, and data that lack something."""

import dataclasses

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text
from tests.plots.posteriors import inferred, lorenz, metrics

from lfads import plots
from lfads.checks import UserError
from lfads.evaluation.scores import score_dataset
from lfads.plots.page import inline_svg

DATASET = lorenz()
SESSION = DATASET.session
TRUE_RATES = np.asarray(SESSION.true_rates_hz)
KNOWN_INPUTS = dataclasses.replace(
    SESSION, true_inputs=np.random.default_rng(1).normal(size=(SESSION.num_trials, 60, 1))
)
POSTERIOR = inferred(SESSION, DATASET)


def every_figure(posterior, session):
    """All figures that need no known truth."""
    yield plots.plot_trials(posterior, session)
    yield plots.plot_rate_traces(posterior, session)
    yield plots.plot_psths(posterior, session)
    yield plots.plot_factors(posterior)
    yield plots.plot_factor_time_courses(posterior)
    yield plots.plot_initial_conditions(posterior)
    if "inferred_inputs" in posterior:
        yield plots.plot_inferred_inputs(posterior)
        yield plots.plot_input_strength(posterior)


def words_of(figure) -> set[str]:
    """All text of a figure."""
    figure.draw_without_rendering()
    return {text.get_text() for text in figure.findobj(Text) if text.get_text()}


def has(figure, *parts) -> bool:
    words = " | ".join(words_of(figure))
    return all(part in words for part in parts)


def test_axes_bear_names_and_units():
    assert has(plots.plot_learning_curves(metrics()), "epoch", "nats per trial", "bits per spike")
    assert has(plots.plot_learning_curves(metrics()), "(nats per bin and neuron)")
    assert has(plots.plot_trials(POSTERIOR, SESSION), "time (s)", "rate (spikes/s)", "True rates")
    assert has(plots.plot_rate_traces(POSTERIOR, SESSION), "time (s)", "(spikes/s)", "true rate")
    assert has(plots.plot_psths(POSTERIOR, SESSION), "time (s)", "LFADS\n(spikes/s)", "r² = ")
    assert has(plots.plot_factors(POSTERIOR), "time (s)", "PC 1 (", " %)", "PC 3 (", "condition")
    assert has(plots.plot_factor_time_courses(POSTERIOR), "time (s)", "value (a.u.)")
    assert has(plots.plot_initial_conditions(POSTERIOR), "PC 1 (", "PC 2 (", "s.d. (a.u.)")
    assert has(plots.plot_inferred_inputs(POSTERIOR), "time (s)", "input (a.u.)", "s.d. (a.u.)")
    assert has(plots.plot_latents(POSTERIOR, SESSION), "time (s)", "R² = ", "latent 2 (a.u.)")
    assert has(plots.plot_inputs_against_truth(POSTERIOR, KNOWN_INPUTS), "input 0 (a.u.)")


def unequal_trials_without_conditions_and_three_inputs():
    length = np.where(np.arange(SESSION.num_trials) % 3 == 0, 35, 60)
    session = dataclasses.replace(SESSION, condition=None, trial_length=length)
    return DATASET, session, {"num_inputs": 3}


def one_trial():
    return DATASET, SESSION.take(np.array([4])), {}


def one_neuron_and_one_factor():
    dataset = lorenz(num_neurons=1)
    return dataset, dataset.session, {"num_factors": 1}


def many_conditions():
    dataset = lorenz(40, 2)
    return dataset, dataset.session, {}


def words_as_conditions_two_factors_no_inputs():
    words = np.array(["left", "right $5 <b>", "up_^{$", "日本", "a" * 80, "wide"])
    session = dataclasses.replace(SESSION, condition=words[SESSION.condition])
    return DATASET, session, {"num_factors": 2, "num_inputs": 0}


def held_out_missing_and_an_event_after_a_late_start():
    observed = np.random.default_rng(0).random(SESSION.spikes.shape) < 0.8
    observed[:, :, 3] = False
    held_out = np.arange(12) > 8
    session = dataclasses.replace(SESSION, observed=observed, held_out_neurons=held_out)
    dataset = dataclasses.replace(DATASET, start_s=-0.3, sessions=(session,))
    return dataset, session, {"first_bin": 10}


def silent_neurons():
    nothing = {"values": np.zeros_like(SESSION.spikes), "true_rates_hz": 0 * TRUE_RATES}
    return DATASET, dataclasses.replace(SESSION, **nothing), {}


def two_bins():
    dataset = lorenz(num_bins=2)
    return dataset, dataset.session, {}


CASES = [
    unequal_trials_without_conditions_and_three_inputs, one_trial, one_neuron_and_one_factor,
    many_conditions, words_as_conditions_two_factors_no_inputs,
    held_out_missing_and_an_event_after_a_late_start, silent_neurons, two_bins,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_figures_of_unusual_data_are_drawn(case):
    dataset, session, form = case()
    posterior = inferred(session, dataset, **form)
    for figure in every_figure(posterior, session):
        assert inline_svg(figure, "a").startswith("<svg")


def test_trials_are_matched_by_their_number():
    turned = POSTERIOR.isel(trial=slice(None, None, -1))
    one = plots.plot_psths(POSTERIOR, SESSION, smoothing_s=0.02)
    other = plots.plot_psths(turned, SESSION, smoothing_s=0.02)
    for first, second in zip(one.axes[:12], other.axes[:12], strict=True):
        for line, same in zip(first.lines, second.lines, strict=True):
            y, z = np.asarray(line.get_ydata()), np.asarray(same.get_ydata())
            np.testing.assert_allclose(y, z, rtol=1e-4, atol=1e-3)


def test_a_posterior_of_other_data_is_refused():
    other = lorenz(num_neurons=5)
    with pytest.raises(UserError, match="the session has 5 neurons; the posterior has 12"):
        plots.plot_trials(POSTERIOR, other.session)
    moved = POSTERIOR.assign_coords(trial_index=POSTERIOR["trial_index"] + 1)
    with pytest.raises(UserError, match=r"(?s)session `lorenz`.*no trials with `trial_index` 60"):
        plots.plot_psths(moved, SESSION)


def test_what_is_missing_is_named():
    with pytest.raises(UserError, match="no `inferred_inputs` in this posterior; it holds rates"):
        plots.plot_inferred_inputs(inferred(SESSION, DATASET, num_inputs=0))
    with pytest.raises(UserError, match="has no `true_inputs`: only simulations"):
        plots.plot_inputs_against_truth(POSTERIOR, SESSION)
    with pytest.raises(UserError, match="at least one epoch"):
        plots.plot_learning_curves([])
    with pytest.raises(UserError, match="positions from 0 to 59 in the posterior"):
        plots.plot_trials(POSTERIOR, SESSION, trials=[60])


def test_learning_curves_of_few_or_partial_epochs():
    lines = [{"epoch": 1, "train_nll": 0.3, "valid_nll": None, "ramp": 1.0}]
    assert has(plots.plot_learning_curves(lines), "not recorded")
    assert has(plots.plot_learning_curves(metrics(3), best_epoch=2), "best epoch, 2")


def test_learning_curves_explain_every_line_and_end_with_the_last_epoch():
    figure = plots.plot_learning_curves(metrics(50), best_epoch=50)
    assert has(figure, "training trials", "validation trials", "still rise", "best epoch, 50")
    assert len(figure.axes) == 5
    assert all(axes.get_xlim() == (0, 50) for axes in figure.axes)
    dashed = [line for axes in figure.axes for line in axes.lines if line.get_linestyle() != "-"]
    assert all(np.ptp(np.asarray(line.get_xdata())) == 0 for line in dashed)
    without = [{**line, "valid_kl_inferred_inputs": 0.0} for line in metrics(50)]
    without = [{k: v for k, v in line.items() if "train_kl_inf" not in k} for line in without]
    assert len(plots.plot_learning_curves(without).axes) == 4


def test_sort_positions_are_no_ticks():
    figure = plots.plot_trials(POSTERIOR, SESSION)
    assert has(figure, "neurons, sorted by time of peak")
    assert not any(len(axes.get_yticks()) for axes in figure.axes[:9])


def test_dimensions_of_the_code_count_from_0():
    _, bars = plots.plot_initial_conditions(POSTERIOR).axes
    assert np.asarray(bars.lines[0].get_xdata()).tolist() == list(range(10))


@pytest.mark.parametrize("num_conditions", [6, 40])
def test_a_few_conditions_are_drawn_and_named(num_conditions):
    dataset = lorenz(num_conditions, 2)
    session = dataset.session
    figure = plots.plot_psths(inferred(session, dataset), session)
    few = min(num_conditions, 8)
    assert len(figure.axes[0].lines) == len(figure.legends[0].get_lines()) == few
    codes = plots.plot_initial_conditions(inferred(session, dataset))
    assert ("others" in words_of(codes)) == (num_conditions > 8)


def test_a_perfect_reconstruction_has_r2_of_one():
    latents = np.asarray(SESSION.true_latents)
    exact = POSTERIOR.drop_vars(["factors", "factors_std"])
    exact["factors"] = (("trial", "time", "factor"), 2 * latents[..., ::-1] + 1)
    assert has(plots.plot_latents(exact, SESSION), "R² = 1.00")


@pytest.mark.parametrize("split", ["valid", "test"])
def test_r2_of_the_figure_are_those_among_the_scores(split):
    other = np.where(np.arange(60) % 2, split, "valid")
    splits = np.where(SESSION.split == "train", "train", other)
    session = dataclasses.replace(SESSION, split=splits)
    posterior = inferred(session, DATASET)
    dataset = dataclasses.replace(DATASET, sessions=(session,))
    scores = score_dataset(dataset, {session.name: posterior}).splits[split].latent_r2
    assert scores is not None
    assert has(plots.plot_latents(posterior, session), *(f"R² = {r2:.2f}" for r2 in scores))


def test_without_training_trials_nothing_is_scored():
    session = dataclasses.replace(SESSION, split=np.full(60, "test"))
    figure = plots.plot_latents(inferred(session, DATASET), session)
    assert has(figure, "latent 0 (a.u.)")
    assert not has(figure, "R²")


def test_the_same_data_give_the_same_figure():
    one, other = (inline_svg(plots.plot_trials(POSTERIOR, SESSION), "a") for _ in range(2))
    assert one == other


def test_drawing_leaves_the_callers_settings_alone():
    with mpl.rc_context({"font.size": 33, "axes.spines.top": True}):
        before = dict(mpl.rcParams)
        figure = plots.plot_psths(POSTERIOR, SESSION)
        assert dict(mpl.rcParams) == before
    assert not figure.axes[0].spines["top"].get_visible()
    assert figure.axes[0].xaxis.label.get_fontsize() == pytest.approx(9)
