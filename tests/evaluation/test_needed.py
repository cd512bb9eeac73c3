"""Gains of inputs with their intervals, what they drive, and what is made of them in words."""

import json

import numpy as np
import pytest

from lfads.evaluation.needed import (
    Gain,
    GainOverWithout,
    InputsNeeded,
    gain_from,
    needed_of,
    nll_of_trials,
    share_driven,
    without_of,
)
from lfads.evaluation.needed_words import (
    answer_of,
    format_needed,
    notes_on_inputs,
    verdict_on,
    verdicts,
)
from lfads.evaluation.scores import Scores

IN_USE, SPANS, HARMS, UNKNOWN = (
    Gain(0.4, 0.3, 0.5), Gain(0.001, -0.01, 0.01), Gain(-0.2, -0.3, -0.1), Gain(0.3, np.nan, np.nan),
)  # fmt: skip


def need(*gains: Gain) -> InputsNeeded:
    num = len(gains)
    return InputsNeeded(
        split="valid", num_trials=50, unit="bits per spike", gains=gains, gain_of_all=gains[0],
        kl_nats=(3.0,) * num, shares=(0.5,) * num, share_of_all=float("nan"),
    )  # fmt: skip


def over(gain: Gain) -> GainOverWithout:
    return GainOverWithout(
        run="alone", split="valid", num_trials=50, unit="bits per spike", gain=gain
    )


def test_the_interval_covers_the_true_gain():
    """Trials of 100 samples of which the network knows the rate, and without inputs the mean alone."""
    covered = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        rates = np.broadcast_to(rng.choice([0.5, 1.5], (60, 1, 1)), (60, 20, 5))
        spikes = rng.poisson(rates)
        everywhere = np.ones(spikes.shape, bool)
        with_, without = (
            nll_of_trials(r, spikes, everywhere) for r in (rates, np.ones_like(rates))
        )
        gain = gain_from(with_, without, spikes.sum((1, 2)), seed=seed)
        covered.append(gain.low <= 0.5 * (0.5 * np.log2(0.5) + 1.5 * np.log2(1.5)) <= gain.high)
    assert 0.89 <= np.mean(covered) <= 0.99


def test_what_is_not_scored_counts_nothing():
    rates, spikes = np.full((12, 4, 2), 0.5), np.ones((12, 4, 2))
    spikes[:, 0], rates[:, 0] = np.nan, np.nan
    scored = np.isfinite(spikes)
    nats = nll_of_trials(rates, spikes, scored)
    np.testing.assert_allclose(nats, 6 * (0.5 + np.log(2)))
    assert gain_from(nats, nats + 6 * np.log(2), np.full(12, 6)) == pytest.approx((1, 1, 1))
    assert gain_from(nats, nats + 6, np.full(12, 6), "nats per sample").value == pytest.approx(1)


def test_few_trials_have_no_interval():
    gain = gain_from(np.zeros(9), np.ones(9), np.ones(9))
    assert gain.value > 0
    assert np.isnan(gain.low)
    assert np.isnan(gain_from(np.zeros(20), np.ones(20), np.zeros(20)).value)


def test_share_driven_is_that_of_the_equation():
    """A linear generator: half of the variance from the start, half from the input."""
    rng = np.random.default_rng(0)
    start, driven = rng.normal(size=(2, 4000, 30, 3))
    within = np.arange(30) < np.where(np.arange(4000) % 2, 30, 20)[:, None]
    factors = np.where(within[..., None], start + driven, 1e6)
    assert share_driven(factors, start, within) == pytest.approx(0.5, abs=0.01)
    assert share_driven(factors, factors, within) == 0
    assert np.isnan(share_driven(np.ones((2, 3, 1)), np.ones((2, 3, 1)), np.ones((2, 3), bool)))


@pytest.mark.parametrize(
    ("gain", "beyond", "without", "said"),
    [
        (HARMS, None, None, "harms"),
        (SPANS, True, None, "not shown to be needed"),
        (UNKNOWN, None, None, "not told: too few trials"),
        (IN_USE, None, None, "in use; need not shown"),
        (IN_USE, True, None, "in use; need not shown"),
        (IN_USE, False, IN_USE, "in use, but costs no more than on shuffled trials"),
        (IN_USE, None, IN_USE, "needed"),
        (IN_USE, True, IN_USE, "needed"),
        (IN_USE, True, SPANS, "in use, but not needed"),
        (IN_USE, True, Gain(0.004, 0.001, 0.008), "in use, but not needed"),
    ],
)
def test_an_input_is_needed_if_nothing_speaks_against_it(gain, beyond, without, said):
    other = None if without is None else over(without)
    assert verdict_on(gain, beyond_shuffled=beyond, without=other) == said


def test_whether_the_data_need_inputs_is_said_by_another_network():
    said = [answer_of(over(gain)) for gain in (IN_USE, SPANS, HARMS, UNKNOWN)]
    assert [words.split(":")[0] for words in said] == ["yes", "not shown", "no", "not told"]


def test_tables_and_what_is_kept():
    scores = Scores(
        session="monday", splits={}, inputs_needed={"monday": need(IN_USE, SPANS)},
        without_inputs={"monday": over(SPANS)},
    )  # fmt: skip
    kept = json.loads(json.dumps(scores.to_dict(), allow_nan=False))
    found = needed_of(kept, "monday")
    assert found is not None
    assert found.gains == (IN_USE, SPANS)
    assert np.isnan(found.share_of_all)
    assert without_of(kept, "monday") == over(SPANS)
    assert needed_of(kept, "tuesday") is without_of({}, "monday") is None
    own, other = format_needed(kept)
    assert own[1] == (
        "input 0", "0.4000", "0.3000 to 0.5000", "3", "50 %", "in use, but not needed"
    )  # fmt: skip
    assert [row[0] for row in own[1:]] == ["input 0", "input 1", "all"]
    assert other[1][-1].startswith("not shown")
    control = {"monday": {"kl_nats": [1.0, 1.0], "shuffled_kl_nats": [2.0, 2.0]}}
    assert verdicts({**kept, "shuffle_control": control}, "monday")[0].endswith("shuffled trials")
    assert "0.3000 to 0.5000" in str(scores)
    assert "which was not trained to do without" in str(scores)
    del kept["without_inputs"]
    gain, network = notes_on_inputs(kept)
    assert gain.startswith("gain: of samples that the encoders do not see")
    assert "`run.gain_over_without`" in network
    far = {**kept["inputs_needed"]["monday"], "share_of_all": 1.6}
    told = notes_on_inputs({**kept, "inputs_needed": {"monday": far}})
    assert told[1].startswith("variance of factors it drives: above 100 % where the generator")
    assert format_needed({}) == notes_on_inputs({}) == verdicts({}, "monday") == []
