"""Error bars against what is known."""

import numpy as np
import pytest
import xarray as xr
from tests.evaluation.test_scores import BIN_WIDTH_S, scored

from lfads.data.dataset import Dataset

SHAPE = (60, 20, 8)
SPLIT = np.array(["train", "valid", "test"] * 20)


def simulated(rng, scale: float) -> tuple[Dataset, xr.Dataset]:
    """Results whose errors are `scale` times as large as their error bars say."""
    rates_hz = 50 * np.exp(0.3 * rng.normal(size=SHAPE))
    latents, inputs = rng.normal(size=(*SHAPE[:2], 2)), rng.normal(size=(*SHAPE[:2], 1))
    dataset = Dataset.from_arrays(
        rng.poisson(rates_hz * BIN_WIDTH_S), bin_width_s=BIN_WIDTH_S, split=SPLIT,
        true_rates_hz=rates_hz, true_latents=latents, true_inputs=inputs, held_out_neurons=[6, 7],
    )  # fmt: skip
    values = {
        "rates": ("neuron", rates_hz, 2.0),
        "factors": ("factor", latents @ rng.normal(size=(2, 3)) + 1, 0.2),
        "inferred_inputs": ("input", 3 - 2 * inputs, 0.5),
    }
    held = {}
    for name, (axis, true, std) in values.items():
        held[name] = (("trial", "time", axis), true + scale * std * rng.standard_normal(true.shape))
        held[f"{name}_std"] = (("trial", "time", axis), np.full(true.shape, std))
    index = {"trial_index": ("trial", dataset.session.trial_index)}
    return dataset, xr.Dataset(held, coords=index)


@pytest.mark.parametrize(("scale", "expected"), [(1.0, 0.9), (2.0, 0.589), (0.0, 1.0)])
def test_true_error_bars_hold_nine_tenths(scale, expected):
    splits = scored(*simulated(np.random.default_rng(0), scale)).splits
    for name in ("rate_coverage", "factor_coverage", "input_coverage"):
        assert getattr(splits["valid"], name) == pytest.approx(expected, abs=0.03)
    assert splits["train"].rate_coverage == pytest.approx(expected, abs=0.03)
    assert splits["train"].factor_coverage is None  # the map was fitted there


def test_without_error_bars_or_truth_nothing_is_said():
    dataset, found = simulated(np.random.default_rng(0), 1.0)
    of_valid = scored(
        dataset, found.drop_vars([n for n in found if str(n).endswith("_std")])
    ).splits["valid"]
    assert of_valid.rate_coverage is None
    assert of_valid.factor_coverage is None
    assert of_valid.rate_r2_median is not None


def test_one_sample_has_no_error_bars_to_be_scored():
    dataset, found = simulated(np.random.default_rng(0), 1.0)
    nothing = {n: np.nan * found[n] for n in found if str(n).endswith("_std")}
    assert scored(dataset, found.assign(nothing)).splits["valid"].rate_coverage is None


def test_what_error_bars_are_made_of_is_told():
    dataset, found = simulated(np.random.default_rng(0), 1.0)
    assert scored(dataset, found.assign_attrs(spread="posterior spread")).notes[-1] == (
        "error bars: posterior spread"
    )
    told = found.assign_attrs(spread="as it is", rate_error=0.0312, rate_error_std=0.0041)
    assert scored(dataset, told).notes[-1] == (
        "error bars: as it is. The variance of that error is 0.031 ± 0.004 times the rate in counts "
        "per bin (± one standard deviation, bootstrap over trials)"
    )


def test_counts_of_held_out_neurons_tell_right_rates_from_wrong_ones():
    dataset, found = simulated(np.random.default_rng(0), 0.0)
    right = scored(dataset, found).splits["test"].held_out_uniformity
    wrong = (
        scored(dataset, found.assign(rates=0.5 * found.rates)).splits["test"].held_out_uniformity
    )
    assert right is not None
    assert right < 1.63 / np.sqrt(20 * 20 * 2)  # of the Kolmogorov-Smirnov test at .01
    assert wrong is not None
    assert wrong > 0.15
