"""What every baseline keeps, ours and those of packages that are installed beside us."""

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr
from tests.baselines.recordings import difficult, noise

from lfads.baselines.baseline import Baseline, FittedBaseline, Stored, choices_of
from lfads.evaluation.scores import score_dataset
from lfads.parts import parts

NAMES = sorted(parts("baselines"))
DATA = difficult()
SMALLER = {name: {"num_latents": (1, 3), "most_rounds": 20} for name in ("gpfa", "vlgp")}
SMALLER |= {"pflds": {"num_latents": 2, "most_epochs": 3}}
"""Choices of methods that take long with their defaults."""


@pytest.fixture(scope="module", params=NAMES)
def baseline(request) -> Baseline:
    return parts("baselines")[request.param].load()(**SMALLER.get(request.param, {}))


@pytest.fixture(scope="module")
def fitted(baseline) -> dict[str, FittedBaseline]:
    return {case: baseline.fit(dataset) for case, dataset in DATA.items()}


def test_it_has_the_form_of_one(baseline, fitted):
    assert isinstance(baseline, Baseline)
    assert isinstance(fitted["plain"], FittedBaseline)
    assert type(baseline).__doc__
    json.dumps(choices_of(baseline))
    assert all(len(row) == 2 for row in fitted["plain"].choices_made())


@pytest.mark.parametrize("case", DATA)
def test_rates_are_labelled_and_padding_is_nan(fitted, case):
    dataset = DATA[case]
    posterior = fitted[case].infer(dataset)
    for session in dataset.sessions:
        found = posterior.sessions[session.name]
        assert found["rates"].dims == ("trial", "time", "neuron")
        assert found["rates"].attrs["units"] == "spikes/s"
        assert found.attrs["observation"]
        within = np.broadcast_to(session.valid_bins()[:, :, None], found["rates"].shape)
        assert np.isnan(found["rates"].values[~within]).all()
        assert (found["rates"].values[within] >= 0).all()
        np.testing.assert_array_equal(found["held_out"], session.held_out_neurons)
    scores = score_dataset(dataset, posterior.sessions)
    assert all(np.isfinite(each.nll_per_sample) for each in scores.splits.values())


def test_what_is_stored_opens_to_the_same_numbers(baseline, fitted):
    for case, dataset in DATA.items():
        stored = fitted[case].to_arrays()
        assert not any(array.dtype.hasobject for array in stored.arrays.values())
        again = baseline.from_arrays(Stored(stored.arrays, json.loads(json.dumps(stored.about))))
        one, other = fitted[case].infer(dataset), again.infer(dataset)
        for name in one.sessions:
            xr.testing.assert_identical(one.sessions[name], other.sessions[name])


def test_a_trial_gives_the_same_numbers_alone(fitted):
    dataset = DATA["plain"]
    some = dataclasses.replace(dataset, sessions=(dataset.session.take(np.arange(5)),))
    whole, part = (fitted["plain"].infer(d).rates for d in (dataset, some))
    np.testing.assert_allclose(part, whole[:5], rtol=1e-5)


def test_what_is_held_out_forward_or_missing_is_not_seen(fitted):
    for case, change in {
        "held-out neurons": (slice(None), slice(None), [1, 5]),
        "forward bins": (slice(None), slice(25, None)),
    }.items():
        dataset = DATA[case]
        spikes = dataset.session.spikes.copy()
        spikes[change] = 9
        session = dataclasses.replace(dataset.session, values=spikes)
        other = dataclasses.replace(dataset, sessions=(session,))
        one, two = fitted[case].infer(dataset), fitted[case].infer(other)
        np.testing.assert_array_equal(one.rates, two.rates)
    dataset = DATA["missing samples"]
    assert dataset.session.observed is not None
    spikes = np.where(dataset.session.observed, dataset.session.spikes, 7).astype(np.uint8)
    session = dataclasses.replace(dataset.session, values=spikes)
    other = dataclasses.replace(dataset, sessions=(session,))
    one, two = (fitted["missing samples"].infer(d) for d in (dataset, other))
    np.testing.assert_array_equal(one.rates, two.rates)


def test_noise_gives_no_bits(baseline):
    dataset = noise(80)
    scores = score_dataset(dataset, baseline.fit(dataset).infer(dataset).sessions)
    assert (scores.splits["test"].bits_per_spike or 0.0) < 0.002
