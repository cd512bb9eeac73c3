"""What other tools infer: written, read back, and read by libraries that are not ours."""

import dataclasses
import shutil
import subprocess
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr
from scipy.io import loadmat, savemat
from tests.data.sessions import full_dataset

import lfads
from lfads import UserError
from lfads.cli.main import run
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.formats.hdf5 import write
from lfads.formats.inferred.lfads_torch import LFADSTorch
from lfads.formats.inferred.opened import read_inferred
from lfads.formats.inferred.tensorflow1 import KIND
from lfads.results import Posterior

TOOLS = ("lfads_torch", "lfads_tf1", "autolfads_tf2", "run_manager")
BIN_S = 0.01


def results(name: str = "monday", **changes) -> xr.Dataset:
    """Of every kind, with different numbers everywhere, trials not in the order of their source."""
    dataset, first_bin = full_dataset(), 2
    session = dataclasses.replace(dataset.session, name=name, **changes)
    rng = np.random.default_rng(len(name))
    trials, bins, neurons = session.num_trials, session.num_bins - first_bin, session.num_neurons

    def of_trials(*axes: str, sizes: tuple[int, ...], positive: bool = False) -> Variable:
        values = (
            rng.gamma(2.0, 10.0, (trials, *sizes))
            if positive
            else rng.normal(size=(trials, *sizes))
        )
        return Variable(values, ("trial", *axes), "spikes/s" if axes[-1] == "neuron" else "1")

    variables = {
        "rates": of_trials("time", "neuron", sizes=(bins, neurons), positive=True),
        "factors": of_trials("time", "factor", sizes=(bins, 3)),
        "inferred_inputs": of_trials("time", "input", sizes=(bins, 2)),
        "inferred_inputs_std": of_trials("time", "input", sizes=(bins, 2)),
        "generator_states": of_trials("time", "unit", sizes=(bins, 2)),
        "generator_initial_state": of_trials("unit", sizes=(2,)),
        "initial_condition_mean": of_trials("latent", sizes=(2,)),
        "initial_condition_std": of_trials("latent", sizes=(2,), positive=True),
        "initial_condition_prior_mean": Variable(rng.normal(size=2), ("latent",)),
        "initial_condition_prior_std": Variable(rng.gamma(2.0, 1.0, 2), ("latent",)),
    }
    return labelled_results(
        variables,
        session,
        dataset,
        first_bin=first_bin,
        attributes={"observation": "poisson", "seed": 0},
    )


@pytest.fixture(scope="module")
def one() -> Posterior:
    return Posterior({"monday": results()})


@pytest.fixture(scope="module")
def several() -> Posterior:
    day_2 = results("day 2").isel(trial=slice(0, 7))
    return Posterior({"monday": results(), "day 2": day_2})


def assert_same(found: xr.Dataset, expected: xr.Dataset) -> None:
    """The same numbers, trial by trial of the source; a tool has what it has."""
    found, expected = found.sortby("trial_index"), expected.sortby("trial_index")
    assert {"rates", "factors", "inferred_inputs", "initial_condition_mean"} <= set(found)
    for name in found.data_vars:
        assert found[name].dims == expected[name].dims
        np.testing.assert_allclose(found[name], expected[name], rtol=2e-6, err_msg=str(name))
    assert found["rates"].attrs["units"] == "spikes/s"
    for name in ("split", "trial_index", "trial_length", "held_out"):
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    np.testing.assert_allclose(found["time"], expected["time"])
    assert found.attrs["first_bin"] == expected.attrs["first_bin"]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("which", ["one", "several"])
def test_results_return_with_sessions_neurons_and_trials(tool, which, request, tmp_path):
    posterior: Posterior = request.getfixturevalue(which)
    path = tmp_path / "results"
    posterior.save(path, tool)
    again = lfads.import_posterior(path)
    assert set(again.sessions) == set(posterior.sessions)
    for name, session in posterior.sessions.items():
        assert_same(again.sessions[name], session)


@pytest.mark.parametrize("format", ["mat", "mat73"])
def test_files_for_matlab_return_as_they_were(format, several, tmp_path):
    several.save(tmp_path / "p.mat", format)
    again = lfads.import_posterior(tmp_path / "p.mat")
    assert list(again.sessions) == list(several.sessions)
    for name, session in several.sessions.items():
        xr.testing.assert_identical(again.sessions[name], session)
        assert again.sessions[name].attrs == session.attrs


def test_lfads_torch_has_counts_and_its_own_order_of_neurons(tmp_path):
    dataset = full_dataset()
    moved = np.array([True, False, False, True])
    posterior = Posterior({"monday": results(held_out_neurons=moved)})
    session = dataset.session
    held = Dataset.from_arrays(
        session.spikes, bin_width_s=BIN_S, split=session.split, trial_length=session.trial_length,
        observed=session.observed, held_out_neurons=[0, 3], num_forward_bins=1,
        external_inputs=session.external_inputs, trial_index=session.trial_index, name="monday",
        start_s=-0.2,
    )  # fmt: skip
    path = posterior.save(tmp_path / "lfads_output_monday.h5", LFADSTorch(held))
    with h5py.File(path) as opened:
        file: Any = opened
        shapes = {name: file[name].shape for name in file}
        rates = np.asarray(file["valid_output_params"])
        recon = np.asarray(file["train_recon_data"])
    assert shapes["train_encod_data"] == (6, 5, 2)
    assert shapes["train_recon_data"] == (6, 6, 4)
    assert shapes["train_ext_input"] == (6, 6, 2)
    order = [1, 2, 0, 3]
    expected = posterior.dataset["rates"].values[6:8][:, :, order] * BIN_S
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    known = np.isfinite(recon)
    np.testing.assert_array_equal(recon[known], held.session.spikes[:6][:, :, order][known])
    again = lfads.import_posterior(path, held)
    assert_same(again.dataset, posterior.dataset)
    whole = Dataset.from_arrays(
        session.spikes, bin_width_s=BIN_S, split=session.split, held_out_neurons=[0, 3], num_forward_bins=1,
        trial_index=session.trial_index, name="monday",
    )  # fmt: skip
    other = posterior.save(tmp_path / "lfads_output_whole.h5", LFADSTorch(whole))
    itself = lfads.read(other)  # its data, without a warning of results
    assert itself.session.held_out_neurons.tolist() == [False, False, True, True]
    own = lfads.import_posterior(other, itself).dataset
    np.testing.assert_allclose(own["rates"], posterior.dataset["rates"][:, :, order], rtol=1e-6)
    with h5py.File(path, "a") as file:  # as that tool writes it: no marks of ours
        for name in ("held_out", "neuron_index"):
            del file[name]
        for name in list(file.attrs):
            del file.attrs[name]
    theirs = lfads.import_posterior(path, bin_width_s=BIN_S).dataset
    assert theirs["held_out"].values.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(theirs["rates"], posterior.dataset["rates"][:, :, order], rtol=1e-6)


def test_files_as_tensorflow_1_writes_them(tmp_path):
    rng, data = np.random.default_rng(0), full_dataset()
    counts = {"train": 6, "valid": 2, "test": 2}
    for split, number in counts.items():
        with h5py.File(
            tmp_path / f"model_runs_day1.h5_{split}_posterior_sample_and_average", "w"
        ) as file:
            file["output_dist_params"] = rng.random((number, 6, 4))
            file["factors"] = rng.random((number, 6, 3))
            file["post_g0_mean"] = rng.random((number, 2))
            file["post_g0_logvar"] = np.full((number, 2), 2 * np.log(0.5))
            file["prior_g0_logvar"] = np.full((number, 2), np.log(0.1))
            file["costs"] = rng.random(number)
    found = lfads.import_posterior(sorted(tmp_path.iterdir()), data)
    assert list(found.sessions) == ["monday"]  # as the data call it
    session = found.dataset
    np.testing.assert_allclose(session["initial_condition_std"], 0.5)
    np.testing.assert_allclose(session["initial_condition_prior_std"], np.sqrt(0.1), rtol=1e-6)
    with h5py.File(tmp_path / "model_runs_day1.h5_valid_posterior_sample_and_average") as file:
        np.testing.assert_allclose(
            session["rates"][6:8], np.asarray(file["output_dist_params"]) / BIN_S
        )
    np.testing.assert_array_equal(session["trial_index"], data.session.trial_index)
    assert session["area"].values.tolist() == ["M1", "M1", "PMd", "M1"]


def test_measured_inputs_behind_inferred_ones_are_taken_off(one, tmp_path):
    path, data = one.save(tmp_path / "posterior_samples.h5", "autolfads_tf2"), full_dataset()
    with h5py.File(path, "a") as opened:
        file: Any = opened
        del file.attrs["format"]  # as that tool writes it
        for split in ("train", "valid", "test"):
            inferred = file[f"{split}_gen_inputs"][()]
            del file[f"{split}_gen_inputs"]
            file[f"{split}_gen_inputs"] = np.concatenate([inferred, np.ones_like(inferred)], axis=2)
    found = lfads.import_posterior(path, data).dataset
    assert data.session.num_external_inputs == 2
    np.testing.assert_array_equal(found["inferred_inputs"], one.dataset["inferred_inputs"])


def test_sessions_are_told_by_what_names_of_files_end_in(several, tmp_path):
    several.save(tmp_path / "out", "lfads_tf1")
    sessions = [
        dataclasses.replace(
            full_dataset().session.take(np.arange(10) < trials), name=f"lfads_{name}"
        )
        for name, trials in (("monday", 10), ("day 2", 7))
    ]
    data = dataclasses.replace(full_dataset(), sessions=tuple(sessions))
    found = lfads.import_posterior(tmp_path / "out", data)
    assert list(found.sessions) == ["lfads_monday", "lfads_day 2"]
    renamed = dataclasses.replace(
        data, sessions=(sessions[0], dataclasses.replace(sessions[1], name="x"))
    )
    with pytest.raises(UserError, match="are of the session `day 2`"):
        lfads.import_posterior(tmp_path / "out", renamed)


def test_what_scipy_reads_of_posterior_means(several, tmp_path):
    several.save(tmp_path / "pm.mat", "run_manager")
    pm = loadmat(tmp_path / "pm.mat", squeeze_me=True, struct_as_record=False)["pm"]
    assert [one.session for one in pm] == ["monday", "day 2"]
    expected = several.sessions["monday"].sortby("trial_index")
    np.testing.assert_allclose(pm[0].rates, expected["rates"].values.T)  # neuron × time × trial
    assert (pm[0].binWidthMs, pm[0].kind) == (10, "posterior_sample_and_average")
    np.testing.assert_allclose(pm[0].time, expected["time"] * 1000)
    assert pm[0].trainInds.tolist() == [5, 6, 7, 8, 9, 10]
    assert pm[0].validInds.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(
        pm[0].post_g0_logvar, 2 * np.log(expected["initial_condition_std"].T)
    )


def test_posterior_means_without_our_fields(tmp_path):
    rates = np.random.default_rng(0).random((4, 6, 10))
    pm = {
        "rates": rates,
        "time": np.arange(6) * 10.0,
        "trainInds": np.arange(1, 9),
        "validInds": [9, 10],
    }
    savemat(tmp_path / "pm.mat", {"pm": pm})
    found = lfads.import_posterior(tmp_path / "pm.mat").dataset
    assert found.attrs["bin_width_s"] == pytest.approx(BIN_S)
    np.testing.assert_allclose(found["rates"], rates.T, rtol=1e-6)
    assert found["split"].values.tolist() == ["train"] * 8 + ["valid"] * 2


def test_what_h5py_reads_of_version_73(several, tmp_path):
    path = several.save(tmp_path / "p.mat", "mat73")
    assert path.read_bytes()[:10] == b"MATLAB 7.3"
    assert path.read_bytes()[124:128] == b"\x00\x02IM"
    with h5py.File(path) as opened:
        file: Any = opened
        monday = file["posterior/monday"]
        # MATLAB has the axes the other way round: neuron × time × trial there.
        np.testing.assert_array_equal(monday["rates_hz"], several.sessions["monday"]["rates"])
        assert monday["rates_hz"].attrs["MATLAB_class"] == b"single"
        assert monday["success"].attrs["MATLAB_class"] == b"logical"
        assert monday["trial_index"][0].tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
        notes = [bytes(np.ravel(file[one])).decode("utf-16-le") for one in monday["note"][0]]
        assert notes == list("abcdefghié")


SCRIPT = """
load('{v5}'); m = posterior.monday;
printf('%d ', size(m.rates_hz)); printf('%g ', m.rates_hz(2, 1, 3)); printf('%d ', m.trial_index(1:2));
printf('%s ', m.split{{1}}, m.axes.rates_hz{{1}}, m.units.rates_hz, posterior.session_names{{2}});
s = load('{v73}'); m = s.posterior.monday;
printf('%d ', size(m.rates_hz)); printf('%g ', m.rates_hz(2, 1, 3));
p = load('{pm}'); printf('%d ', numel(p.pm), size(p.pm(1).rates), p.pm(1).validInds(1));
"""


@pytest.mark.skipif(shutil.which("octave-cli") is None, reason="octave-cli is not installed")
def test_what_octave_reads(several, tmp_path):
    names = {"v5": "a.mat", "v73": "b.mat", "pm": "c.mat"}
    for name, format in (("v5", "mat"), ("v73", "mat73"), ("pm", "run_manager")):
        several.save(tmp_path / names[name], format)
    done = subprocess.run(
        ["octave-cli", "--no-gui", "--norc", "--eval", SCRIPT.format(**names)],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    rate = f"{float(several.sessions['monday']['rates'][2, 0, 1]):.6g}"
    expected = f"4 4 10 {rate} 10 9 train neuron spikes/s day 2 4 4 10 {rate} 2 4 4 10 1"
    assert done.stdout.split() == expected.split()


@pytest.mark.parametrize(
    ("write_file", "said"),
    [
        (lambda p: p.write_bytes(b"nothing"), "is neither HDF5 nor .mat; expected results"),
        (lambda p: h5py.File(p, "w").close(), "is HDF5 without results"),
        (lambda p: savemat(p, {"a": 1}, appendmat=False), "is MATLAB without results"),
        (lambda p: _torch(p, train_output_params=np.ones((3, 4))), "must be numbers with 3 axes"),
        (lambda p: _torch(p, train_output_params=np.ones((3, 4, 2))), "the bin width is not in"),
        (lambda p: _torch(p, train_output_params=np.ones((3, 4, 2)), train_factors=np.ones((2, 4, 2))),
         "must hold 3 trials"),
        (lambda p: _torch(p, train_output_params=np.ones((3, 4, 2)), valid_output_params=np.ones((3, 4, 2)),
                          train_factors=np.ones((3, 4, 2))), "`valid_factors` is missing"),
        (lambda p: _torch(p, output_dist_params=np.ones((3, 4, 2))), "say by their name which"),
        (lambda p: savemat(p, {"pm": {"rates": np.ones((2, 4, 3)), "trainInds": [9], "validInds": [1]}},
                           appendmat=False), "must be numbers of trials from 1 to 3"),
        (lambda p: None, "there is no such file"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_said(write_file, said, tmp_path):
    write_file(tmp_path / "x.h5")
    with pytest.raises(UserError, match=said):
        lfads.import_posterior(tmp_path / "x.h5")


def _torch(path: Path, **arrays) -> None:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values


def test_results_of_other_data_are_refused(one, tmp_path):
    one.save(tmp_path / "p.h5", "autolfads_tf2")
    own, data = one.save(tmp_path / "p.mat"), full_dataset()
    for change, said in (
        ({"spikes": data.session.spikes[:, :, :3], "held_out_neurons": []}, "4 neurons there"),
        ({"spikes": data.session.spikes[:9], "split": data.session.split[:9]}, "10 trials there"),
        ({"spikes": data.session.spikes[:, :3]}, "4 bins there, 3 in the data"),
    ):  # fmt: skip
        other = Dataset.from_arrays(**{"bin_width_s": BIN_S, "name": "monday", **change})
        with pytest.raises(UserError, match=said):
            lfads.import_posterior(tmp_path / "p.h5", other)
        with pytest.raises(
            UserError, match="do not fit together: trials, bins or neurons are others"
        ):
            lfads.import_posterior(own, other)


def test_structs_for_matlab_that_are_damaged(several, tmp_path):
    path = several.save(tmp_path / "p.mat", "mat73")
    for name, said in (
        ("axes/rates_hz", "`rates_hz` must have shape"),
        ("sizes", "a session lacks `sizes`"),
    ):
        with h5py.File(path, "a") as file:
            del file[f"posterior/monday/{name}"]
        with pytest.raises(UserError, match=said):
            lfads.import_posterior(path)


def test_results_are_no_data(one, tmp_path):
    path = one.save(tmp_path / "posterior_samples.h5", "autolfads_tf2")
    with pytest.raises(
        UserError, match=r"holds results of AutoLFADS-TF2, not data: `lfads\.import_results`"
    ):
        lfads.read(path)


def test_arrays_without_a_counterpart_are_named(one, tmp_path):
    path = one.save(tmp_path / "p.h5", "lfads_torch")
    with h5py.File(path, "a") as file:
        file["train_con_states"] = np.ones((6, 4, 2))
    with pytest.warns(UserWarning, match="not read.*`train_con_states`"):
        read_inferred([path], None, None)


def test_several_files_need_a_folder(several, tmp_path):
    (tmp_path / "p.h5").write_bytes(b"a recording")
    with pytest.raises(
        UserError, match="of a folder, since this format keeps these results in 2 files"
    ):
        several.save(tmp_path / "p.h5", "lfads_torch")
    folder = tmp_path / "out"
    several.save(folder, "lfads_torch")
    (folder / "lfads_output_monday.h5").write_bytes(b"a recording")
    with pytest.raises(UserError, match="is not a posterior"):
        several.save(folder, "lfads_torch")
    assert sorted(p.name for p in folder.iterdir()) == [
        "lfads_output_day_2.h5",
        "lfads_output_monday.h5",
    ]


def test_suffixes_that_several_share_need_a_name(one, tmp_path):
    with pytest.raises(UserError, match=r"`.h5` \(lfads_torch, by its name\)"):
        one.save(tmp_path / "p.h5")


@pytest.fixture(scope="module")
def run_of_constants(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    counts = np.random.default_rng(0).poisson(0.5, (10, 8, 4))
    write(Dataset.from_arrays(counts, bin_width_s=0.02, name="monday"), folder / "d.h5")
    assert run(["baseline", "constant", str(folder / "d.h5"), "--out", str(folder / "run")]) == 0
    return folder


@pytest.mark.parametrize(
    ("tool", "names"),
    [
        ("lfads_torch", ["lfads_output_monday.h5"]),
        ("lfads_tf1", [f"lfads_tf1/model_runs_monday.h5_{split}_{KIND}" for split in ("train", "valid")]),
        ("autolfads_tf2", ["posterior_samples.h5"]),
        ("run_manager", ["posterior_means.mat"]),
        ("mat73", ["posterior73.mat"]),
    ],
)  # fmt: skip
def test_by_command_and_back_as_a_run(tool, names, run_of_constants, tmp_path, capsys):
    """A lab's results are scored as ours are."""
    there = run_of_constants / "run"
    assert run(["export", str(there), "--format", tool]) == 0
    files = [there / name for name in names]
    said = capsys.readouterr().out
    assert all(f"wrote {file}" in said and file.is_file() for file in files)
    data, out = str(run_of_constants / "d.h5"), str(tmp_path / "imported")
    assert run(["import-results", *map(str, files), "--data", data, "--out", out]) == 0
    assert "results of" in capsys.readouterr().out
    one, other = lfads.open_run(there), lfads.open_run(out)
    np.testing.assert_allclose(other.infer().rates, one.infer().rates, rtol=1e-6)
    for split, scores in one.summary["scores"]["splits"].items():
        assert other.summary["scores"]["splits"][split] == pytest.approx(scores, rel=1e-5)


def test_a_run_of_imported_results_is_of_its_data_alone(run_of_constants, tmp_path, capsys):
    run(
        [
            "export",
            str(run_of_constants / "run"),
            "--format",
            "autolfads_tf2",
            "--out",
            str(tmp_path / "p.h5"),
        ]
    )
    data, out = str(run_of_constants / "d.h5"), str(tmp_path / "imported")
    run(["import-results", str(tmp_path / "p.h5"), "--data", data, "--out", out])
    capsys.readouterr()
    counts = np.random.default_rng(1).poisson(0.5, (10, 8, 4))
    write(Dataset.from_arrays(counts, bin_width_s=0.02, name="monday"), tmp_path / "other.h5")
    assert run(["infer", out, str(tmp_path / "other.h5"), "--out", str(tmp_path / "q.nc")]) == 2
    assert "nothing here can infer them" in capsys.readouterr().err
    assert run(["compare", out, str(run_of_constants / "run")]) == 0
    assert run(["baseline", "imported", data, "--out", str(tmp_path / "none")]) == 2
    assert "there is no baseline `imported`" in capsys.readouterr().err
    assert run(["import-results", str(tmp_path / "p.h5"), "--out", str(tmp_path / "alone.nc")]) == 0
    assert (
        lfads.open_posterior(tmp_path / "alone.nc").dataset.attrs["imported_from"]
        == "AutoLFADS-TF2"
    )
