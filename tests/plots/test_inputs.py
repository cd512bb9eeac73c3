"""Inferred inputs: noise does not look like a finding, and is named."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from lfads.checks import UserError
from lfads.evaluation.inputs import InputNull, noise_reasons, prior_samples
from lfads.plots import captions
from lfads.plots.conditions import conditions_of
from lfads.plots.input_strength import plot_input_strength
from lfads.plots.inputs import plot_inferred_inputs

NUM_TRIALS, NUM_BINS, STD, CORRELATION_S = 120, 50, 0.4, 0.08


def posterior_of_noise(share=(1.0,), **coords) -> xr.Dataset:
    """Posterior means that are samples of the prior, of which each input has a share of the s.d."""
    num = len(share)
    prior = {
        "inferred_input_prior_std": ("input", np.full(num, STD)),
        "inferred_input_prior_correlation_s": ("input", np.full(num, CORRELATION_S)),
    }
    time_s = 0.01 * np.arange(NUM_BINS)
    empty = xr.Dataset(prior, {"time": time_s}, {"bin_width_s": 0.01})
    noise = prior_samples(empty, NUM_TRIALS, seed=7)
    assert noise is not None
    inputs = (("trial", "time", "input"), noise * np.array(share))
    about = {"trial_index": ("trial", np.random.default_rng(0).permutation(NUM_TRIALS))}
    return empty.assign(inferred_inputs=inputs).assign_coords({**about, **coords})


def images_of(figure) -> list[np.ndarray]:
    return [np.ma.filled(i.get_array(), np.nan) for axes in figure.axes for i in axes.images]


def peak_and_row(image: np.ndarray) -> float:
    """How closely the time of each row's peak follows the row: 1 for a travelling wave."""
    return abs(np.corrcoef(np.abs(image).argmax(1), np.arange(len(image)))[0, 1])


@pytest.mark.parametrize("condition", [None, np.arange(NUM_TRIALS) % 5])
def test_noise_draws_no_wave(condition):
    coords = {} if condition is None else {"condition": ("trial", condition)}
    trials, prior = images_of(plot_inferred_inputs(posterior_of_noise(**coords)))
    assert trials.shape == prior.shape == (NUM_TRIALS, NUM_BINS)
    order = np.abs(trials).argmax(1).argsort(kind="stable")
    assert peak_and_row(trials[order]) > 0.9  # sorted by their peaks, they would be one
    assert peak_and_row(trials) < 0.25
    assert peak_and_row(prior) < 0.25


def test_trials_and_prior_are_drawn_on_one_scale():
    figure = plot_inferred_inputs(posterior_of_noise((0.1,)))
    trials, prior, averages = figure.axes[:3]
    assert trials.images[0].get_clim() == prior.images[0].get_clim() == averages.get_ylim()
    ratio = np.std(images_of(figure)[0]) / np.std(images_of(figure)[1])
    assert ratio == pytest.approx(0.1, rel=0.1)


def test_samples_of_the_prior_have_its_spread_and_correlation():
    samples = prior_samples(posterior_of_noise(), 4000)
    assert samples is not None
    np.testing.assert_allclose(samples.std(0), STD, rtol=0.06)
    a = np.mean(samples[:, 1:] * samples[:, :-1]) / np.mean(samples**2)
    assert a == pytest.approx(np.exp(-0.01 / CORRELATION_S), abs=0.01)
    assert prior_samples(posterior_of_noise().drop_vars("inferred_input_prior_std"), 5) is None


def test_noise_is_named_by_its_variance_and_by_its_divergence():
    posterior = posterior_of_noise((1.0, 0.2, 1.0))
    assert [bool(reason) for reason in noise_reasons(posterior)] == [False, True, False]
    null = InputNull((3.0, 9.0, 9.0), (3.1, 2.0, 2.0))
    reasons = noise_reasons(posterior, null)
    assert [bool(reason) for reason in reasons] == [True, False, False]  # shuffling decides
    figure = plot_inferred_inputs(posterior, null=null)
    written = [" ".join(t.get_text().split()) for axes in figure.axes for t in axes.texts]
    assert written == [
        f"no more than noise on single trials: {reason}" for reason in reasons if reason
    ]
    said = captions.inferred_inputs(posterior, conditions_of(posterior), null)
    assert f"Input 0 is no more than noise on single trials: {reasons[0]}" in said
    with pytest.raises(UserError, match="two divergences for each of 3 inferred inputs; got 1"):
        noise_reasons(posterior, InputNull((1.0,), (1.0, 2.0, 3.0)))


def test_trials_are_sorted_by_an_event_that_is_marked():
    event = np.random.default_rng(1).uniform(0.1, 0.4, NUM_TRIALS)
    event[3] = np.nan
    posterior = posterior_of_noise(reaction_time=("trial", event))
    figure = plot_inferred_inputs(posterior, sort_by="reaction_time")
    order = np.argsort(event)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xdata(), event[order])
    drawn = posterior["inferred_inputs"].to_numpy()[order, :, 0]
    np.testing.assert_allclose(images_of(figure)[0], drawn)
    with pytest.raises(UserError, match="got `reaction`; there are trial_index, reaction_time"):
        plot_inferred_inputs(posterior, sort_by="reaction")


def test_conditions_are_blocks_with_their_names_and_the_session_orders_the_rest():
    condition = np.array(["b", "a10", "a2"])[np.arange(NUM_TRIALS) % 3]
    posterior = posterior_of_noise(condition=("trial", condition))
    figure = plot_inferred_inputs(posterior)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a2", "a10", "b"]
    assert list(axes.yaxis.get_minorticklocs()) == [0, 40, 80, 120]
    index = posterior["trial_index"].to_numpy()
    order = np.lexsort((index, np.array([{"a2": 0, "a10": 1, "b": 2}[c] for c in condition])))
    drawn = posterior["inferred_inputs"].to_numpy()[order, :, 0]
    np.testing.assert_allclose(images_of(figure)[0], drawn)


def test_bands_are_standard_errors():
    posterior = posterior_of_noise()
    values = posterior["inferred_inputs"].to_numpy()[..., 0]
    band: Any = plot_inferred_inputs(posterior).axes[2].collections[0]
    heights = band.get_paths()[0].vertices[1 : NUM_BINS + 1, 1]
    error = values.std(0, ddof=1) / np.sqrt(NUM_TRIALS)
    np.testing.assert_allclose(heights, values.mean(0) - error, rtol=1e-6, atol=1e-9)


def test_strength_of_noise_is_flat_and_that_of_an_event_is_not():
    """Correlated noise wanders in each trial; over trials its strength is the prior's in every bin."""
    posterior = posterior_of_noise((1.0, 1.0))
    noise = plot_input_strength(posterior).axes[0]
    time_s, course = map(np.asarray, noise.lines[0].get_data())
    assert noise.get_ylim()[0] == 0
    assert np.ptp(course) < 0.3 * STD
    assert len(time_s) == NUM_BINS
    np.testing.assert_allclose(np.asarray(noise.lines[1].get_ydata()), STD)  # of the prior
    band: Any = noise.collections[0]
    ends = band.get_paths()[0].vertices[:, 1].reshape(-1)
    low, high = ends[1 : NUM_BINS + 1], ends[NUM_BINS + 2 : -1][::-1]
    low, high = np.minimum(low, high), np.maximum(low, high)
    assert np.mean((low <= STD) & (high >= STD)) > 0.8
    inputs = posterior["inferred_inputs"].to_numpy().copy()
    inputs[:, 20:25] *= 4
    event = plot_input_strength(posterior.assign(inferred_inputs=(noise_dims(), inputs))).axes[1]
    course = np.asarray(event.lines[0].get_ydata())
    assert course[20:25].min() > 2.5 * np.delete(course, range(20, 25)).max() / 1.3


def noise_dims() -> tuple[str, ...]:
    return ("trial", "time", "input")


def test_strength_of_samples_adds_their_spread_and_bins_behind_a_trial_are_left_out():
    posterior = posterior_of_noise()
    inputs = posterior["inferred_inputs"].to_numpy().copy()
    inputs[::2, 40:] = np.nan
    spread = np.full_like(inputs, 0.3)
    posterior = posterior.assign(
        inferred_inputs=(noise_dims(), inputs), inferred_inputs_std=(noise_dims(), spread)
    )
    lines = plot_input_strength(posterior).axes[0].lines
    means, samples = (np.asarray(line.get_ydata()) for line in lines[:2])
    np.testing.assert_allclose(means, np.sqrt(np.nanmean(inputs[..., 0] ** 2, axis=0)))
    np.testing.assert_allclose(samples, np.hypot(means, 0.3))
    with pytest.raises(UserError, match="no `inferred_inputs`"):
        plot_input_strength(posterior.drop_vars("inferred_inputs"))
