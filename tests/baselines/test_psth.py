"""PSTHs and constant rates as predictions: what they know, and that they do not copy."""

import dataclasses

import numpy as np
import pytest
from tests.baselines.recordings import noise, splits

from lfads.baselines.psth import PSTH
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.evaluation.scores import score_dataset
from lfads.parts import OURS, parts

CONDITION = np.array(["left", "right"])[np.arange(40) // 4 % 2]


def by_condition(num_trials=40, **given) -> Dataset:
    """Two neurons that rise in one of two conditions, and two that do not care."""
    rates = np.full((2, 30, 4), 0.3)
    rates[0, 10:20, 0] = rates[1, 5:15, 1] = 2.0
    condition = np.arange(num_trials) // 4 % 2
    counts = np.random.default_rng(0).poisson(rates[condition])
    given = {
        "split": splits(num_trials), "condition": np.array(["left", "right"])[condition], **given
    }  # fmt: skip
    return Dataset.from_arrays(counts, bin_width_s=0.02, **given)


def bits(dataset: Dataset, split: str, fitted=None, **choices) -> float:
    fitted = PSTH(**choices).fit(dataset) if fitted is None else fitted
    found = score_dataset(dataset, fitted.infer(dataset).sessions).splits[split].bits_per_spike
    assert found is not None
    return found


def test_conditions_tell_more_than_the_average_over_all():
    with_labels, without = by_condition(), by_condition(condition=None)
    assert bits(with_labels, "test") > bits(without, "test") + 0.05 > 0.1


@pytest.mark.parametrize("condition", [CONDITION, np.arange(40) // 8, np.arange(40), None])
def test_trials_that_were_fitted_are_not_copied(condition):
    """Of noise, training trials are told no better than others, however few share a label."""
    assert bits(noise(condition=condition), "train", pulls=(0.1,), widths_s=(0.02,)) < 0


def test_a_trial_is_predicted_by_the_others_of_its_condition():
    dataset = by_condition()
    fitted = PSTH(widths_s=(0.001,), pulls=(1e-9,)).fit(dataset)
    found = fitted.infer(dataset).rates.values * 0.02
    session = dataset.session
    assert session.condition is not None
    train = session.of_split("train")
    for trial in (0, 4, 3):  # two that were fitted, one that was not
        others = train & (session.condition == session.condition[trial])
        others[trial] = False
        np.testing.assert_allclose(found[trial], session.spikes[others].mean(0), atol=1e-3)


def test_conditions_that_training_has_not_seen_have_the_average_over_all():
    dataset, psth = by_condition(), PSTH(widths_s=(0.04,), pulls=(1.0,))
    other = dataclasses.replace(
        dataset.session, condition=np.full(40, "up"), values=dataset.session.spikes[::-1]
    )
    found = psth.fit(dataset).infer(dataclasses.replace(dataset, sessions=(other,))).rates
    plain = psth.fit(by_condition(condition=None)).infer(dataset).rates
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)
    np.testing.assert_allclose(found[0], plain[3], rtol=1e-5)
    assert (found > 0).all()


def test_trials_that_are_alike_leave_one_out():
    """The others stay, which are as many as of any trial."""
    counts = np.ones((20, 10, 3), int)
    alike = Dataset.from_arrays(
        counts, bin_width_s=0.02, split=splits(20), condition=np.zeros(20, int)
    )
    np.testing.assert_allclose(PSTH().fit(alike).infer(alike).rates, 50, rtol=1e-4)


def test_longer_and_shorter_trials_than_those_fitted():
    dataset = by_condition()
    fitted = PSTH().fit(dataset)
    for num_bins in (20, 45):
        counts = np.ones((4, num_bins, 4), int)
        other = Dataset.from_arrays(counts, bin_width_s=0.02, condition=np.full(4, "left"))
        rates = fitted.infer(other).rates
        assert np.isfinite(rates).all()
        np.testing.assert_allclose(rates[0, :15], fitted.infer(dataset).rates[3, :15], rtol=0.7)


@pytest.mark.parametrize("name", OURS["baselines"])
def test_signals_and_data_without_training_trials_are_refused(name):
    fit = parts("baselines")[name].load()().fit
    signals = np.random.default_rng(0).normal(size=(10, 20, 4))
    with pytest.raises(UserError, match=rf"`{name}` predicts spike counts; arrays holds signals"):
        fit(Dataset.from_arrays(signals=signals, bin_width_s=0.02))
    test = dataclasses.replace(noise().session, split=np.full(40, "test"))
    with pytest.raises(UserError, match="has no training trials to fit to"):
        fit(Dataset(sessions=(test,), bin_width_s=0.02))


def test_choices_that_are_none():
    with pytest.raises(UserError, match=r"`widths_s=` must be numbers above 0.*; got \(\)"):
        PSTH(widths_s=())
