"""Mistakes at the command line: exit status 2, one helpful message, nothing left behind."""

import h5py
import numpy as np
import pytest
from tests.small import flags

from lfads.cli.main import run


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.npz"
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(path, spikes=counts, bin_width_s=0.02)
    return path


def npz(tmp_path, **arrays):
    path = tmp_path / "bad.npz"
    np.savez(path, **{"bin_width_s": 0.02, **arrays})
    return path


def complains(capsys, arguments, *words):
    """The command ends with status 2 and one message with these words, without a traceback."""
    status = run([str(a) for a in arguments])
    said = capsys.readouterr()
    assert status == 2, said.err
    assert said.out == ""
    assert said.err.count("lfads: error:") == 1
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err
    return said.err


COUNTS = np.random.default_rng(0).poisson(0.5, (12, 9, 4)).astype(float)


def changed(value, at=(0, 0, 0)):
    counts = COUNTS.copy()
    counts[at] = value
    return counts


BAD_ARRAYS = {
    "nan": (changed(np.nan), "NaN"),
    "infinite": (changed(np.inf), "inf"),
    "negative": (changed(-1.0), "negative"),
    "fractional": (changed(0.5), "whole"),
    "text": (np.full((12, 9, 4), "a"), "counts"),
    "two dimensions": (COUNTS[0], "(trial, time, neuron)"),
    "no trials": (COUNTS[:0], "trial"),
    "one training trial": (COUNTS[:1], "trial"),
    "one bin": (COUNTS[:, :1], "bin"),
    "spike times": (
        np.sort(np.random.default_rng(0).uniform(0, 100, (20, 300)), axis=1),
        "SpikeTrains",
    ),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(case, tmp_path, capsys):
    spikes, word = BAD_ARRAYS[case]
    path = npz(tmp_path, spikes=spikes)
    complains(capsys, ["train", path, "--out", tmp_path / "run"], "bad.npz", word)
    assert not (tmp_path / "run").exists()


def test_objects_in_arrays(tmp_path, capsys):
    path = tmp_path / "bad.npz"
    np.savez(path, spikes=np.array([{"a": 1}], dtype=object), bin_width_s=0.02)
    complains(capsys, ["train", path, "--out", tmp_path / "run"], "bad.npz")


@pytest.mark.parametrize(
    "content", [b"", b"hello, text", b"\x89PNG\r\n\x1a\n", b"\x89HDF\r\n\x1a\n123"]
)
def test_files_that_are_not_data(content, tmp_path, capsys):
    path = tmp_path / "data.h5"
    path.write_bytes(content)
    complains(capsys, ["train", path, "--out", tmp_path / "run"], "data.h5")


def test_truncated_file(data, tmp_path, capsys):
    whole = data.read_bytes()
    data.write_bytes(whole[: len(whole) // 2])
    complains(capsys, ["train", data, "--out", tmp_path / "run"], "data.npz")


def test_missing_file(tmp_path, capsys):
    complains(capsys, ["train", tmp_path / "no.h5", "--out", tmp_path / "run"], "no such file")


def test_missing_keys(tmp_path, capsys):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["valid_encod_data"] = np.zeros((3, 9, 4))
    complains(capsys, ["train", tmp_path / "x.h5", "--out", tmp_path / "run"], "train_encod_data")


def test_splits_that_disagree(tmp_path, capsys):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["train_data"] = np.zeros((3, 9, 4), np.uint8)
        file["valid_data"] = np.zeros((3, 9, 5), np.uint8)
    words = ["train", tmp_path / "x.h5", "--bin-width-s", 0.01, "--out", tmp_path / "run"]
    complains(capsys, words, "valid (encoded)` has 5")


def test_no_bin_width(tmp_path, capsys):
    np.savez(tmp_path / "x.npz", spikes=COUNTS)
    words = ["train", tmp_path / "x.npz", "--out", tmp_path / "run"]
    complains(capsys, words, "--bin-width-s")


def test_batch_larger_than_the_data(data, tmp_path, capsys):
    words = ["train", data, "--out", tmp_path / "run", "--training.batch-size", 100]
    complains(capsys, words, "`batch_size` is 100, but there are only 10 training trials")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[model\nnum_factors = 2", "is not valid TOML"),
        ("[model]\nnum_factor = 2", "Did you mean `num_factors`?"),
        ("num_factors = 2", "It belongs to [model]."),
        ("[modle]\nnum_factors = 2", "Did you mean `model`?"),
        ("[model]\nlearning_rate = 2", "It belongs to [hyperparameters]."),
        ("[model]\nnum_factors = 'two'", "must be a whole number"),
        ("[model]\nnum_factors = true", "must be a whole number"),
        ("[model]\nnum_factors = -2", "must be above 0"),
        ("[hyperparameters]\ndropout_rate = 1.5", "must be in [0, 1)"),
        ("[hyperparameters]\nlearning_rate = nan", "finite"),
        ("model = 3", "must be a table"),
        ("seed = -1", "`seed` must be a whole number"),
        ("[model]\ncausal = true", "`causal` needs"),
        ("[training]\nlearning_rate_schedule = 'cosin'", '"cosine"'),
    ],
)
def test_bad_configuration_files(text, word, data, tmp_path, capsys):
    (tmp_path / "run.toml").write_text(text)
    words = ["train", data, "--out", tmp_path / "run", "--config", tmp_path / "run.toml"]
    complains(capsys, words, "run.toml", word)
    assert not (tmp_path / "run").exists()


def test_configuration_file_that_is_data(data, tmp_path, capsys):
    words = ["train", data, "--out", tmp_path / "run", "--config", data]
    complains(capsys, words, "is not text, so not a configuration in TOML")


def test_configuration_file_that_is_missing(data, tmp_path, capsys):
    words = ["train", data, "--out", tmp_path / "run", "--config", tmp_path / "no.toml"]
    complains(capsys, words, "no configuration file")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model.num-factor", "3"], "Did you mean --model.num-factors?"),
        (["--model.num-factors", "three"], "expected a whole number; got three"),
        (["--model.num-factors", "-3"], "must be above 0"),
        (["--preset", "dmeo"], "Did you mean `demo`?"),
        (["--seed", "-1"], "`seed`"),
    ],
)
def test_bad_flags(words, said, data, tmp_path, capsys):
    complains(capsys, ["train", data, "--out", tmp_path / "run", *words], said)
    assert not (tmp_path / "run").exists()


def test_a_misspelt_command(capsys):
    complains(capsys, ["trian", "x.h5"], 'Did you mean "train"?')


def test_out_is_missing(data, capsys):
    complains(capsys, ["train", data], "--out")


def test_out_is_in_use(data, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    words = ["train", data, "--out", tmp_path / "run"]
    complains(capsys, words, "already holds other files")


def test_out_is_a_file(data, tmp_path, capsys):
    complains(capsys, ["train", data, "--out", data], "is a file")


def test_out_cannot_be_written(data, tmp_path, capsys):
    words = ["train", data, "--out", data / "run", *flags(num_epochs=1)]
    complains(capsys, words, "cannot write")


def test_simulations_have_names(tmp_path, capsys):
    complains(capsys, ["simulate", "lorentz", "--out", tmp_path / "x.h5"], "`lorenz`")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["infer", "evaluate", "report", "show"])
def test_there_is_no_run(command, tmp_path, capsys):
    complains(capsys, [command, tmp_path], "no run in")


def test_debug_shows_the_traceback(tmp_path):
    with pytest.raises(Exception, match="no such file"):
        run(["show", str(tmp_path / "no.h5"), "--debug"])


def test_what_is_read_is_never_overwritten(data, tmp_path, capsys):
    before = data.read_bytes()
    recording = data.rename(tmp_path / "recording.h5")
    for words in (
        ["infer", tmp_path / "run", recording],
        ["export", tmp_path / "run", recording, "--format", "mat"],
        ["preview", recording],
        ["prepare", recording, "--bin-width-s", 0.02],
    ):
        complains(
            capsys, [*words, "--out", recording, "--overwrite"], "`--out` ", "is what is read"
        )
    assert recording.read_bytes() == before


def test_a_file_is_replaced_only_where_it_is_asked_for(tmp_path, capsys):
    out = tmp_path / "notes.h5"
    out.write_text("precious")
    complains(capsys, ["simulate", "lorenz", "--out", out], "exists already", "or `--overwrite`")
    assert out.read_text() == "precious"
    assert run(["simulate", "lorenz", "--out", str(out), "--overwrite"]) == 0
    assert run(["show", str(out)]) == 0


@pytest.mark.parametrize(
    "command",
    [
        ["simulate", "lorenz"],
        ["prepare", "a.nwb", "--bin-width-s", 1],
        ["sample", "r", "--num-trials", 1],
    ],
)
def test_data_are_written_under_no_name_of_another_layout(command, tmp_path, capsys):
    complains(capsys, [*command, "--out", tmp_path / "x.npz"], "such as x.h5; .h5 and .hdf5 are")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["/dev/null", "."])
def test_devices_and_folders_are_never_replaced(out, tmp_path, capsys):
    complains(capsys, ["infer", tmp_path / "run", "--out", out], "cannot write")


@pytest.mark.parametrize(
    "words", [["--seed", "1.5"], ["--training.batch-size", "2.5"], ["--model.num-factors", "1e3"]]
)
def test_numbers_are_not_rounded(words, data, tmp_path, capsys):
    complains(capsys, ["train", data, "--out", tmp_path / "run", *words], words[0], words[1])


def test_networks_that_no_memory_holds(data, tmp_path, capsys):
    words = ["train", data, "--out", tmp_path / "run", "--model.num-factors", 9_999_999_999_999]
    complains(capsys, words, "too large for this machine")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags_given", "words"),
    [
        (["--process-id", 1], ["need --coordinator HOST:PORT"]),
        (["--coordinator", "here"], ["HOST:PORT", "auto", "got 'here'"]),
        (["--coordinator", "127.0.0.1:1"], ["--num-processes and --process-id"]),
        (["--coordinator", "auto", "--num-processes", 2], ["finds the processes by itself"]),
        (
            ["--coordinator", "127.0.0.1:1", "--num-processes", 2, "--process-id", 2],
            ["from 0 to 1; got 2"],
        ),
        (["--coordinator", "auto"], ["did not find each other"]),
    ],
)
def test_several_processes(data, tmp_path, capsys, flags_given, words):
    out = tmp_path / "run"
    complains(capsys, ["train", data, "--out", out, *flags(), *flags_given], *words)
    assert not out.exists()


def test_a_tracker_without_a_name(tmp_path, capsys):
    np.savez(tmp_path / "data.npz", spikes=np.ones((4, 5, 2), int), bin_width_s=0.02)
    words = ["train", tmp_path / "data.npz", "--out", tmp_path / "run", "--track"]
    complains(capsys, words, "--track takes names of trackers: csv, tensorboard, wandb")
    assert not (tmp_path / "run").exists()
