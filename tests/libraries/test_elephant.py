"""GPFA beside elephant's own on the same spikes; `make test-oracles` runs these."""

import numpy as np
import pytest

from lfads.baselines.gaussian_process import Model, posterior
from lfads.baselines.gpfa_fit import fit
from lfads.numerics.threads import one_thread
from lfads.simulate.lorenz import simulate_lorenz

gpfa = pytest.importorskip("elephant.gpfa")
neo = pytest.importorskip("neo")
pq = pytest.importorskip("quantities")

NUM_BINS, NUM_LATENTS, WIDTH_MS = 20, 3, 20.0  # elephant cuts longer trials to 20 bins
MOST_ROUNDS = 200  # of both, from the same start: what is left to gain is about as much
LOWER = 3e-4
"""Share of what elephant gains over independent neurons, by which our log-likelihood may be lower."""

TAU = 0.05
"""By which time constants may differ, relatively."""

pytestmark = pytest.mark.filterwarnings("ignore")  # of elephant and what it imports


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    dataset = simulate_lorenz(
        0, num_conditions=30, trials_per_condition=4, num_bins=NUM_BINS, bin_width_s=WIDTH_MS / 1e3,
        base_rate_hz=15.0,
    )  # fmt: skip
    return dataset.session.spikes.astype(np.float64)


def trains(counts: np.ndarray) -> list:
    """Spike trains of the counts: all spikes of a bin at its centre."""
    centres = (np.arange(NUM_BINS) + 0.5) * WIDTH_MS
    return [
        [
            neo.SpikeTrain(
                np.repeat(centres, of.astype(int)) * pq.ms, t_stop=NUM_BINS * WIDTH_MS * pq.ms
            )
            for of in trial.T
        ]
        for trial in counts
    ]


@pytest.fixture(scope="module")
def elephants(counts):
    found = gpfa.GPFA(bin_size=WIDTH_MS * pq.ms, x_dim=NUM_LATENTS, em_max_iters=MOST_ROUNDS)
    return found.fit(trains(counts[::2]))


@pytest.fixture(scope="module")
def theirs(elephants) -> Model:
    given = elephants.params_estimated
    return Model(given["C"], given["d"], np.diag(given["R"]), given["gamma"] ** -0.5)


@pytest.fixture(scope="module")
def ours(counts) -> Model:
    values, length = np.sqrt(counts[::2]), np.full(len(counts[::2]), NUM_BINS)
    with one_thread():
        return fit(
            values, np.ones(values.shape, bool), length, NUM_LATENTS, 5.0, most_rounds=MOST_ROUNDS,
            converged=1e-8,
        ).model  # fmt: skip


def of(model: Model, counts: np.ndarray):
    return posterior(model, np.sqrt(counts), np.ones(counts.shape[1:], bool))


def r2(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of one's latents after a linear map from the other's, held-out trials."""
    one, other = (values.reshape(-1, NUM_LATENTS) for values in (one, other))
    left = one - other @ np.linalg.lstsq(other, one, rcond=None)[0]
    return 1 - (left**2).sum(0) / ((one - one.mean(0)) ** 2).sum(0)


def test_the_same_model_has_the_same_likelihood_and_latents(counts, elephants, theirs):
    held_out = counts[1::2]
    latents = elephants.transform(trains(held_out), returned_data=["latent_variable"])
    found = of(theirs, held_out)
    np.testing.assert_allclose(
        found.mean, np.stack([one.T for one in latents]), rtol=1e-6, atol=1e-6
    )
    assert found.log_likelihood == pytest.approx(elephants.transform_info["log_likelihood"])


def test_what_is_fitted_is_as_likely_and_tells_the_same(counts, ours, theirs):
    train, held_out = counts[::2], counts[1::2]
    own, other = (of(model, train).log_likelihood for model in (ours, theirs))
    values = np.sqrt(train)
    alone = Model(
        np.zeros_like(ours.loadings), values.mean((0, 1)), values.var((0, 1)), ours.tau_bins
    )
    gain = other - of(alone, train).log_likelihood
    assert own - other > -LOWER * gain
    one, two = of(ours, held_out).mean, of(theirs, held_out).mean
    assert min(r2(one, two).min(), r2(two, one).min()) > 0.98
    np.testing.assert_allclose(np.sort(ours.tau_bins), np.sort(theirs.tau_bins), rtol=TAU)
