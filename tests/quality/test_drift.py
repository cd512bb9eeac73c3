"""Change over the session."""

import numpy as np
from tests.quality.planted import WIDTH_S, poisson, session_of

from lfads.quality.drift import drift_of
from lfads.quality.measures import firing_of


def test_drift_and_loss_are_found():
    rng = np.random.default_rng(0)
    rate = np.full((200, 8), 0.2)
    rate[:, 3] = np.linspace(0.05, 0.4, 200)
    rate[150:, 5] = 0
    session = session_of(rng.poisson(rate[:, None, :], (200, 40, 8)))
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert set(drift.drifting.tolist()) == {3, 5}
    assert np.flatnonzero(drift.lost).tolist() == [5]
    assert drift.num_blocks == 10
    assert drift.rates_hz[0, 3] < 12 < 30 < drift.rates_hz[-1, 3]
    assert not drift.population_drifts


def test_drift_follows_the_order_of_the_source():
    rng = np.random.default_rng(0)
    rate = np.linspace(0.05, 0.4, 100)[:, None, None]
    counts = rng.poisson(rate, (100, 40, 4))
    order = rng.permutation(100)
    session = session_of(counts[order], trial_index=order)
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert drift.population_drifts
    assert (np.diff(drift.rates_hz, axis=0) > 0).mean() > 0.8


def test_conditions_in_an_uneven_order_are_no_drift():
    rng = np.random.default_rng(0)
    condition = (rng.random(200) < np.linspace(0.1, 0.9, 200)).astype(int)
    counts = rng.poisson(np.where(condition, 0.4, 0.1)[:, None, None], (200, 40, 5))
    session = session_of(counts, condition=condition)
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert drift.drifting.size == 0
    assert not drift.population_drifts


def test_steady_neurons_do_not_drift():
    session = session_of(poisson(200, 40, 60, rate=0.05))
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert drift.drifting.size == 0
    assert not drift.lost.any()


def test_few_trials_tell_no_drift():
    session = session_of(poisson(19))
    assert drift_of(session, firing_of(session, WIDTH_S)) is None
