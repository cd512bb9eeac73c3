"""Smoothing: nobody predicts himself, choices, forward bins, and messages."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.baselines.recordings import driven, noise

from lfads.baselines.smoothing import Smoothing
from lfads.baselines.smoothing_design import scale_of
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.evaluation.scores import score_dataset

FEW: dict[str, Any] = {"widths_s": (0.05, 0.1), "penalties": (100.0, 10.0)}


@pytest.mark.parametrize("num_components", [None, 3])
def test_a_neuron_is_predicted_from_the_others_alone(num_components):
    dataset = driven()
    fitted = Smoothing(**FEW, num_components=num_components).fit(dataset)
    spikes = dataset.session.spikes.copy()
    spikes[:, :, 2] = np.random.default_rng(1).poisson(3, spikes.shape[:2])
    session = dataclasses.replace(dataset.session, values=spikes)
    one = fitted.infer(dataset).rates
    other = fitted.infer(dataclasses.replace(dataset, sessions=(session,))).rates
    np.testing.assert_allclose(one[:, :, 2], other[:, :, 2], rtol=1e-4)
    assert np.abs(one - other)[:, :, 3].max() > 0.1


def test_bursts_of_single_neurons_cannot_be_copied():
    rng = np.random.default_rng(0)
    counts = np.repeat(
        rng.poisson(0.3, (60, 10, 6)), 3, axis=1
    )  # bins of a neuron alike, neurons not
    dataset = Dataset.from_arrays(counts, bin_width_s=0.02, split=["train", "valid", "test"] * 20)
    found = score_dataset(dataset, Smoothing().fit(dataset).infer(dataset).sessions)
    assert (found.splits["test"].bits_per_spike or 0.0) < 0.005


def test_what_neurons_share_gives_bits():
    dataset = driven(80)
    found = score_dataset(dataset, Smoothing().fit(dataset).infer(dataset).sessions)
    assert (found.splits["test"].bits_per_spike or 0.0) > 0.1


def test_all_components_are_all_neurons():
    rows = np.random.default_rng(0).normal(size=(50, 4))
    whole = scale_of(rows, None)
    np.testing.assert_array_equal(whole.axes, np.eye(4))
    some = scale_of(rows, 2)
    np.testing.assert_allclose(some.axes.T @ some.axes, np.eye(2), atol=1e-12)


def test_forward_bins_hold_the_last_encoded_one():
    dataset = driven(num_forward_bins=5)
    rates = Smoothing(**FEW).fit(dataset).infer(dataset).rates
    for ahead in range(25, 30):
        np.testing.assert_array_equal(rates[:, ahead], rates[:, 24])


def test_a_gap_that_no_kernel_reaches_has_the_mean():
    seen = np.ones((40, 30, 8), bool)
    seen[0] = False
    dataset = driven(observed=seen, spikes=driven().session.spikes * seen)
    fitted = Smoothing(**FEW).fit(dataset)
    rates = fitted.infer(dataset).rates
    (fit,) = fitted.sessions.values()
    np.testing.assert_allclose(rates[0, 0], np.exp(fit.weights[0]) / 0.02, rtol=1e-5)


def test_choices_are_those_with_the_most_bits_on_validation_trials():
    fitted = Smoothing(widths_s=(0.001, 0.06, 5.0)).fit(driven(80))
    (fit,) = fitted.sessions.values()
    assert fit.width_s == 0.06
    assert fit.bits_per_spike == max(fit.by_width_s.values())
    assert fit.scored == "validation trials, all neurons"
    assert ("width", "60 ms") in fitted.choices_made()


def test_without_validation_trials_training_trials_are_held_back():
    fitted = Smoothing(**FEW).fit(driven(split=["train"] * 30 + ["test"] * 10))
    (fit,) = fitted.sessions.values()
    assert fit.scored == "every fifth training trial, all neurons"
    with pytest.warns(UserWarning, match="choices are scored on the training trials"):
        Smoothing(**FEW).fit(driven(split=["train"] * 3 + ["test"] * 37))


def test_held_out_neurons_are_what_is_scored():
    (fit,) = Smoothing(**FEW).fit(driven(held_out_neurons=[0])).sessions.values()
    assert fit.scored == "validation trials, held-out neurons"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"widths_s": ()}, "`widths_s=` must be numbers above 0, at least one"),
        ({"widths_s": (-0.1,)}, "`widths_s=` must be numbers above 0"),
        ({"penalties": (0.0,)}, "`penalties=` must be numbers above 0"),
        ({"features": ("rates",)}, "no feature `rates`. Did you mean `rate`?"),
        ({"features": ()}, "`features=` must name at least one"),
        ({"num_components": 0}, "`num_components=` must be a whole number above 0, or None"),
    ],
)
def test_choices_that_cannot_be(given, said):
    with pytest.raises(UserError) as error:
        Smoothing(**given)
    assert said in str(error.value)


def test_data_that_cannot_be_fitted():
    with pytest.raises(UserError, match="predicts each neuron from the others"):
        Smoothing(**FEW).fit(noise(num_neurons=1))
    nothing = driven(split=["test"] * 40, for_inference=True)
    with pytest.raises(UserError, match="no training trials to fit to"):
        Smoothing(**FEW).fit(nothing)


def test_arrays_of_another_layout():
    stored = Smoothing(**FEW).fit(driven()).to_arrays()
    with pytest.raises(UserError, match="have layout 9, and this version reads 1"):
        Smoothing().from_arrays(stored._replace(about={**stored.about, "layout": 9}))
