"""Averages by condition: spikes and rates through one filter, of the same samples."""

import dataclasses

import numpy as np
import pytest
from tests.plots.posteriors import inferred, lorenz

from lfads.plots import captions
from lfads.plots.averages import averaged_trials
from lfads.plots.conditions import conditions_of
from lfads.plots.psths import plot_psths

DATASET = lorenz(2, 200, num_neurons=6)
SESSION = DATASET.session
CONDITION = np.asarray(SESSION.condition)
BURST_HZ, ONSET = 300.0, 20


def with_bursts():
    """Half of the neurons fire in one bin, in truth; the inferred rates say exactly that."""
    rates = np.full(SESSION.values.shape, 4.0)
    rates[:, ONSET, :3] = BURST_HZ
    rates[:, :, 3:] *= 1 + 0.5 * np.sin(np.arange(60) / 9 + CONDITION[:, None])[..., None]
    counts = np.random.default_rng(0).poisson(0.01 * rates).astype(SESSION.values.dtype)
    session = dataclasses.replace(SESSION, values=counts, true_rates_hz=rates)
    return session, inferred(session, DATASET).assign(rates=(("trial", "time", "neuron"), rates))


def lines_of(figure, place: int) -> np.ndarray:
    return np.array([line.get_ydata() for line in figure.axes[place].lines])


@pytest.mark.parametrize("smoothing_s", [0.0, 0.03])
def test_a_burst_of_one_bin_is_as_high_in_both_rows(smoothing_s):
    session, posterior = with_bursts()
    figure = plot_psths(posterior, session, num_neurons=6, smoothing_s=smoothing_s)
    for neuron in range(3):
        recorded, rates = lines_of(figure, neuron), lines_of(figure, 6 + neuron)
        assert recorded.argmax(1).tolist() == rates.argmax(1).tolist() == [ONSET] * len(rates)
        np.testing.assert_allclose(recorded.max(1), rates.max(1), rtol=0.3)
        assert float(figure.axes[6 + neuron].get_title("left").removeprefix("r² = ")) > 0.95
    if smoothing_s == 0:
        np.testing.assert_allclose(lines_of(figure, 6).max(1), BURST_HZ)


def test_both_rows_average_the_same_samples():
    """Rates that equal what was recorded have the averages of what was recorded, bin by bin."""
    observed = np.random.default_rng(1).random(SESSION.values.shape) < 0.7
    length = np.where(np.arange(SESSION.num_trials) % 3 == 0, 35, 60)
    session = dataclasses.replace(SESSION, observed=observed, trial_length=length)
    within = session.valid_bins()[:, :, None]
    rates = np.where(within, np.where(observed, SESSION.values / 0.01, 1e6), np.nan)
    posterior = inferred(session, DATASET).assign(rates=(("trial", "time", "neuron"), rates))
    figure = plot_psths(posterior, session, num_neurons=2)
    for place in range(2):
        np.testing.assert_allclose(lines_of(figure, place), lines_of(figure, 2 + place), rtol=1e-6)


@pytest.mark.parametrize(("unseen", "chosen"), [(5, True), (4, False)])
def test_trials_that_were_not_trained_on_are_averaged_where_they_are_enough(unseen, chosen):
    split = np.full(SESSION.num_trials, "train")
    for condition, number in enumerate((40, unseen)):
        split[np.flatnonzero(condition == CONDITION)[:number]] = "valid"
    session = dataclasses.replace(SESSION, split=split)
    posterior = inferred(session, DATASET)
    conditions = conditions_of(posterior)
    found = averaged_trials(posterior, conditions)
    assert found.untrained == chosen
    assert found.trials.sum() == (40 + unseen if chosen else SESSION.num_trials)
    assert ("not trained on" in captions.psths(conditions, posterior)) == chosen
    figure = plot_psths(posterior, session, num_neurons=6, smoothing_s=0.0)
    here = found.trials & (CONDITION == 1)
    expected = SESSION.values[here][:, :, 0].mean(0) / 0.01
    np.testing.assert_allclose(lines_of(figure, 0)[1], expected, rtol=1e-6)


def test_bins_that_few_trials_reach_are_not_drawn():
    length = np.where(np.arange(SESSION.num_trials) < 2, 60, 45)  # two long trials, of condition 0
    session = dataclasses.replace(SESSION, trial_length=length, split=np.full(400, "valid"))
    figure = plot_psths(inferred(session, DATASET), session, num_neurons=1)
    for place in range(2):
        assert np.isfinite(lines_of(figure, place)).sum(1).tolist() == [45, 45]
