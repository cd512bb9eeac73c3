"""`lfads infer` on windows of a continuous recording writes merged results, too."""

import json

import numpy as np
import pytest
from tests.small import flags

import lfads
from lfads.cli.main import run


def command(*words):
    return run([str(word) for word in words])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    counts = np.random.default_rng(0).poisson(0.5, (2, 65, 4))
    dataset = lfads.chop(
        list(counts), bin_width_s=0.02, window_bins=9, overlap_bins=3, piece_starts_s=[0.0, 50.0]
    )
    lfads.write(dataset, folder / "chopped.h5")
    assert (
        command("train", folder / "chopped.h5", "--out", folder / "run", *flags(num_epochs=1)) == 0
    )
    return folder / "run"


def test_merged_results_lie_beside_the_posterior(trained, tmp_path, capsys):
    assert command("infer", trained, "--num-samples", 2) == 0
    assert "continuous.nc: the same, merged over overlapping windows" in capsys.readouterr().out
    merged = lfads.open_continuous(trained / "continuous.nc")
    assert dict(merged.sizes) == {"time": 130, "neuron": 4, "factor": 2, "input": 1}
    assert np.isfinite(merged.inferred_inputs_std).all()
    assert float(merged.time[65]) == 50.0
    assert command("infer", trained, "--num-samples", 2, "--out", tmp_path / "a.nc", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["continuous"] == str(tmp_path / "a.continuous.nc")
    np.testing.assert_array_equal(lfads.open_continuous(answer["continuous"]).rates, merged.rates)


def test_another_file_there_is_not_replaced(trained, tmp_path, capsys):
    (tmp_path / "a.continuous.nc").write_text("mine")
    assert command("infer", trained, "--num-samples", 2, "--out", tmp_path / "a.nc") == 2
    assert "a.continuous.nc exists already" in capsys.readouterr().err
    assert (tmp_path / "a.continuous.nc").read_text() == "mine"
    assert not (tmp_path / "a.nc").exists()
