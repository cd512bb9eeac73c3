"""Deconvolution of calcium: exact against a slow minimum, and right on simulated traces."""

import numpy as np
import pytest
from scipy import optimize

from lfads.checks import UserError
from lfads.numerics.deconvolution import calcium_of, decay_of, deconvolve, events_of_pools, noise_of


def simulated(num_frames: int = 3000, decay: float = 0.9, noise: float = 0.15, seed: int = 0):
    rng = np.random.default_rng(seed)
    events = (rng.random(num_frames) < 0.04) * (0.5 + rng.gamma(2.0, 0.5, num_frames))
    return events, 0.7 + calcium_of(events, decay) + noise * rng.standard_normal(num_frames)


@pytest.mark.parametrize("penalty", [0.0, 0.05, 0.4])
def test_pools_are_the_minimum(penalty):
    trace = simulated(40)[1] - 0.7
    kernel = 0.9 ** np.maximum(np.subtract.outer(np.arange(40), np.arange(40)), 0)
    kernel = np.tril(kernel)

    def cost(events):
        left = trace - kernel @ events
        return 0.5 * (left**2).sum() + penalty * events.sum(), penalty - kernel.T @ left

    slow = optimize.minimize(
        cost, np.zeros(40), jac=True, method="L-BFGS-B", bounds=[(0, None)] * 40,
        options={"maxiter": 5000, "ftol": 1e-14, "gtol": 1e-9},
    )  # fmt: skip
    mine = events_of_pools(trace.copy(), 0.9, penalty)
    assert (mine >= 0).all()
    assert cost(mine)[0] == pytest.approx(slow.fun, abs=1e-6)
    np.testing.assert_allclose(mine, slow.x, atol=1e-3)


def test_decay_and_noise_are_found():
    _, trace = simulated(20_000)
    assert decay_of(trace) == pytest.approx(0.9, abs=0.02)
    assert noise_of(trace, decay_of(trace)) == pytest.approx(0.15, rel=0.15)


def test_events_are_found_where_they_were():
    events, trace = simulated()
    found = deconvolve(trace)
    smooth = np.ones(3)
    r = np.corrcoef(np.convolve(events[1:], smooth), np.convolve(found.events[1:], smooth))[0, 1]
    assert r > 0.9
    assert found.baseline == pytest.approx(0.7, abs=0.1)
    assert (found.events[1:] > 0).mean() < 0.2


def test_what_is_left_has_the_variance_of_the_noise():
    """However slow the decay, as long as traces come down to their baseline: a few rounds reach it."""
    for decay, rate in ((0.8, 0.05), (0.9, 0.05), (0.95, 0.03), (0.98, 0.01)):
        rng = np.random.default_rng(0)
        events = (rng.random(5000) < rate) * rng.gamma(4.0, 0.25, 5000)
        trace = 0.3 + calcium_of(events, decay) + 0.1 * rng.standard_normal(5000)
        found = deconvolve(trace, decay)
        given = found.events.copy()
        given[0] = max(trace[0] - found.baseline, 0)
        left = trace - found.baseline - calcium_of(given, decay)
        assert left[50:].std() == pytest.approx(found.noise_std, rel=0.05)
        assert np.corrcoef(found.events[1:], events[1:])[0, 1] > 0.95


def test_the_baseline_of_a_busy_trace_stays_within_it():
    """Slow changes of the rate look like a slower decay: no baseline far below, with events everywhere."""
    rng = np.random.default_rng(0)
    rate = 0.25 * (1 + np.sin(np.arange(9000) / 40.0))
    events = rng.poisson(rate).astype(float)
    trace = calcium_of(events, 0.9) + 0.3 * rng.standard_normal(9000)
    found = deconvolve(trace)
    assert np.quantile(trace, 0.02) <= found.baseline < np.quantile(trace, 0.3)
    assert (found.events > 0).mean() < 0.5
    assert np.corrcoef(events[1:], found.events[1:])[0, 1] > 0.6
    known = deconvolve(trace, 0.9)
    assert np.corrcoef(events[1:], known.events[1:])[0, 1] > 0.7


def test_a_gap_is_no_event():
    events, trace = simulated(600)
    trace[200:260] = np.nan
    found = deconvolve(trace, 0.9).events
    assert np.isnan(found[[0, *range(200, 261)]]).all()
    assert np.isfinite(found[1:200]).all()
    assert np.isfinite(found[261:]).all()
    assert np.corrcoef(events[261:], found[261:])[0, 1] > 0.7


@pytest.mark.parametrize("decay", [None, 0.95])
def test_a_neuron_of_every_third_frame(decay):
    """Its events hold those of three frames."""
    events, trace = simulated(9000, decay=0.95)
    seen = np.where(np.arange(9000) % 3 == 2, trace, np.nan)
    found = deconvolve(seen, decay)
    assert found.decay == pytest.approx(0.95, abs=0.02)
    assert found.noise_std == pytest.approx(0.15, rel=0.2)
    assert (np.isfinite(found.events[3:]) == (np.arange(3, 9000) % 3 == 2)).all()
    held = (events.reshape(-1, 3) * 0.95 ** np.arange(2, -1, -1)).sum(1)
    assert np.corrcoef(held[1:], found.events[5::3])[0, 1] > 0.9
    assert (found.events[5::3] > 0).mean() < 0.4


def test_dropped_frames_are_no_events():
    events, trace = simulated(6000)
    dropped = np.random.default_rng(1).random(6000) < 0.1
    found = deconvolve(np.where(dropped, np.nan, trace))
    known = np.isfinite(found.events)
    assert known.mean() > 0.75
    assert np.corrcoef(events[known], found.events[known])[0, 1] > 0.9


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [0.0, 0.05, 0.2])
def test_the_noise_is_found_where_frames_are_missing(seed, dropped):
    _, trace = simulated(6000, decay=0.95, noise=0.1, seed=seed)
    missing = np.random.default_rng(100 + seed).random(6000) < dropped
    found = deconvolve(np.where(missing, np.nan, trace))
    assert found.noise_std == pytest.approx(0.1, rel=0.5)
    assert np.nanmean(found.events > 0) < 0.45


@pytest.mark.parametrize("given", [0.8, 0.9, 0.93, 0.97])
def test_a_decay_that_is_not_that_of_the_trace_finds_no_events_everywhere(given):
    events, trace = simulated(6000, decay=0.95, noise=0.1)
    found = deconvolve(trace, given)
    assert found.noise_std == pytest.approx(0.1, rel=0.35)
    assert (found.events > 0).mean() < 0.65
    assert np.corrcoef(events[1:], found.events[1:])[0, 1] > 0.7


def test_an_infinite_frame_is_a_missing_one():
    _, trace = simulated(1000)
    trace[500] = np.inf
    with_gap = np.where(np.isfinite(trace), trace, np.nan)
    np.testing.assert_array_equal(deconvolve(trace).events, deconvolve(with_gap).events)


def test_too_few_frames_say_nothing():
    assert np.isnan(deconvolve(np.arange(9.0)).events).all()


def test_nothing_is_found_in_what_never_changes():
    assert (deconvolve(np.full(50, 2.0)).events == 0).all()


def test_a_decay_beyond_its_range():
    with pytest.raises(UserError, match=r"between 0 and 1; got 1\.5"):
        deconvolve(np.zeros(50), 1.5)
