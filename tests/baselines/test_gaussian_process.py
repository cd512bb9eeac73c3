"""GPFA against the dense Gaussian that it stands for, and what learning it must do."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from tests.baselines.gaussians import log_density
from tests.baselines.recordings import driven, noise

from lfads.baselines.gaussian_process import Model, grouped, kernel, posterior
from lfads.baselines.gpfa import GPFA
from lfads.baselines.gpfa_fit import fit
from lfads.baselines.time_constants import cost_of_tau
from lfads.checks import UserError
from lfads.numerics.threads import one_thread

NUM_BINS, NUM_NEURONS = 7, 5
TAU = np.array([1.5, 4.0])


def model(seed=0) -> Model:
    rng = np.random.default_rng(seed)
    return Model(
        rng.normal(size=(NUM_NEURONS, 2)), rng.normal(size=NUM_NEURONS),
        rng.uniform(0.2, 1.0, NUM_NEURONS), TAU,
    )  # fmt: skip


def dense(own: Model, known: np.ndarray):
    """Covariance of all latents, and of all known samples with them, written out."""
    prior = np.zeros((NUM_BINS, 2, NUM_BINS, 2))
    for latent, tau in enumerate(TAU):
        apart = np.subtract.outer(np.arange(NUM_BINS), np.arange(NUM_BINS))
        smooth = 0.999 * np.exp(-(apart**2) / (2 * tau**2)) + 0.001 * np.eye(NUM_BINS)
        prior[:, latent, :, latent] = smooth
    prior = prior.reshape(2 * NUM_BINS, -1)
    readout = np.kron(np.eye(NUM_BINS), own.loadings)[known.ravel()]
    noise_ = np.tile(own.noise, NUM_BINS)[known.ravel()]
    return prior, readout, readout @ prior @ readout.T + np.diag(noise_)


@pytest.mark.parametrize("missing", [False, True])
def test_the_posterior_is_that_of_the_dense_gaussian(missing):
    own, rng = model(), np.random.default_rng(1)
    known = rng.random((NUM_BINS, NUM_NEURONS)) < 0.6 if missing else np.ones((7, 5), bool)
    values = rng.normal(size=(3, NUM_BINS, NUM_NEURONS))
    found = posterior(own, values, known)
    prior, readout, total = dense(own, known)
    gain = prior @ readout.T @ np.linalg.inv(total)
    left = (prior - gain @ readout @ prior).reshape(NUM_BINS, 2, NUM_BINS, 2)
    offset = np.tile(own.offset, NUM_BINS)[known.ravel()]
    log_likelihood = 0.0
    for trial, seen in enumerate(values.reshape(3, -1)[:, known.ravel()]):
        np.testing.assert_allclose(
            found.mean[trial], (gain @ (seen - offset)).reshape(NUM_BINS, 2), atol=1e-10
        )
        log_likelihood += log_density(offset, total, seen)
    bins = np.arange(NUM_BINS)
    np.testing.assert_allclose(found.of_bins, left[bins, :, bins], atol=1e-10)
    for latent in range(2):
        np.testing.assert_allclose(found.of_latents[latent], left[:, latent, :, latent], atol=1e-10)
    assert found.log_likelihood == pytest.approx(log_likelihood)


def test_the_slope_along_time_constants_is_that_of_the_cost():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(9, 9))
    seconds = [(root @ root.T, 4), (root[:5] @ root[:5].T, 2)]
    at = np.array([1.1])
    slope = approx_fprime(at, lambda log_tau: cost_of_tau(log_tau, seconds)[0], 1e-6)
    assert cost_of_tau(at, seconds)[1] == pytest.approx(slope, rel=1e-4)


def test_each_round_raises_the_likelihood_and_time_constants_are_found():
    own, rng = model(3), np.random.default_rng(2)
    latents = np.stack(
        [rng.multivariate_normal(np.zeros(40), k, 60) for k in kernel(40, np.array([2.0, 8.0]))],
        axis=-1,
    )
    values = latents @ own.loadings.T + own.offset
    values = values + np.sqrt(own.noise) * rng.normal(size=values.shape)
    patterns = rng.random((2, *values.shape[1:])) < 0.9
    with one_thread():
        found = fit(values, patterns[np.arange(60) % 2], np.full(60, 40), 2, 4.0, most_rounds=60)
    assert np.diff(found.log_likelihoods).min() > -1e-6
    # Loadings may turn within latents of unlike smoothness only a little.
    assert np.sort(found.model.tau_bins) == pytest.approx([2.0, 8.0], rel=0.25)


def test_trials_of_other_lengths_or_samples_are_apart():
    known = np.ones((4, 6, 2), bool)
    known[1, 3, 0] = False
    known[3, 4:] = False
    groups = list(grouped(known, np.array([6, 6, 6, 4])))
    assert sorted(alike.trials.tolist() for alike in groups) == [[0, 2], [1], [3]]
    assert {len(alike.known) for alike in groups} == {4, 6}


def test_the_number_of_latents_is_chosen():
    fitted = GPFA(num_latents=(1, 2, 3), most_rounds=30).fit(driven(60))
    rows = dict(fitted.choices_made())
    assert rows["latents"] in ("1", "2")  # one drive of any phase: a sine and a cosine
    nothing = GPFA(num_latents=(1, 2), most_rounds=30).fit(noise(80))
    assert dict(nothing.choices_made())["latents"] == "0"
    assert "factors" not in nothing.infer(noise(80)).dataset


def test_mistakes_are_named():
    with pytest.raises(
        UserError, match=r"`num_latents=` must be whole numbers above 0; got \(0, 2\)"
    ):
        GPFA(num_latents=(0, 2))
    with pytest.raises(UserError, match="`most_rounds=` must be a whole number above 0"):
        GPFA(most_rounds=0)
