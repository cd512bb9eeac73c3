"""Inputs as the run manager writes them, and results of its runs as it reads them."""

import itertools
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

import lfads
from lfads.checks import UserError
from lfads.formats.matlab.values import Cell
from lfads.matlab.run_manager import commands
from lfads.matlab.run_manager.counts import raw_counts, rebinned, validation_trials
from lfads.matlab.run_manager.fit_log import fit_log
from lfads.matlab.run_manager.parameters_class import FILE, parameters_class
from lfads.matlab.run_manager.posterior_means import posterior_means
from lfads.matlab.run_manager.queue import main
from lfads.matlab.toolbox import toolbox_folder

TRIALS, CHANNELS, SAMPLES, BIN_MS = 11, 3, 13, 2.0


def sent(seed: int = 0, channels: int = CHANNELS) -> dict:
    """What MATLAB sends of a dataset: trial × channel × time."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.7, (TRIALS, channels, SAMPLES))
    return {
        "counts": counts.astype(np.uint8),
        "timeVecMs": np.arange(SAMPLES, dtype=float)[None] - 3,
        "conditionId": np.where(np.arange(TRIALS) == 4, np.nan, np.arange(TRIALS) % 2 + 1.0)[
            :, None
        ],
        "truth": counts / 2,
        "externalInputs": rng.normal(size=(TRIALS, 2, SAMPLES)),
    }


def prepared(folder: Path, **changes) -> dict:
    arguments = {
        "folder": str(folder), "datasets": ["a", "b"], "bin_ms": "2", "ratio": "4", "data_hash": "xyz",
        **changes,
    }  # fmt: skip
    return dict(commands.prepare(arguments, {"s1": sent(), "s2": sent(1, 4)}).values)


def test_validation_trials_and_bins_follow_the_rule():
    """Trials 1 : ratio + 1 : end, counted from 1; sums of bins, the end of a trial cut off."""
    for trials, ratio in ((11, 4), (7, 1), (5, 9)):
        matlab = list(range(1, trials + 1, ratio + 1))  # 1 : ratio + 1 : end
        assert (np.flatnonzero(validation_trials(trials, ratio)) + 1).tolist() == matlab
    given = sent()
    wide = rebinned(raw_counts("a", given), 4.0)
    assert wide.counts.shape == (TRIALS, 3, CHANNELS)
    for trial in range(TRIALS):
        for channel in range(CHANNELS):
            for place in range(3):
                samples = given["counts"][trial, channel, 4 * place : 4 * place + 4]
                assert wide.counts[trial, place, channel] == samples.sum()
    assert wide.time_ms.tolist() == [-3, 1, 5]
    expected = given["externalInputs"][:, :, :12].reshape(TRIALS, 2, 3, 4).mean(3)
    assert wide.external_inputs is not None
    np.testing.assert_allclose(wide.external_inputs, expected.transpose(0, 2, 1))


def test_numbers_of_conditions_stay_apart_however_large():
    numbers = np.array([20171107, 20171108, 0.1, np.nan, 2, 1e15, *range(5)])
    labels = raw_counts("a", {**sent(), "conditionId": numbers[:, None]}).labels
    assert labels[:6].tolist() == ["20171107", "20171108", "0.1", "", "2", "1e+15"]


def test_inputs_are_files_that_lfads_reads(tmp_path):
    assert prepared(tmp_path) == {"num_training_trials": [8, 8], "num_trials": [11, 11]}
    with h5py.File(tmp_path / "lfads_a.h5") as opened:
        file = {name: np.asarray(opened[name]) for name in opened}
    counts = sent()["counts"][:, :, :12].reshape(TRIALS, CHANNELS, 6, 2).sum(3).transpose(0, 2, 1)
    assert file["train_data"].dtype == np.int64
    np.testing.assert_array_equal(file["valid_data"], counts[[0, 5, 10]])
    np.testing.assert_array_equal(file["train_inds"], [2, 3, 4, 5, 7, 8, 9, 10])
    assert file["train_ext_input"].shape == (8, 6, 2)
    assert "alignment_matrix_cxf" not in file
    info = loadmat(tmp_path / "inputInfo_a.mat")
    assert info["validInds"].ravel().tolist() == [1, 6, 11]
    assert info["counts"].shape == (CHANNELS, 6, TRIALS)
    assert info["counts"].dtype == np.float64  # MATLAB refuses whole numbers minus rates
    np.testing.assert_array_equal(info["counts"].transpose(2, 1, 0), counts)
    assert info["seq_timeVector"].ravel().tolist() == [-3, -1, 1, 3, 5, 7]
    assert info["seq_binSizeMs"].item() == 2
    assert info["paramInputDataHash"].item() == "xyz"
    session = lfads.read(tmp_path / "lfads_a.h5").session
    assert session.trial_index.tolist() == [1, 2, 3, 4, 6, 7, 8, 9, 0, 5, 10]
    np.testing.assert_array_equal(session.spikes, counts[session.trial_index])
    assert session.true_rates_hz is not None
    np.testing.assert_allclose(session.true_rates_hz, counts[session.trial_index] / 2 / 0.002)
    assert session.condition is None  # a trial has no label


def test_labels_of_all_trials_go_with_the_data(tmp_path):
    given = {**sent(), "conditionId": Cell([f"c{k % 3}" for k in range(TRIALS)], (1, TRIALS))}
    arguments = {"folder": str(tmp_path), "datasets": "a", "bin_ms": "2", "ratio": "4"}
    commands.prepare(arguments, {"s1": given})
    session = lfads.read(tmp_path / "lfads_a.h5").session
    assert session.condition is not None
    assert session.condition.tolist() == [f"c{k % 3}" for k in session.trial_index]
    with h5py.File(tmp_path / "lfads_a.h5", "a") as file:
        del file["condition_labels_valid"]
    with pytest.raises(UserError, match="`condition_labels_valid` must have a label for each of 3"):
        lfads.read(tmp_path / "lfads_a.h5")


def test_an_alignment_is_written_beside_the_data_and_given_back(tmp_path):
    prepared(
        tmp_path, align=True, num_components="2", approach="ridgeRegressGlobalPCs", z_score=True
    )
    arrays = {"s1": sent(), "s2": sent(1, 4)}
    given = {"datasets": ["a", "b"], "bin_ms": "2", "num_components": "2", "z_score": True,
             "approach": "ridgeRegressGlobalPCs"}  # fmt: skip
    tool = commands.align(given, arrays).arrays["tool"]
    assert tool["conditions"] == ["1", "2"]
    assert tool["pcAvgGlobal"].shape == (2, 6, 2)
    for number, name in enumerate("ab"):
        with h5py.File(tmp_path / f"lfads_{name}.h5") as file:
            np.testing.assert_array_equal(
                file["alignment_matrix_cxf"], tool["alignmentMatrices"][number]
            )
            np.testing.assert_array_equal(file["alignment_bias_c"], tool["alignmentBiases"][number])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"counts": np.full((2, 3, 4), np.nan)}, "24 values that are NaN or infinite"),
        ({"counts": Cell([], (0, 0))}, "`counts` must be numbers, trials × channels × time"),
        ({"timeVecMs": np.arange(4.0)}, "a time for each of 13 samples, 2 or more; got 4"),
        ({"timeVecMs": np.arange(13.0) ** 2}, "`timeVecMs` must rise evenly"),
        ({"conditionId": np.arange(3.0)}, "one for 11 trials"),
        ({"conditionId": Cell([np.ones((1, 1))] * 11, (11, 1))}, "numbers or a cell of text"),
        ({"truth": np.zeros((11, 2, 13))}, "`truth` must have the trials and times"),
    ],
)
def test_mistakes_in_counts(changes, said):
    with pytest.raises(UserError, match=said):
        raw_counts("a", {**sent(), **changes})


def test_other_mistakes(tmp_path):
    with pytest.raises(
        UserError, match=r"`spikeBinMs` = 1\.5 must be a whole number of samples of 1"
    ):
        rebinned(raw_counts("a", sent()), 1.5)
    with pytest.raises(UserError, match="a bin of 20 ms is longer than a trial of 13 ms"):
        rebinned(raw_counts("a", sent()), 20.0)
    with pytest.raises(UserError, match="`trainToTestRatio` must be a whole number, 1 or more"):
        prepared(tmp_path, ratio="0.5")
    without = {**sent(), "conditionId": np.zeros((0, 0))}
    given = {"datasets": "a", "bin_ms": "2", "num_components": "2"}
    with pytest.raises(UserError, match="expected `conditionId` of every dataset; a have none"):
        commands.align(given, {"s1": without})
    with pytest.raises(UserError, match="there is no `alignmentApproach` 'pca'"):
        commands.align({**given, "approach": "pca"}, {"s1": sent()})
    with pytest.raises(UserError, match="must be names and values in turn"):
        settings(tmp_path, added=["training.num_epochs"])


def settings(folder: Path, **given) -> dict:
    if not (folder / "lfads_a.h5").exists():
        prepared(folder)
    arguments = {"file": str(folder / "lfads.toml"), "folder": str(folder), "datasets": ["a", "b"],
                 "parameters": {}, **given}  # fmt: skip
    return dict(commands.settings(arguments, {}).values["settings"])


def test_settings_of_a_run(tmp_path):
    """A ramp in steps: 16 training trials in batches of 8 are 2 steps an epoch."""
    given = {"c_factors_dim": "4", "c_batch_size": "8", "c_kl_increase_steps": "100"}
    found = settings(tmp_path, parameters=given, added=["training.num_epochs", "7", "seed", "3"])
    assert found["training"] == {"batch_size": 8, "num_epochs": 7, "ramp_epochs": 50}
    assert (found["model"]["num_factors"], found["seed"]) == (4, 3)
    config = lfads.read_config(tmp_path / "lfads.toml")
    assert config.training.num_epochs == 7
    with pytest.raises(UserError, match="num_epoch"):
        settings(tmp_path, added=["training.num_epoch", "7"])


def old_run(
    folder: Path, names: tuple[str, ...] = ("day1",), trials: int = 7
) -> dict[str, np.ndarray]:
    """Files of a run of LFADS in TensorFlow 1; trial 4 (from 1) is in neither split. Datasets are alike."""
    rng = np.random.default_rng(5)
    splits = {"train": [2, 3, 5, 7], "valid": [1, 6]}
    inputs, output = folder / "lfadsInput", folder / "lfadsOutput"
    inputs.mkdir(parents=True)
    output.mkdir()
    info = {
        "trainInds": np.array(splits["train"], float), "validInds": np.array(splits["valid"], float),
        "paramInputDataHash": "AbC-_1", "seq_timeVector": np.arange(5) * 2.0, "seq_binSizeMs": 2.0,
        "conditionId": np.arange(trials) % 2 + 1.0, "counts": rng.poisson(1.0, (3, 5, trials)),
    }  # fmt: skip
    shapes = {
        "controller_outputs": (5, 2), "factors": (5, 4), "gen_states": (5, 6), "gen_ics": (6,),
        "output_dist_params": (5, 3), "prior_g0_mean": (2,), "prior_g0_logvar": (2,),
        "post_g0_mean": (2,), "post_g0_logvar": (2,), "costs": (), "nll_bound_vaes": (),
        "nll_bound_iwaes": (), "train_steps": (),
    }  # fmt: skip
    whole = {name: rng.gamma(2.0, 1.0, (trials, *shape)) for name, shape in shapes.items()}
    for name, (split, inds) in itertools.product(names, splits.items()):
        savemat(inputs / f"inputInfo_{name}.mat", info)
        path = output / f"model_runs_{name}.h5_{split}_posterior_sample_and_average"
        with h5py.File(path, "w") as file:
            for key, values in whole.items():
                file.create_dataset(key, data=values[np.array(inds) - 1], compression="gzip")
    lines = [
        f"epoch,{e},step,{e * 10},total,{t},{v},recon,{t - 1},{v - 1},kl,0.5,0.25,"
        f"l2,0.1,klweight,{w},l2weight,{w2}"
        for e, t, v, w, w2 in (
            (1, 9, 3, 0.5, 1),
            (2, 8, 7, 1, 1),
            (3, 7, 6, 1, 1),
            (4, 6, 6.5, 1, 1),
        )
    ]
    (output / "fitlog.csv").write_text("\n".join(lines) + "\nepoch,5,st")
    return whole


def test_results_of_old_runs_return_to_their_trials(tmp_path):
    whole = old_run(tmp_path)
    found = posterior_means(tmp_path / "lfadsOutput", tmp_path / "lfadsInput", "day1")
    same = ("controller_outputs", "factors", "post_g0_mean", "post_g0_logvar", "costs", "nll_bound_vaes",
            "nll_bound_iwaes")  # fmt: skip
    names = {name: name for name in same}
    names |= {"gen_states": "generator_states", "gen_ics": "generator_ics"}
    for theirs, ours in names.items():
        expected = whole[theirs].copy()
        expected[3] = np.nan
        np.testing.assert_allclose(found[ours], expected.T, rtol=1e-12, err_msg=ours)
    rates = whole["output_dist_params"] * 1000 / 2
    rates[3] = np.nan
    np.testing.assert_allclose(found["rates"], rates.T)
    assert found["rates"].shape == (3, 5, 7)
    assert found["trainInds"].tolist() == [2, 3, 5, 7]
    assert found["validInds"].tolist() == [1, 6]
    assert found["time"].tolist() == [0, 2, 4, 6, 8]
    assert found["rawCounts"].shape == (3, 5, 7)
    assert found["rawCounts"].dtype == np.float64
    assert (found["kind"], found["binWidthMs"]) == ("posterior_sample_and_average", 2)


def test_results_that_do_not_fit(tmp_path):
    old_run(tmp_path)
    output, inputs = tmp_path / "lfadsOutput", tmp_path / "lfadsInput"
    with pytest.raises(UserError, match="there is no kind 'train'"):
        posterior_means(output, inputs, "day1", "train")
    with pytest.raises(UserError, match="sample them first"):
        posterior_means(output, inputs, "day1", "posterior_push_mean")
    with pytest.raises(UserError, match="expected what prepareForLFADS wrote"):
        posterior_means(output, inputs, "day2")
    path = output / "model_runs_day1.h5_valid_posterior_sample_and_average"
    path.write_bytes(
        (output / "model_runs_day1.h5_train_posterior_sample_and_average").read_bytes()
    )
    with pytest.raises(UserError, match="have 4 trials of `valid`, and its inputs 2"):
        posterior_means(output, inputs, "day1")


def test_fit_logs(tmp_path):
    """The lowest validation total of all is of an epoch in which a weight was below 1."""
    old_run(tmp_path)
    log = fit_log(tmp_path / "lfadsOutput")
    assert log["step"].tolist() == [10, 20, 30, 40]  # the last line was cut off
    assert log["total_valid"].tolist() == [3, 7, 6, 6.5]
    assert log["recon_train"].tolist() == [8, 7, 6, 5]
    lowest = {
        name: float(log[f"{name}_lve"]) for name in ("epoch", "total_valid", "total_train", "l2")
    }
    assert lowest == {"epoch": 3, "total_valid": 6, "total_train": 7, "l2": 0.1}
    file = tmp_path / "lfadsOutput" / "fitlog.csv"
    file.write_text("epoch,1\n" + file.read_text())
    with pytest.raises(UserError, match="line 1 is no log of an epoch: epoch,1"):
        fit_log(tmp_path / "lfadsOutput")
    with pytest.raises(UserError, match="no epoch is logged yet"):
        fit_log(tmp_path)


def test_logs_of_this_program(tmp_path):
    records = [
        {"epoch": e, "ramp": r, "train_loss": 1.0, "train_nll": 0.5, "valid_nll": 0.4, "train_l2": 0.1,
         "train_kl_initial_condition": 2.0, "train_kl_inferred_inputs": 4.0,
         "valid_kl_initial_condition": 1.0, "valid_kl_inferred_inputs": None, "valid_smoothed": v}
        for e, r, v in ((1, 0.5, 0.2), (2, 1.0, 0.4), (3, 1.0, 0.3))
    ]  # fmt: skip
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    (tmp_path / "config.toml").write_text(
        "[hyperparameters]\ninitial_condition_kl_weight = 0.5\ninferred_input_kl_weight = 0.25\n"
    )
    log = fit_log(tmp_path)
    assert log["epoch_lve"] == 3
    assert log["kl_train"].tolist() == [2, 2, 2]
    assert np.isnan(log["step"]).all()


def test_hdf5_has_axes_reversed_as_matlab_writes_them(tmp_path):
    arrays = {
        "rates": np.arange(24.0).reshape(2, 3, 4),
        "names": Cell(["a", "b"], (1, 2)),
        "kind": "x",
    }
    commands.export({"file": str(tmp_path / "x.h5")}, {"s": arrays})
    with h5py.File(tmp_path / "x.h5") as opened:
        file = {name: np.asarray(opened[f"s/{name}"]) for name in arrays}
    np.testing.assert_array_equal(file["rates"], arrays["rates"].T)
    assert (file["names"].tolist(), file["kind"].item()) == ([b"a", b"b"], b"x")
    with pytest.raises(UserError, match=r"x.h5"):
        commands.export({"file": str(tmp_path / "x.h5")}, {"s": arrays})


def test_the_class_of_parameters_is_made_from_the_list():
    file = toolbox_folder() / FILE
    assert file.read_text(encoding="utf-8") == parameters_class(), (
        "run: python -m lfads.matlab.run_manager.parameters_class"
    )


def test_the_queue_runs_scripts_once_and_names_what_failed(tmp_path, capfd):
    for name, text in {"good": "echo $CUDA_VISIBLE_DEVICES > seen", "bad": "exit 3"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "lfads_train.sh").write_text(text + "\n")
    tasks = [{"name": name, "scripts": "lfads_train.sh"} for name in ("good", "bad")]
    queue = {"tasks": tasks, "gpus": [5], "most": 2, "rerun": False}
    file = tmp_path / "lfadsqueue.json"
    file.write_text(json.dumps(queue))
    assert main([str(file)]) == 1
    said = capfd.readouterr().err
    assert "0 skipped, 1 finished, 1 failed" in said
    assert f"bad: failed; {tmp_path / 'bad' / 'lfads.out'} says why" in said
    assert "good: failed" not in said
    assert (tmp_path / "good" / "seen").read_text().strip() == "5"
    assert (tmp_path / "good" / "lfads.done").exists()
    assert not (tmp_path / "bad" / "lfads.done").exists()
    file.write_text(json.dumps({**queue, "tasks": tasks[0]}))
    assert main([str(file)]) == 0
    assert "1 skipped, 0 finished" in capfd.readouterr().err
    file.write_text(json.dumps({**queue, "tasks": [{"name": "../x", "scripts": "a.sh"}]}))
    assert main([str(file)]) == 2
    assert "is no queue" in capfd.readouterr().err
