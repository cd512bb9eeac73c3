"""The benchmark's metrics, against what they are defined as, and on what cannot be scored.

That they equal those of the benchmark's own package is tested with it
(`tests/libraries/test_nlb_tools.py`).
"""

import numpy as np
import pytest
import xarray as xr
from tests.nlb.made import made

from lfads.checks import UserError
from lfads.nlb.datasets import DATASETS, dataset_in, group_of
from lfads.nlb.metrics import PENALTIES, psth_r2, speed_interval_r, velocity_r2
from lfads.nlb.published import beside_published
from lfads.nlb.scores import NLBScores, read_targets, scored
from lfads.nlb.submission import NLBSubmission
from lfads.numerics.poisson import bits_per_spike


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_its_scores(name):
    submission, targets = made(name)
    found = scored(name, submission, targets)
    assert (found.velocity_r2 is None) == (name == "dmfc_rsg") == (found.tp_corr is not None)
    assert (found.psth_r2 is None) == (name == "mc_rtt")
    own = bits_per_spike(submission["eval_rates_heldout"], targets["eval_spikes_heldout"])
    assert found.co_bps == own
    assert found.fp_bps is not None
    own = {"validation": found.named(), "test": found.named()}
    rows = beside_published(name, own, 0.005)
    assert list(rows[0])[1:] == list(found.named())
    assert [row[0] for row in rows[1:3]] == ["this run, validation trials", "this run, test trials"]
    assert len(beside_published(name, own, 0.02)) == 3
    assert beside_published(name, {}, 0.005) == []
    assert NLBScores.of_names(found.named()) == found


def test_velocity_that_is_linear_in_rates_is_decoded():
    rng = np.random.default_rng(0)
    rates = rng.random((20, 10, 4))
    velocity = rates @ rng.normal(size=(4, 2)) + 3.0
    velocity[3, 4] = np.nan
    r2 = velocity_r2(rates[:15], velocity[:15], rates[15:], velocity[15:])
    assert r2 > 0.999
    least = PENALTIES[0]
    inputs = rates[:15].reshape(-1, 4)
    known = ~np.isnan(velocity[:15].reshape(-1, 2)[:, 0])
    augmented = np.hstack([inputs[known] - inputs[known].mean(0)])
    outputs = velocity[:15].reshape(-1, 2)[known]
    stacked = np.vstack([augmented, np.sqrt(least) * np.eye(4)])
    centred = np.vstack([outputs - outputs.mean(0), np.zeros((4, 2))])
    weights = np.linalg.lstsq(stacked, centred, rcond=None)[0]
    predicted = (rates[15:].reshape(-1, 4) - inputs[known].mean(0)) @ weights + outputs.mean(0)
    true = velocity[15:].reshape(-1, 2)
    by_hand = 1 - ((true - predicted) ** 2).sum(0) / ((true - true.mean(0)) ** 2).sum(0)
    assert r2 == pytest.approx(by_hand.mean(), abs=1e-9)


def test_penalties_are_those_of_the_benchmark():
    np.testing.assert_allclose(PENALTIES, [10 ** (k / 2) for k in range(-8, 1)])


def test_groups_have_decoders_of_their_own():
    rng = np.random.default_rng(0)
    rates = rng.random((40, 5, 3))
    active = np.arange(40) % 2 == 0
    velocity = np.where(active[:, None, None], 1.0, -1.0) * rates[:, :, :2]
    groups = np.stack([active, ~active], axis=1)
    together = velocity_r2(rates[:30], velocity[:30], rates[30:], velocity[30:])
    apart = velocity_r2(
        rates[:30], velocity[:30], rates[30:], velocity[30:], groups[:30], groups[30:]
    )
    assert together < 0.1 < 0.99 < apart


def test_condition_averages_and_shifted_trials():
    rng = np.random.default_rng(0)
    psth = rng.random((2, 6, 3))
    rates = np.repeat(psth, 2, axis=0)
    trials = [np.array([0, 1]), np.array([2, 3])]
    assert psth_r2(psth, rates, trials) == pytest.approx(1.0)
    earlier = np.roll(rates, -1, axis=1)
    scored_bins = psth.copy()
    scored_bins[:, 0] = np.nan
    assert psth_r2(scored_bins, earlier, trials, np.ones(4, int)) == pytest.approx(1.0)
    assert psth_r2(scored_bins, earlier, trials) < 0.9
    with pytest.raises(
        UserError, match="rates are NaN in bins whose condition averages are scored"
    ):
        psth_r2(psth, earlier, trials, np.ones(4, int))


def test_neural_speed_tells_the_interval():
    rng = np.random.default_rng(0)
    produced = rng.uniform(0.5, 1.5, 30)
    steps = np.arange(10) / produced[:, None]  # faster where the interval is short
    rates = np.repeat(steps[:, :, None], 2, axis=2)
    spikes = np.zeros((30, 10, 1))
    spikes[:, :3] = np.nan
    behavior = np.column_stack([np.zeros((30, 3)), produced])
    assert speed_interval_r(spikes, rates, behavior) < -0.95


def test_names_in_files():
    assert group_of("dmfc_rsg", 0.005) == "dmfc_rsg"
    assert dataset_in("MC_Maze_small-20") == "mc_maze_small"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s, t: t.pop("eval_behavior"), "targets of mc_maze: `eval_behavior` is missing"),
        (
            lambda s, t: s.pop("eval_rates_heldout"),
            "lack `eval_rates_heldout`: nothing was held out",
        ),
        (lambda s, t: s.update(eval_rates_heldout=np.ones((2, 3, 4))), "differ in shape"),
        (lambda s, t: s.update(train_rates_heldin=np.full((30, 14, 6), np.nan)), "is known"),
    ],
)
def test_what_cannot_be_scored_is_said(change, said):
    submission, targets = made("mc_maze")
    change(submission, targets)
    with pytest.raises(UserError, match=said):
        scored("mc_maze", submission, targets)


def test_without_test_trials_validation_trials_are_submitted(tmp_path):
    rates = np.arange(4 * 3 * 2, dtype=float).reshape(4, 3, 2)
    posterior = xr.Dataset(
        {"rates": (("trial", "time", "neuron"), rates, {"units": "spikes/s"})},
        coords={
            "trial_index": ("trial", [0, 1, 3, 2]),
            "split": ("trial", ["train", "valid", "train", "valid"]),
            "held_out": ("neuron", [0, 1]),
        },
        attrs={"bin_width_s": 0.005, "num_forward_bins": 1},
    )
    NLBSubmission().write({"mc_rtt": posterior}, tmp_path / "s.h5")
    found = read_targets(tmp_path / "s.h5", "mc_rtt")
    assert found["train_rates_heldin"].shape == (2, 2, 1)
    np.testing.assert_allclose(found["eval_rates_heldout"][:, :, 0], rates[[1, 3], :2, 1] * 0.005)
    np.testing.assert_allclose(found["eval_rates_heldin_forward"][0, 0, 0], rates[1, 2, 0] * 0.005)
