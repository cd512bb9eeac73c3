"""Learning curves of several runs: every run on every panel, and only what was recorded."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.plots.curves_of_runs import MOST_RUNS, plot_curves_of_runs


def run_of(epochs: int, scale: float = 1.0, **more: float) -> list[dict]:
    return [
        {
            "epoch": k, "ramp": min(1.0, k / 3), "train_nll": scale / k, "valid_nll": 2 * scale / k,
            "valid_smoothed": abs(k - 5) * scale, "valid_kl_inferred_inputs": 0.0, **more,
        }
        for k in range(1, epochs + 1)
    ]  # fmt: skip


def test_each_run_is_on_each_panel_with_its_best_epoch():
    figure = plot_curves_of_runs({"one": run_of(9), "$two$": run_of(4, valid_bits_per_sample=0.2)})
    train, valid, bits = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Training",
        "Validation",
        "Validation",
    ]
    assert [np.asarray(line.get_xdata()).tolist() for line in train.lines] == [
        [*range(1, 10)],
        [*range(1, 5)],
    ]
    over_epochs = [np.asarray(line.get_xdata()).tolist() for line in valid.lines]
    assert [one for one in over_epochs if len(one) == 1] == [[5.0], [4.0]]
    assert len({line.get_color() for line in train.lines}) == 2
    assert bits.get_ylabel() == "bits per sample"
    (key,) = figure.legends
    assert [text.get_text() for text in key.get_texts()] == ["one", r"\$two\$"]


def test_too_many_runs_and_none():
    with pytest.raises(UserError, match="expected 1 to 16 runs that have trained an epoch; got 0"):
        plot_curves_of_runs({"none": []})
    with pytest.raises(UserError, match="got 17"):
        plot_curves_of_runs({str(k): run_of(2) for k in range(MOST_RUNS + 1)})
