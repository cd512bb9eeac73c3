"""vLGP: its bound and steps against slow computations."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from tests.baselines.recordings import driven

from lfads.baselines.vlgp import VLGP
from lfads.baselines.vlgp_fit import (
    RANK_TOLERANCE,
    Model,
    expected,
    fit,
    infer,
    low_rank,
)

NUM_TRIALS, NUM_BINS, NUM_NEURONS = 3, 12, 6
TAU = np.array([2.0, 4.0])


def data(seed=0):
    rng = np.random.default_rng(seed)
    own = Model(rng.normal(size=(NUM_NEURONS, 2)), rng.normal(-0.5, 0.3, NUM_NEURONS), TAU)
    counts = rng.poisson(0.8, (NUM_TRIALS, NUM_BINS, NUM_NEURONS)).astype(float)
    known = rng.random(counts.shape) < 0.8
    return own, np.where(known, counts, 0.0), known


def test_the_low_rank_misses_as_little_as_it_says():
    basis = low_rank(50, 5.0)
    apart = np.subtract.outer(np.arange(50), np.arange(50))
    whole = np.exp(-(apart**2) / 50.0)
    assert basis.shape[1] < 25
    assert np.trace(whole - basis @ basis.T) / 50 < RANK_TOLERANCE


def test_what_is_inferred_is_where_the_bound_is_flat():
    """The bound of one trial, written out over means and covariances of the low-rank weights."""
    own, counts, known = data()
    found = infer(counts, known, own)
    bases = [low_rank(NUM_BINS, tau) for tau in TAU]

    def bound(weights: np.ndarray, trial: int) -> float:
        parts = np.split(weights, [bases[0].shape[1]])
        mean = np.stack([basis @ part for basis, part in zip(bases, parts, strict=True)], axis=1)
        spread = found.variance[trial]
        linear = mean @ own.loadings.T + own.log_rates
        rates = np.exp(linear + 0.5 * spread @ (own.loadings**2).T)
        fits = (known[trial] * (counts[trial] * linear - rates)).sum()
        return fits - 0.5 * (weights**2).sum()

    for trial in range(NUM_TRIALS):
        at = np.concatenate([weights[trial] for weights in found.weights])
        slope = np.asarray(approx_fprime(at, lambda w, trial=trial: bound(w, trial), 1e-6))
        assert np.abs(slope).max() < 0.02
    # V = (K⁻¹ + diag(α² λ))⁻¹ of each latent, written out over bins.
    rates = known * expected(own, found)
    for latent, basis in enumerate(bases):
        kernel = basis @ basis.T + 1e-9 * np.eye(NUM_BINS)
        weight = rates[0] @ own.loadings[:, latent] ** 2
        slow = np.linalg.inv(np.linalg.inv(kernel) + np.diag(weight))
        np.testing.assert_allclose(
            found.variance[0, :, latent], np.diag(slow), rtol=0.05, atol=1e-3
        )


def test_the_divergence_is_that_of_gaussians():
    own, counts, known = data(1)
    found = infer(counts, known, own)
    basis = low_rank(NUM_BINS, TAU[0])
    rates = known * expected(own, found)
    precision = (
        np.eye(basis.shape[1]) + basis.T @ np.diag(rates[0] @ own.loadings[:, 0] ** 2) @ basis
    )
    covariance = np.linalg.inv(precision)
    mean = found.weights[0][0]
    slow = np.trace(covariance) + mean @ mean - len(mean) + np.linalg.slogdet(precision)[1]
    assert found.divergence[0, 0] == pytest.approx(0.5 * slow, rel=0.02)


def test_rounds_raise_the_bound():
    dataset = driven(40)
    counts = dataset.session.spikes.astype(float)
    found = fit(counts, np.ones(counts.shape, bool), 2, 5.0, most_rounds=12)
    gained = found.bounds[-1] - found.bounds[0]
    # New time constants change the bases, which may cost a little.
    assert gained > 0
    assert np.diff(found.bounds).min() > -0.01 * gained


def test_a_drive_is_found():
    dataset = driven(60)
    fitted = VLGP(num_latents=(1, 2, 3), most_rounds=20).fit(dataset)
    assert dict(fitted.choices_made())["latents"] in ("1", "2")
    found = fitted.infer(dataset)
    assert found.factors.dims == ("trial", "time", "factor")
    assert (found.dataset["factors_std"].values >= 0).all()
