"""Which samples each score takes, on posteriors that are made by hand."""

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.evaluation.listed import format_areas, format_scores, format_sessions, in_words
from lfads.evaluation.matching import bin_width_of
from lfads.evaluation.scores import Scores, score_dataset
from lfads.numerics.poisson import bits_per_spike, poisson_nll
from lfads.numerics.regression import r_squared

BIN_WIDTH_S = 0.02
NUM_TRIALS, NUM_BINS, NUM_NEURONS = 12, 8, 4
SPLIT = np.array(["train", "valid", "test"] * 4)
SHAPE = (NUM_TRIALS, NUM_BINS, NUM_NEURONS)


def simulated(seed=0, **given) -> Dataset:
    rng = np.random.default_rng(seed)
    latents = rng.normal(size=(NUM_TRIALS, NUM_BINS, 2))
    rates_hz = 50 * np.exp(0.3 * latents @ rng.normal(size=(2, NUM_NEURONS)))
    truth = {
        "true_rates_hz": rates_hz,
        "true_latents": latents,
        "true_inputs": rng.normal(size=(NUM_TRIALS, NUM_BINS, 1)),
    }
    spikes = rng.poisson(rates_hz * BIN_WIDTH_S)
    return Dataset.from_arrays(
        spikes, **{"bin_width_s": BIN_WIDTH_S, "split": SPLIT, **truth, **given}
    )


def posterior(dataset: Dataset, seed=1, **variables) -> xr.Dataset:
    """Random rates, and factors and inputs that are a linear map of the truth."""
    rng = np.random.default_rng(seed)
    session = dataset.session
    values = {"rates": ("neuron", rng.gamma(5.0, 10.0, session.values.shape))}
    if session.true_latents is not None:
        values["factors"] = ("factor", session.true_latents @ rng.normal(size=(2, 3)) + 1)
    if session.true_inputs is not None:
        values["inferred_inputs"] = ("input", -2 * session.true_inputs + 5)
    values |= variables
    return xr.Dataset(
        {name: (("trial", "time", axis), v) for name, (axis, v) in values.items() if v is not None},
        coords={"trial_index": ("trial", session.trial_index)},
    )


def scored(dataset: Dataset, found: xr.Dataset) -> Scores:
    """Scores of the only session."""
    return score_dataset(dataset, {dataset.session.name: found})


def test_neurons_of_each_area_are_scored():
    area = np.array(["M1", "PMd", "M1", ""])
    dataset = simulated(neuron_table={"area": area}, held_out_neurons=[0])
    found = posterior(dataset)
    scores = scored(dataset, found)
    assert list(scores.areas) == ["M1", "PMd"]
    alone = dataclasses.replace(dataset, sessions=(dataset.session.along("neuron", area == "M1"),))
    expected = scored(alone, found.isel(neuron=area == "M1"))
    for split, of_split in scores.areas["M1"].items():
        assert of_split.latent_r2 is None
        for name in ("bits_per_spike", "held_out_bits_per_spike", "rate_r2_median"):
            assert getattr(of_split, name) == pytest.approx(getattr(expected.splits[split], name))
    assert expected.areas == {}
    assert scores.to_dict()["areas"]["PMd"]["test"] == scores.areas["PMd"]["test"].to_dict()
    rows = format_areas(scores.to_dict())
    assert [row[0] for row in rows] == ["area", "M1", "PMd"]
    assert "bits per spike, test" in rows[0]
    assert format_areas(expected.to_dict()) == []


def same(one: dict, other: dict) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def test_all_scores_of_a_simple_session():
    dataset = simulated()
    found = posterior(dataset)
    scores = scored(dataset, found)
    assert list(scores.splits) == ["train", "valid", "test"]
    for name, split in scores.splits.items():
        trials = name == SPLIT
        rates = found["rates"].values[trials] * BIN_WIDTH_S
        spikes = dataset.session.spikes[trials]
        assert split.num_trials == 4
        assert split.nll_per_sample == pytest.approx(poisson_nll(rates, spikes).mean())
        assert split.bits_per_spike == pytest.approx(bits_per_spike(rates, spikes))
        assert split.held_out_bits_per_spike is None
        assert split.forward_bits_per_spike is None
        true = dataset.session.true_rates_hz
        assert true is not None
        r2 = r_squared(true[trials], found["rates"].values[trials])
        assert split.rate_r2_median == pytest.approx(np.median(r2))
        assert split.rate_r2_mean == pytest.approx(r2.mean())
    assert scores.notes == ()


def test_scores_show_the_tables_of_the_command_line():
    dataset = simulated(name="<monday>")
    scores = score_dataset(dataset, {"<monday>": posterior(dataset)})
    assert repr(scores).startswith("Scores('<monday>': ")
    shown = scores._repr_html_()
    for row in format_scores(scores.to_dict()):
        for word in row:
            assert word in str(scores)
            assert f">{word}</t" in shown
    assert "&lt;monday&gt;" in shown


def test_latents_and_inputs_are_scored_after_a_map_fitted_on_training_trials():
    dataset = simulated()
    found = posterior(dataset)
    found["factors"][SPLIT == "test"] = 0.0
    scores = scored(dataset, found)
    assert scores.splits["valid"].latent_r2 == pytest.approx((1, 1))
    assert scores.splits["valid"].input_r2 == pytest.approx((1,))
    assert max(scores.splits["test"].latent_r2 or (1,)) <= 0
    assert scores.splits["train"].latent_r2 is None


def test_held_out_neurons_and_forward_bins_are_scored_apart():
    dataset = simulated(held_out_neurons=[1, 3], num_forward_bins=3)
    found = posterior(dataset)
    test = SPLIT == "test"
    rates = found["rates"].values[test] * BIN_WIDTH_S
    spikes = dataset.session.spikes[test]
    split = scored(dataset, found).splits["test"]
    assert split.bits_per_spike == pytest.approx(bits_per_spike(rates[:, :5], spikes[:, :5]))
    assert split.held_out_bits_per_spike == pytest.approx(
        bits_per_spike(rates[:, :5, [1, 3]], spikes[:, :5, [1, 3]])
    )
    assert split.forward_bits_per_spike == pytest.approx(
        bits_per_spike(rates[:, 5:], spikes[:, 5:])
    )
    assert split.nll_per_sample == pytest.approx(poisson_nll(rates, spikes).mean())


def test_signals_are_scored_by_their_own_likelihood_beside_that_of_constants():
    rng = np.random.default_rng(0)
    values = 3 + 2 * rng.normal(size=SHAPE)
    dataset = Dataset.from_arrays(
        signals=values, bin_width_s=BIN_WIDTH_S, split=SPLIT, held_out_neurons=[2]
    )
    predicted, std = 0.5 * values + 1.2, np.array([0.5, 1.0, 1.5, 2.0])
    found = posterior(dataset, rates=("neuron", predicted))
    found["observation_noise_std"] = ("neuron", std)
    split = scored(dataset, found).splits["test"]
    true, mean = values[SPLIT == "test"], predicted[SPLIT == "test"]
    nats = stats.norm.logpdf(true, mean, std)
    least = 1e-3  # of the noise of a constant model, in standard deviations
    of_constant = stats.norm.logpdf(true, true.mean((0, 1)), (1 + least) * true.std((0, 1)))
    gained = (nats - of_constant).mean((0, 1)) / np.log(2)
    assert split.nll_per_sample == pytest.approx(-nats.mean())
    assert split.bits_per_sample == pytest.approx(gained.mean())
    assert split.held_out_bits_per_sample == pytest.approx(gained[2])
    left = (((true - mean) / std) ** 2).sum((0, 1))
    total = (((true - true.mean((0, 1))) / std) ** 2).sum((0, 1))
    assert split.deviance_explained == pytest.approx(1 - left.sum() / total.sum())
    assert split.held_out_deviance_explained == pytest.approx(1 - left[2] / total[2])
    assert (split.bits_per_spike, split.forward_bits_per_sample) == (None, None)


def test_held_out_neurons_of_each_session_count_by_their_spikes():
    observed = np.random.default_rng(2).random(SHAPE) < 0.8
    one = simulated(held_out_neurons=[1])
    other = simulated(seed=3, held_out_neurons=[0, 2], observed=observed)
    second = dataclasses.replace(other.session, name="second")
    dataset = dataclasses.replace(one, sessions=(one.session, second))
    found = {"session": posterior(one), "second": posterior(other, seed=5)}
    scores = score_dataset(dataset, found)
    weights = [
        (session.spikes * session.observed_bins())[SPLIT == "test"][
            :, :, session.held_out_neurons
        ].sum()
        for session in dataset.sessions
    ]
    each = [alone.splits["test"].held_out_bits_per_spike for alone in scores.sessions]
    assert len(set(each)) == 2
    together = scores.splits["test"].held_out_bits_per_spike
    assert together == pytest.approx(np.average(np.array(each, float), weights=weights))


def test_bins_are_as_wide_as_a_posterior_says_or_as_they_lie_apart():
    found = posterior(simulated()).assign_coords(time=0.1 + 0.02 * np.arange(NUM_BINS))
    assert bin_width_of(found) == pytest.approx(0.02)
    assert bin_width_of(found.isel(time=slice(2))) == pytest.approx(0.02)
    assert bin_width_of(found.assign_attrs(bin_width_s=0.05)) == 0.05
    with pytest.raises(UserError, match="does not say how wide a bin is"):
        bin_width_of(found.isel(time=slice(1)))


def test_forward_bins_of_shorter_trials_are_their_own_last():
    lengths = np.full(NUM_TRIALS, NUM_BINS)
    lengths[::2] = 6
    spikes = simulated().session.spikes.copy()
    spikes[::2, 6:] = 0
    dataset = Dataset.from_arrays(
        spikes, bin_width_s=BIN_WIDTH_S, split=SPLIT, trial_length=lengths, num_forward_bins=2
    )
    found = posterior(dataset)
    rates = found["rates"].values * BIN_WIDTH_S
    time = np.arange(NUM_BINS)
    forward = (time < lengths[:, None]) & (time >= lengths[:, None] - 2)
    trials = SPLIT == "train"
    mask = np.broadcast_to(forward[:, :, None], SHAPE)[trials]
    split = scored(dataset, found).splits["train"]
    expected = bits_per_spike(rates[trials], spikes[trials], mask=mask)
    assert split.forward_bits_per_spike == pytest.approx(expected)


def test_what_is_padded_or_unobserved_changes_nothing():
    lengths = np.full(NUM_TRIALS, NUM_BINS)
    lengths[1::2] = 5
    observed = np.random.default_rng(2).random(SHAPE) < 0.8
    spikes = simulated().session.spikes.copy()
    spikes[1::2, 5:] = 0
    dataset = Dataset.from_arrays(
        spikes, bin_width_s=BIN_WIDTH_S, split=SPLIT, trial_length=lengths, observed=observed,
        true_rates_hz=simulated().session.true_rates_hz,
        true_latents=simulated().session.true_latents,
    )  # fmt: skip
    found = posterior(dataset)
    ignored = ~dataset.session.observed_bins()
    changed = found.copy(deep=True)
    changed["rates"].values[ignored] = 1e6
    changed["factors"].values[1::2, 5:] = np.nan
    changed["rates"].values[1::2, 5:] = np.nan
    before = scored(dataset, found).to_dict()
    assert same(scored(dataset, changed).to_dict(), before)


def test_trials_are_matched_by_their_index():
    dataset = simulated(trial_index=np.arange(NUM_TRIALS)[::-1] * 10)
    found = posterior(dataset)
    shuffled = found.isel(trial=np.random.default_rng(0).permutation(NUM_TRIALS))
    one = scored(dataset, found)
    other = scored(dataset, shuffled)
    for name, split in one.splits.items():
        for score, value in dataclasses.asdict(split).items():
            found_value = getattr(other.splits[name], score)
            assert value is found_value is None or found_value == pytest.approx(value)


def test_a_posterior_that_starts_later_is_aligned_by_its_first_bin():
    dataset = simulated()
    found = posterior(dataset)
    late = found.isel(time=slice(3, None)).assign_attrs(first_bin=3)
    split = scored(dataset, late).splits["valid"]
    trials = SPLIT == "valid"
    rates = found["rates"].values[trials, 3:] * BIN_WIDTH_S
    expected = bits_per_spike(rates, dataset.session.spikes[trials, 3:])
    assert split.bits_per_spike == pytest.approx(expected)
    assert split.latent_r2 == pytest.approx((1, 1))


def test_only_the_splits_of_the_posterior_are_scored():
    dataset = simulated()
    found = posterior(dataset).isel(trial=SPLIT == "test")
    scores = scored(dataset, found)
    assert list(scores.splits) == ["test"]
    assert scores.splits["test"].latent_r2 is None
    why = "its linear map is fitted on training trials, and the posterior has none"
    assert scores.notes == (f"no latent R²: {why}", f"no input R²: {why}")


def test_inputs_that_were_not_inferred_are_not_scored():
    dataset = simulated()
    found = posterior(dataset, inferred_inputs=("input", None))
    scores = scored(dataset, found)
    assert scores.splits["valid"].input_r2 is None
    assert scores.notes == ("no input R²: the posterior has no inferred inputs",)


def test_scores_are_json_also_where_they_are_not_numbers():
    dataset = Dataset.from_arrays(
        np.ones((3, 3, 2), int), bin_width_s=BIN_WIDTH_S, split=["train", "train", "valid"],
        true_rates_hz=np.ones((3, 3, 2)),
    )  # fmt: skip
    scores = scored(dataset, posterior(dataset)).to_dict()
    assert scores["splits"]["valid"]["rate_r2_median"] is None
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores


def test_the_table_has_a_column_for_each_split_and_a_row_for_each_score():
    dataset = simulated(held_out_neurons=[0])
    rows = format_scores(scored(dataset, posterior(dataset)).to_dict())
    assert rows[0] == ("score", "train", "valid", "test")
    assert rows[1] == ("trials", "4", "4", "4")
    assert {len(row) for row in rows} == {4}
    labels = [row[0] for row in rows]
    assert "bits per spike, held-out neurons" in labels
    assert "bits per spike, forward bins" not in labels
    assert rows[labels.index("R² of latent 1")] == ("R² of latent 1", "–", "1.0000", "1.0000")


def test_each_session_is_a_row_with_the_same_numbers():
    one = simulated()
    other = dataclasses.replace(simulated(seed=3).session, name="other")
    dataset = dataclasses.replace(one, sessions=(one.session, other))
    found = {s.name: posterior(dataclasses.replace(one, sessions=(s,))) for s in dataset.sessions}
    scores = score_dataset(dataset, found).to_dict()
    header, *rows = format_sessions(scores)
    assert header == (
        "session",
        "trials, test",
        "bits per spike, test",
        "R² of rates, median neuron, test",
    )
    bits = [
        in_words(each["splits"]["test"]["bits_per_spike"]) for each in scores["sessions"].values()
    ]
    assert [row[2] for row in rows] == bits
    assert len(format_sessions(scores, "train", "test")[0]) == 7
    assert format_sessions(scored(one, found[one.session.name]).to_dict()) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [(3, "3"), (0.25, "0.2500"), (0.0, "0.0000"), (2e-5, "2e-05"), (4321.0, "4321"), (None, "–"),
     (float("nan"), "–")],
)  # fmt: skip
def test_numbers_are_the_same_in_every_table(value, words):
    assert in_words(value) == words


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: p.isel(time=slice(2)),
            "from bin 0 on, the session has 8 bins; the posterior has 2",
        ),
        (lambda p: p.isel(neuron=[0]), "the session has 4 neurons; the posterior has 1"),
        (
            lambda p: p.assign_coords(trial_index=("trial", np.arange(NUM_TRIALS) + 5)),
            "no trials with `trial_index` 12, 13, 14, 15, 16",
        ),
    ],
)
def test_a_posterior_of_other_data_is_refused(change, message):
    dataset = simulated()
    with pytest.raises(UserError, match=message):
        scored(dataset, change(posterior(dataset)))
