"""The Python of docs/data.md runs, and does what the page says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.sessions import counts

import lfads

PAGE = Path(__file__).parents[2] / "docs" / "data.md"
TRIALS, BINS, NEURONS = 60, 500, 4


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, Any]:
    """Names after the blocks of the page, which start from a recording in bins of 1 ms."""
    rng = np.random.default_rng(0)
    names: dict[str, Any] = {
        "np": np,
        "lfads": lfads,
        "trials": TRIALS,
        "bins": BINS,
        "neurons": NEURONS,
        "counts_1ms": counts(TRIALS, BINS, NEURONS, rate=0.02),
        "is_test": np.arange(TRIALS) % 6 == 0,
        "direction": np.arange(TRIALS) % 2,
        "dff": rng.normal(size=(TRIALS, 30, 5)),
        "stimulus": np.arange(TRIALS) % 3,
        "go_cue_s": 1.0 + np.arange(TRIALS),
        "spike_times_s": [rng.uniform(0, TRIALS + 2, 3000) for _ in range(NEURONS)],
        "areas": ["M1", "M1", "PMd", "PMd"],
        "durations_s": np.repeat([0.3, 0.459], TRIALS // 2),
        "continuous_counts": counts(1, 2000, NEURONS)[0],
        "speed": rng.normal(size=2000),
        "before_pause": counts(1, 1000, NEURONS)[0],
        "after_pause": counts(1, 700, NEURONS)[0],
        "padded": np.repeat([[[1]] * 30 + [[0]] * 20, [[1]] * 45 + [[0]] * 5], TRIALS // 2, 0),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("page"))
        for block in re.findall(
            r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
        ):
            exec(block, names)  # noqa: S102 - the page is ours
        names["recording"] = lfads.read("recording.npz")
        names["monday"] = lfads.read("monday.h5")
    return names


def test_narrow_bins_are_summed(results):
    assert results["counts"].shape == (TRIALS, BINS // 10, NEURONS)
    np.testing.assert_array_equal(
        results["counts"][1, 2], results["counts_1ms"][1, 20:30].sum(axis=0)
    )
    assert results["recording"].bin_width_s == 0.01


def test_validation_trials_are_kept_beside_test_trials(results):
    split = results["split"]
    assert ((split == "test") == results["is_test"]).all()
    assert (split == "valid").sum() == 10
    assert lfads.Dataset.from_arrays(results["counts"], bin_width_s=0.01, split=split).session


def test_a_window_that_begins_before_the_event_starts_below_zero(results):
    assert results["monday"].start_s == -0.2
    assert results["monday"].session.num_bins == 80
    assert results["monday"].session.neuron_table["area"].tolist() == results["areas"]


def test_trial_lengths_are_whole_bins(results):
    assert set(results["lengths"]) == {30, 45}
    assert set(results["dataset"].session.trial_length) == {30, 45}


def test_continuous_recordings_become_windows(results):
    assert results["windows"].session.trial_table["chop_start_bin"].tolist()[-2:] == [1840, 1900]
    assert set(results["interrupted"].session.trial_table["chop_piece_start_s"]) == {0.0, 93.5}
