"""Merging undoes chopping; overlaps are weighted as the equation says; files keep what was merged."""

import warnings

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given
from hypothesis import strategies as st

import lfads
from lfads.checks import UserError
from lfads.inference.averages import PosteriorArrays, Sample
from lfads.inference.labels import labelled
from lfads.results import Posterior, open_posterior
from lfads.windows.chop import chop
from lfads.windows.merge import blended, open_continuous, rising_weights, write_continuous

SIZES = st.integers(2, 12).flatmap(lambda w: st.tuples(st.just(w), st.integers(0, w // 2)))
WIDTH = 0.01


def chopped(piece_bins, window, overlap, *, starts=None, split=None):
    """Windows whose true latents are numbers like no others, and those latents."""
    rng = np.random.default_rng(0)
    latents = [rng.normal(size=(bins, 2)).astype(np.float32) for bins in piece_bins]
    starts = (
        np.cumsum([1.0, *(b * WIDTH + 10 for b in piece_bins[:-1])]) if starts is None else starts
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        dataset = chop(
            [rng.poisson(1.0, (bins, 3)) for bins in piece_bins],
            bin_width_s=WIDTH,
            window_bins=window,
            overlap_bins=overlap,
            piece_starts_s=starts,
            true_latents=latents,
            split=split,
            for_inference=True,
        )
    return dataset, latents


def posterior_of(dataset, factors, std=None, first_bin=0):
    """A posterior with the given factors, and rates that are counts."""
    session = dataset.session
    cut = slice(first_bin, None)
    factors = jnp.asarray(np.nan_to_num(factors)[:, cut])
    none = jnp.zeros((session.num_trials, 1))
    rates = jnp.asarray(session.spikes[:, cut], jnp.float32)
    mean = Sample(rates, factors, None, none, None, {})
    std = jnp.ones_like(factors) if std is None else jnp.asarray(std[:, cut])
    spread = Sample(jnp.ones_like(rates), std, None, none, None, {})
    arrays = PosteriorArrays(mean, spread, none, none)
    return Posterior(
        {"session": labelled(arrays, session, dataset, first_bin=first_bin, attributes={})}
    )


@given(piece_bins=st.lists(st.integers(0, 60), min_size=1, max_size=4), sizes=SIZES)
def test_merging_undoes_chopping(piece_bins, sizes):
    assume(max(piece_bins) >= 2)
    dataset, latents = chopped(piece_bins, *sizes)
    merged = lfads.merge(posterior_of(dataset, dataset.session.true_latents))
    kept = [piece for piece, bins in enumerate(piece_bins) if bins >= 2]
    np.testing.assert_array_equal(merged.factors, np.concatenate([latents[p] for p in kept]))
    np.testing.assert_allclose(merged.factors_std, 1.0, rtol=1e-6)
    assert merged.factors.dims == ("time", "factor")
    assert merged.rates.dims == ("time", "neuron")
    assert merged.rates.attrs["units"] == "spikes/s"
    assert merged.piece.values.tolist() == [p for p in kept for _ in range(piece_bins[p])]


def test_time_is_that_of_the_recording_and_gaps_are_left_out():
    dataset, _ = chopped([30, 12], 10, 4, starts=[5.0, 99.123])
    merged = lfads.merge(posterior_of(dataset, dataset.session.true_latents))
    expected = np.concatenate([5.0 + np.arange(30) * WIDTH, 99.123 + np.arange(12) * WIDTH])
    np.testing.assert_allclose(merged.time, expected)
    assert merged.time.attrs["units"] == "s"
    assert merged.held_out.dims == ("neuron",)


def all_weights(trials, start, length, num_bins):
    """Weight of every window on every bin by the definition: each window dims those before it."""
    weights = np.zeros((trials, num_bins))
    for trial in range(trials):
        end = int(max([0, *(start[k] + length[k] for k in range(trial))]))
        for time in range(start[trial], start[trial] + length[trial]):
            rise = 1.0
            if time < end:
                rise = ((time - start[trial] + 1) / (end - start[trial] + 1)) ** 2
            weights[:trial, time] *= 1 - rise
            weights[trial, time] = rise
    return weights


@given(num_bins=st.integers(2, 60), sizes=SIZES, seed=st.integers(0, 9))
def test_weights_sum_to_one_and_moments_are_those_of_the_mixture(num_bins, sizes, seed):
    dataset, _ = chopped([num_bins], *sizes)
    session = dataset.session
    rng = np.random.default_rng(seed)
    shape = (session.num_trials, session.num_bins, 2)
    mean = rng.normal(size=shape).astype(np.float32)
    std = rng.uniform(0.1, 1.0, shape).astype(np.float32)
    start = session.trial_table["chop_start_bin"]
    weights = all_weights(session.num_trials, start, session.trial_length, num_bins)
    np.testing.assert_allclose(weights.sum(0), 1.0)
    first, second = np.zeros((num_bins, 2)), np.zeros((num_bins, 2))
    for trial in range(session.num_trials):
        cut = slice(start[trial], start[trial] + session.trial_length[trial])
        bins = slice(0, session.trial_length[trial])
        share = weights[trial, cut, None]
        first[cut] += share * mean[trial, bins]
        second[cut] += share * (mean[trial, bins] ** 2.0 + std[trial, bins] ** 2.0)
    merged = lfads.merge(posterior_of(dataset, mean, std))
    np.testing.assert_allclose(merged.factors, first, atol=1e-5)
    np.testing.assert_allclose(merged.factors_std, np.sqrt(second - first**2), atol=1e-4)


def test_weights_rise_as_the_square_and_lone_windows_keep_theirs():
    np.testing.assert_allclose(rising_weights(4), np.array([1, 4, 9, 16]) / 25)
    dataset, _ = chopped([16], 10, 4)
    steps = np.zeros((2, 10, 1), np.float32)
    steps[1] = 1.0
    merged = lfads.merge(posterior_of(dataset, steps, np.zeros_like(steps)))
    expected = np.concatenate([np.zeros(6), np.array([1, 4, 9, 16]) / 25, np.ones(6)])
    np.testing.assert_allclose(merged.factors[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(
        merged.factors_std[:, 0], np.sqrt(expected * (1 - expected)), atol=1e-6
    )


def test_nothing_to_merge_is_nothing():
    merged, spread = blended(np.zeros((0, 3, 2)), None, [], 4)
    assert np.isnan(merged).all()
    assert spread is None


def test_bins_of_windows_that_are_missing_are_nan():
    dataset, latents = chopped([30], 10, 0)
    posterior = posterior_of(dataset, dataset.session.true_latents)
    some = Posterior({"session": posterior.dataset.isel(trial=[2, 0])})
    merged = lfads.merge(some)
    np.testing.assert_array_equal(merged.factors[:10], latents[0][:10])
    assert np.isnan(merged.factors[10:20]).all()
    np.testing.assert_array_equal(merged.factors[20:], latents[0][20:])


def test_bins_that_are_not_modelled_come_from_the_window_before():
    dataset, latents = chopped([40], 10, 4)
    merged = lfads.merge(posterior_of(dataset, dataset.session.true_latents, first_bin=3))
    assert np.isnan(merged.factors[:3]).all()
    np.testing.assert_array_equal(merged.factors[3:], latents[0][3:])


def test_bins_know_their_split():
    labels = [np.repeat(["train", "valid"], [16, 14])]
    dataset, _ = chopped([30], 10, 4, split=labels)
    assert dataset.session.split.tolist() == ["train", "train", "test", "valid", "valid"]
    merged = lfads.merge(posterior_of(dataset, dataset.session.true_latents))
    expected = ["train"] * 16 + ["test"] * 2 + ["valid"] * 12
    assert merged.split.values.tolist() == expected


def test_files_keep_what_was_merged(tmp_path):
    dataset, _ = chopped([30, 12], 10, 4)
    posterior = posterior_of(dataset, dataset.session.true_latents)
    merged = lfads.merge(posterior)
    again = open_continuous(write_continuous(merged, tmp_path / "continuous.nc"))
    xr.testing.assert_identical(again, merged)
    opened = open_posterior(posterior.save(tmp_path / "posterior.nc"))
    xr.testing.assert_equal(lfads.merge(opened), merged)
    read = lfads.read(lfads.write(dataset, tmp_path / "data.h5"), for_inference=True)
    xr.testing.assert_equal(lfads.merge(posterior_of(read, read.session.true_latents)), merged)


def test_behavior_and_columns_of_neurons_are_merged_too(tmp_path):
    hand = np.random.default_rng(1).normal(size=(30, 2))
    counts = np.random.default_rng(0).poisson(1.0, (30, 3))
    dataset = chop(
        counts, bin_width_s=WIDTH, window_bins=10, overlap_bins=4, behavior={"hand": hand},
        neuron_table={"area": ["M1", "M1", "V1"]}, for_inference=True,
    )  # fmt: skip
    factors = np.zeros((*dataset.session.spikes.shape[:2], 1), np.float32)
    merged = lfads.merge(posterior_of(dataset, factors))
    np.testing.assert_array_equal(merged["behavior_hand"], hand)
    assert merged["behavior_hand"].dims == ("time", "behavior_hand_channel")
    again = open_continuous(write_continuous(merged, tmp_path / "c.nc"))
    xr.testing.assert_identical(again, merged)
    assert again["area"].values.tolist() == ["M1", "M1", "V1"]


def test_other_trials_are_refused():
    counts = np.random.default_rng(0).poisson(1.0, (5, 8, 3))
    dataset = lfads.Dataset.from_arrays(counts, bin_width_s=WIDTH)
    posterior = posterior_of(dataset, np.zeros((5, 8, 2), np.float32))
    with pytest.raises(UserError, match=r"needs windows that `lfads.chop` cut .* no `chop_piece`"):
        lfads.merge(posterior)


def test_other_files_are_neither_replaced_nor_opened(tmp_path):
    dataset, _ = chopped([30], 10, 4)
    posterior = posterior_of(dataset, dataset.session.true_latents)
    path = posterior.save(tmp_path / "posterior.nc")
    with pytest.raises(UserError, match="does not hold merged results: choose another name"):
        write_continuous(lfads.merge(posterior), path)
    with pytest.raises(UserError, match="is NetCDF but does not hold merged results"):
        open_continuous(path)
    with pytest.raises(UserError, match="there are no merged results"):
        open_continuous(tmp_path / "none.nc")
