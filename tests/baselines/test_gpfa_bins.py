"""GPFA on successive bins that are taken together, and its way back to the data's own bins."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import poisson
from tests.baselines.recordings import driven, noise, splits

from lfads.baselines.baseline import Stored
from lfads.baselines.gaussian_process import Model, posterior, predicted
from lfads.baselines.gpfa import GPFA, START_TAU_BINS
from lfads.baselines.gpfa_fit import fit
from lfads.baselines.latent_method import Trials
from lfads.baselines.roots import mean_of_root, root_of_mean, roots_of_some
from lfads.baselines.wider_bins import any_known, complete, groups_of
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.numerics.threads import one_thread

FEW = {"num_latents": 2, "most_rounds": 15}


def sparse(num_bins=31) -> Dataset:
    """A slow drive of counts of 0 and 1."""
    rng = np.random.default_rng(5)
    phase = rng.uniform(0, 2 * np.pi, (60, 1))
    drive = np.sin(2 * np.pi * np.arange(num_bins) / 30 + phase)[:, :, None]
    counts = rng.poisson(0.08 * np.exp(drive * np.linspace(-1.5, 1.5, 12)))
    return Dataset.from_arrays(counts, bin_width_s=0.01, split=splits(60))


def test_latents_at_other_times_are_those_of_the_dense_gaussian():
    rng = np.random.default_rng(1)
    times, others = np.array([0.4, 1.5, 2.5, 3.2]), np.arange(8) / 2
    own = Model(
        rng.normal(size=(5, 2)), rng.normal(size=5), rng.uniform(0.2, 1, 5), np.array([0.8, 3.0])
    )
    values, share = rng.normal(size=(3, 4, 5)), rng.choice([0.0, 0.5, 1.0], (4, 5))
    found = predicted(own, values, share, times, others)

    both = np.concatenate([times, others])
    apart = np.subtract.outer(both, both) / own.tau_bins[:, None, None]
    kernels = 0.999 * np.exp(-0.5 * apart**2) + 0.001 * np.eye(len(both))
    prior = np.zeros((12, 2, 12, 2))
    for latent in range(2):
        prior[:, latent, :, latent] = kernels[latent]
    seen = share > 0
    readout = np.zeros((4, 5, 12, 2))
    readout[np.arange(4), :, np.arange(4)] = own.loadings
    readout = readout[seen].reshape(-1, 24)
    prior = prior.reshape(24, 24)
    spread = (own.noise / np.where(seen, share, 1.0))[seen]
    gain = prior @ readout.T @ np.linalg.inv(readout @ prior @ readout.T + np.diag(spread))
    left = (prior - gain @ readout @ prior).reshape(12, 2, 12, 2)
    for trial in range(3):
        mean = (gain @ (values[trial] - own.offset)[seen]).reshape(12, 2)
        np.testing.assert_allclose(found.mean[trial], mean[4:], atol=1e-9)
    of_times = left[np.arange(4, 12), :, np.arange(4, 12)]
    np.testing.assert_allclose(found.of_times, of_times, atol=1e-9)


@pytest.mark.parametrize("mean", [0.02, 0.6, 4.0, 30.0])
def test_roots_of_a_part_are_those_of_the_whole_on_average(mean):
    share = 0.25
    counts = np.arange(200)
    chance = poisson.pmf(counts, mean * share)
    whole = root_of_mean(np.array([mean]))
    found = roots_of_some(
        np.sqrt(counts)[:, None, None], np.full((1, 1), share), whole
    ).ravel()  # fmt: skip
    assert chance @ found == pytest.approx(whole[0], rel=1e-3)
    variance = chance @ (found - whole) ** 2
    of_whole = mean - whole[0] ** 2
    assert variance * share == pytest.approx(of_whole, rel=0.35)  # share is about its precision
    # A little more in the whole is as much more in the part.
    more = poisson.pmf(counts, 1.02 * mean * share) @ found
    assert more - whole[0] == pytest.approx(
        root_of_mean(np.array([1.02 * mean]))[0] - whole[0], rel=0.05
    )


@pytest.mark.parametrize("mean", [1e-6, 0.3, 20.0, 80.0])
def test_roots_and_means_belong_together(mean):
    assert mean_of_root(root_of_mean(np.array([mean])))[0] == pytest.approx(mean, rel=1e-6)


def test_sums_are_known_where_all_of_their_samples_are():
    rng = np.random.default_rng(0)
    counts, length = rng.poisson(1.0, (4, 7, 2)).astype(float), np.array([7, 6, 5, 1])
    known = np.broadcast_to((np.arange(7) < length[:, None])[:, :, None], counts.shape).copy()
    known[0, 2, 1] = False
    trials = Trials(np.where(known, counts, 0.0), known, length, np.ones(2, bool))
    wide = complete(trials, 2)
    assert wide.length.tolist() == [3, 3, 2]  # one bin is none of two
    assert wide.known[:, :, 1].tolist() == [[True, False, True], [True] * 3, [True, True, False]]
    np.testing.assert_array_equal(wide.counts[1], counts[1, 0:6:2] + counts[1, 1:6:2])
    assert not any_known(trials, 8)
    assert complete(trials, 8).counts.shape == (0, 1, 2)


def test_no_sample_is_lost_or_invented():
    known = np.ones((7, 2), bool)
    known[2, 1] = False
    groups = groups_of(known, 3)
    assert (3 * groups.share).tolist() == [[3, 2], [3, 3], [1, 1]]
    assert (3 * groups.share).sum() == known.sum()
    assert groups.time_bins == pytest.approx([(0 + 0 + 1 + 1 + 2) / 5, 4.0, 6.0])
    assert groups_of(np.zeros((5, 2), bool), 3).time_bins.tolist() == [1.0, 3.5]


def test_single_bins_are_fitted_as_they_are():
    dataset = driven()
    found = GPFA(**FEW, bins_together=1).fit(dataset)
    session = dataset.session
    roots = np.sqrt(session.spikes.astype(float))
    train = roots[session.of_split("train")]
    with one_thread():
        length = np.full(len(train), 30)
        own = fit(
            train, np.ones(train.shape, bool), length, 2, START_TAU_BINS, most_rounds=15
        ).model
        mean = posterior(own, roots, np.ones(roots.shape[1:], bool)).mean
    expected = mean_of_root(mean @ own.loadings.T + own.offset) / dataset.bin_width_s
    np.testing.assert_array_equal(found.infer(dataset).rates.values, expected.astype(np.float32))
    arrays, about = found.to_arrays()
    older = {name: values for name, values in arrays.items() if "bins_together" not in name}
    sessions = [{k: v for k, v in one.items() if k != "by_width"} for one in about["sessions"]]
    again = GPFA().from_arrays(Stored(older, {**about, "sessions": sessions}))
    np.testing.assert_array_equal(again.infer(dataset).rates.values, expected.astype(np.float32))
    assert again.choices_made() == found.choices_made()


def test_the_width_is_chosen_before_the_number_and_told():
    dataset = sparse()
    fitted = GPFA(num_latents=(1, 2, 3), most_rounds=15).fit(dataset)
    (fit_,) = fitted.sessions.values()
    best = max(fit_.by_width, key=lambda width: fit_.by_width[width])
    assert list(fit_.by_width) == ["1", "2", "4"]
    rows = dict(fitted.choices_made())
    assert rows["bins together"] == best
    assert (
        f"({best})"
        in rows["bits per spike, validation trials, neurons left out, by bins taken together"]
    )
    assert fit_.by_number["2"] == fit_.by_width[best]  # it is not fitted twice
    # Time constants are told in the data's own bins: a drive of 30 bins is about as slow at any width.
    slow = [
        float(dict(one.choices_made())["time constants, bins"].split(",")[0])
        for one in (GPFA(**FEW, bins_together=width).fit(dataset) for width in (2, 4))
    ]
    assert slow[0] == pytest.approx(slow[1], rel=0.3)
    only_width = GPFA(num_latents=2, most_rounds=15).fit(dataset)
    assert "bins together" in dict(only_width.choices_made())
    assert not any("number of latents" in label for label, _ in only_width.choices_made())


def test_rates_are_per_bin_and_the_rest_of_a_trial_is_heard():
    dataset = sparse()  # 31 bins: seven groups of four, and three bins
    fitted = GPFA(**FEW, bins_together=4).fit(dataset)
    rates = fitted.infer(dataset).rates.values
    assert rates.shape == (60, 31, 12)
    spikes, train = dataset.session.spikes, dataset.session.of_split("train")
    np.testing.assert_allclose(
        rates[train].mean((0, 1)) * dataset.bin_width_s, spikes[train].mean((0, 1)), rtol=0.15
    )
    more = spikes.copy()
    more[:, 30, 11] += 1  # a spike of a neuron that rises with the drive
    other = dataclasses.replace(dataset.session, values=more)
    moved = fitted.infer(dataclasses.replace(dataset, sessions=(other,))).rates.values
    assert (moved[:, 30, 11] > rates[:, 30, 11]).all()
    # Trials that are shorter than a group say what they can.
    short = Dataset.from_arrays(spikes[:, :3], bin_width_s=0.01, split=splits(60))
    few = fitted.infer(short).rates.values
    assert np.isfinite(few).all()
    assert np.ptp(few, axis=0).max() > 0


def test_what_is_wider_than_trials_is_not_considered():
    dataset = noise(20, num_bins=12)
    fitted = GPFA(**FEW, bins_together=(1, 3, 13)).fit(dataset)
    (fit_,) = fitted.sessions.values()
    assert list(fit_.by_width) == ["1", "3"]
    with pytest.raises(
        UserError,
        match=r"`bins_together=` must be fewer bins than 13 for session `.*`: no training",
    ):
        GPFA(**FEW, bins_together=13).fit(dataset)


@pytest.mark.parametrize("given", [0, (1, 0), (), True])
def test_mistakes_are_named(given):
    with pytest.raises(UserError, match="`bins_together=` must be whole numbers above 0; got "):
        GPFA(bins_together=given)
