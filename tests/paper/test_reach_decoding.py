"""Velocity of the hand from rates, at a lag that is found, and what is beyond conditions."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.numerics.regression import r_squared
from lfads.paper.reach_decoding import (
    decoded,
    velocity_from_rates,
    velocity_from_smoothed_spikes,
    velocity_from_spikes,
    velocity_scores,
)

LAG, BINS, WIDTH_S = 4, 40, 0.02


@pytest.fixture(scope="module")
def session():
    """Rates wander; velocity is linear in what they were four bins before."""
    rng = np.random.default_rng(0)
    condition = np.arange(60) // 5 % 3
    shared = rng.normal(size=(3, BINS + LAG, 6))[condition]
    rates = 30 + 3 * np.cumsum(shared + rng.normal(size=shared.shape), axis=1)
    rates = np.maximum(rates, 1.0)
    now, before = rates[:, LAG:], rates[:, :-LAG]
    return Dataset.from_arrays(
        rng.poisson(now * WIDTH_S),
        bin_width_s=WIDTH_S,
        condition=condition,
        split=np.where(np.arange(60) % 5 == 4, "valid", "train"),
        behavior={"hand_velocity": before @ rng.normal(size=(6, 2)) + 3},
        true_rates_hz=now,
    ).session


def results(session, rates):
    coordinates = {"trial_index": ("trial", session.trial_index)}
    values = {"rates": (("trial", "time", "neuron"), rates)}
    return xr.Dataset(values, coordinates, {"bin_width_s": WIDTH_S})


def test_lag_and_map_are_found(session):
    found = velocity_from_rates(session, results(session, session.true_rates_hz))
    assert found.lag_s == pytest.approx(LAG * WIDTH_S)
    true = session.behavior["hand_velocity"]
    assert r_squared(true[:, LAG:], found.velocity[:, LAG:]).min() > 0.99
    scores = velocity_scores(session, found.velocity)
    assert min(scores) > 0.95
    without = decoded(session, session.true_rates_hz, WIDTH_S, 0.0)
    assert without.lag_s == 0
    assert velocity_scores(session, without.velocity).r2 < scores.r2


def test_results_of_some_trials_in_any_order(session):
    some = np.random.default_rng(1).permutation(60)[:50]
    part = session.take(some)
    found = velocity_from_rates(session, results(part, part.true_rates_hz))
    assert found.velocity.shape == (50, BINS, 2)
    assert velocity_scores(part, found.velocity).r2 > 0.9


def test_validation_trials_choose_and_fit_nothing(session):
    valid = session.of_split("valid")
    other = np.where(valid[:, None, None], 7.0, session.behavior["hand_velocity"])
    changed = dataclasses.replace(session, behavior={"hand_velocity": other})
    one, two = (decoded(s, s.true_rates_hz, WIDTH_S, 0.1) for s in (session, changed))
    np.testing.assert_array_equal(one.velocity, two.velocity)


def test_floors_from_spikes(session):
    whole = velocity_scores(
        session, decoded(session, session.true_rates_hz, WIDTH_S, 0.15).velocity
    )
    for floor in (velocity_from_smoothed_spikes, velocity_from_spikes):
        scores = velocity_scores(session, floor(session, WIDTH_S).velocity)
        assert 0.3 < scores.r2 < whole.r2
        assert 0.2 < scores.residual_r < whole.residual_r


def test_residuals_in_plain_loops(session):
    valid = np.flatnonzero(session.of_split("valid"))
    true = session.behavior["hand_velocity"]
    found = true + np.random.default_rng(2).normal(size=true.shape) * true.std()
    pairs = []
    for trial in valid:
        alike = [k for k in valid if session.condition[k] == session.condition[trial]]
        for time in range(BINS):
            for axis in range(2):
                pairs.append([
                    v[trial, time, axis] - np.mean([v[k, time, axis] for k in alike])
                    for v in (true, found)
                ])  # fmt: skip
    expected = np.corrcoef(np.array(pairs).T)[0, 1]
    assert velocity_scores(session, found).residual_r == pytest.approx(expected, abs=1e-9)


def test_mistakes_are_named(session):
    valid = session.take(session.of_split("valid"))
    with pytest.raises(
        UserError, match="fitted on training trials, two or more; the results have 0"
    ):
        velocity_from_rates(session, results(valid, valid.true_rates_hz))
    bare = dataclasses.replace(session, behavior={}, condition=None)
    with pytest.raises(UserError, match="has no behaviour `hand_velocity`"):
        decoded(bare, bare.true_rates_hz, WIDTH_S, 0.0)
    with pytest.raises(UserError, match="are 12 such trials, and no conditions"):
        velocity_scores(bare, session.behavior["hand_velocity"])
