"""Requests and replies in a folder: what is asked is done, and every mistake becomes a reply."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.io import savemat

from lfads.cli.main import run
from lfads.formats.matlab.file import read_matlab, variables_of
from lfads.formats.matlab.values import Cell
from lfads.formats.read import read
from lfads.matlab.reply import LOWERED


def asked(folder, command, arguments=None, arrays=None, more=None):
    """A request written as the toolbox writes it; the reply to it."""
    folder.mkdir(exist_ok=True)
    arrays = arrays or {}
    if arrays:
        savemat(folder / "data.mat", arrays, oned_as="column")
    sizes = {name: list(np.shape(value) or (1, 1)) for name, value in arrays.items()}
    request = {
        "format_version": 1, "command": command, "arguments": arguments or {}, "sizes": sizes,
        **(more or {}),
    }  # fmt: skip
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    status = run(["matlab", "call", str(folder)])
    reply = json.loads((folder / "reply.json").read_text(encoding="utf-8"))
    assert reply["status"] == status
    return reply


def message(folder, command, arguments=None, arrays=None, more=None):
    """What is said of a mistake."""
    reply = asked(folder, command, arguments, arrays, more)
    assert reply["status"] == 2
    return reply["error"]["identifier"], reply["error"]["message"]


def test_a_command_is_run_with_arguments_by_name(tmp_path):
    out = tmp_path / "made.h5"
    reply = asked(
        tmp_path / "call", "simulate", {"name": "oscillation", "out": str(out), "seed": "3"}
    )
    assert (reply["status"], reply["values"]) == (0, {"out": str(out)})
    assert f"`lfads.show('{out}')`" in reply["text"]
    assert read(out).session.num_trials > 1


def test_words_of_the_command_line_do_as_well(tmp_path):
    out = tmp_path / "made.h5"
    assert asked(tmp_path / "call", "simulate", ["oscillation", "--out", str(out)])["status"] == 0
    assert out.exists()


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("shwo", {}, "there is no command `shwo`. Did you mean `show`?"),
        ("show", {"pth": "x"}, "there is no argument `pth`. Did you mean `path`?"),
        ("show", {"path": "no.h5"}, "no.h5: there is no such file"),
        ("train", {"data": "no.h5", "out": "run", "num_epoch": "3"}, "Did you mean `num_epochs`?"),
        ("train", {"data": "no.h5", "out": "r", "learning_rate": "x"}, "learning_rate"),
        ("prepare", {"source": "no.mat", "out": "x.h5"}, "'bin_width_s'"),
        ("infer", {"run": "nowhere"}, "`lfads.train` makes one"),
        ("resume", {}, "`'run'` is missing"),
        ("resume", {"run": "nowhere"}, "nothing to resume in nowhere"),
        ("read-posterior", {}, "`'path'` is missing"),
        ("read-posterior", {"path": ["a", "b"]}, "`'path'` must be text"),
        ("read-posterior", {"pathh": "x"}, "Did you mean `path`?"),
        ("read-training", {"run": "nowhere"}, "nowhere"),
        ("jobs", {}, "there is no command `jobs`"),
        ("analyse", {"run": "x"}, "`help lfads.analyse` lists what there is"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_matlabs_words(command, arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    identifier, text = message(tmp_path / "call", command, arguments)
    assert identifier == "lfads:mistake"
    assert said in text
    assert "--" not in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"format_version": 9}, "version 9 of this exchange"),
        ({"sizes": {"x": [1, 1]}}, "is not there, and 1 array should be"),
        ({"command": 3}, "`command` must be text"),
        ({"odd": 3}, "must hold"),
    ],
)
def test_requests_that_are_none_are_refused(more, said, tmp_path):
    assert said in message(tmp_path / "call", "echo", more=more)[1]


def test_a_request_that_is_no_json_or_not_there_is_said(tmp_path):
    (tmp_path / "request.json").write_text("{", encoding="utf-8")
    assert run(["matlab", "call", str(tmp_path)]) == 2
    assert "is no JSON" in (tmp_path / "reply.json").read_text(encoding="utf-8")
    (tmp_path / "request.json").unlink()
    assert run(["matlab", "call", str(tmp_path)]) == 2
    assert "there is no such file" in (tmp_path / "reply.json").read_text(encoding="utf-8")


def test_a_folder_that_is_none_is_a_mistake_of_the_command_line(tmp_path, capsys):
    assert run(["matlab", "call", str(tmp_path / "no")]) == 2
    assert "expected a folder with `request.json`" in capsys.readouterr().err


def test_what_breaks_is_told_with_a_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr("lfads.matlab.call.function_named", lambda name: {}[name])
    (tmp_path / "call").mkdir()
    reply = asked(tmp_path / "call", "echo")
    assert reply["status"] == 1
    assert reply["error"]["identifier"] == "lfads:internal"
    assert "KeyError" in reply["error"]["traceback"]


def test_complex_numbers_are_refused(tmp_path):
    text = message(tmp_path / "call", "echo", {}, {"x": np.array([[1 + 2j]])})[1]
    assert text == "`x` is complex numbers, which cannot be sent: give `real(x)` or `abs(x)`"


CLASSES = {
    "double": np.array([[1.5, -np.inf], [np.nan, 1e300]]), "single": np.array([[1.5], [2]], "float32"),
    "int64": np.array([[2**62, -1]]), "uint8": np.array([[255]], "uint8"),
    "int16": np.array([[-5, 3]], "int16"),
    "logical": np.array([[True, False]]), "empty": np.zeros((0, 3)),
    "cube": np.arange(24.0).reshape(2, 3, 4),
    "text": "plain", "nothing": "",
    "cell": np.array([[np.array([[1.0]]), "a"], [np.zeros((0, 0)), np.array([[2]], "float32")]], object),
    "struct": {"inner": np.array([[1.0, 2.0]]), "word": "x"},
}  # fmt: skip


@pytest.fixture(scope="module")
def echoed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("echo") / "call"
    reply = asked(folder, "echo", {"number": "0.1"}, CLASSES)
    return reply, folder / "result.mat"


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_of_array_comes_back_as_it_went(echoed, name):
    sent, got = CLASSES[name], read_matlab(echoed[1])[name]
    if isinstance(sent, np.ndarray) and sent.dtype != object:
        assert (got.dtype, got.shape) == (sent.dtype, sent.shape)
        np.testing.assert_array_equal(got, sent)
    elif isinstance(sent, np.ndarray):
        assert isinstance(got, Cell)
        assert got.shape == sent.shape
        assert [np.asarray(one).tolist() for one in got] == [
            np.asarray(one).tolist() for one in sent.ravel(order="F")
        ]
    elif isinstance(sent, dict):
        assert got["word"] == "x"
        np.testing.assert_array_equal(got["inner"], sent["inner"])
    else:
        assert got == sent


def test_sizes_are_told_beside(echoed):
    sizes = echoed[0]["sizes"]
    assert (sizes["cube"], sizes["empty"], sizes["struct.inner"]) == ([2, 3, 4], [0, 3], [1, 2])


def test_text_is_bytes_where_octave_asks(tmp_path):
    sent = {"word": np.array(["é".encode()])}
    asked(tmp_path / "call", "echo", {}, sent, {"bytes_as_text": True})
    (word,) = variables_of(tmp_path / "call" / "result.mat")
    assert (word.kind, word.shape) == ("char", (1, 2))


def test_large_arrays_go_into_files_of_version_73(tmp_path, monkeypatch):
    monkeypatch.setenv(LOWERED, "1000")
    sent = {
        "small": np.zeros((2, 2)),
        "struct": {"large": np.arange(600, dtype="float32").reshape(2, 300)},
    }
    reply = asked(tmp_path / "call", "echo", {}, sent)
    assert reply["files"] == [
        {"file": "result_1.mat", "place": ["struct", "large"], "class": "single"}
    ]
    large = read_matlab(tmp_path / "call" / "result_1.mat")["x"]
    np.testing.assert_array_equal(large, sent["struct"]["large"])
    assert read_matlab(tmp_path / "call" / "result.mat")["struct"]["large"].shape == (0, 0)


COUNTS = np.random.default_rng(0).poisson(0.5, (12, 9, 4)).astype(float)


def prepared(folder, arguments, arrays):
    """The data set that `prepare` makes of arrays."""
    out = folder / "made.h5"
    arguments = {"out": str(out), "bin_width_s": "0.02", **arguments}
    reply = asked(
        folder / "call", "prepare", arguments, {"bin_width_s": np.array([[0.02]]), **arrays}
    )
    assert reply["status"] == 0, reply
    dataset = read(out)
    sizes = dataset.session.num_trials, dataset.session.num_bins  # axes that were mistaken show
    assert f"{sizes[0]} trials, {sizes[1]} bins" in reply["text"]
    return dataset


def test_counts_are_written_as_they_are(tmp_path):
    condition = np.array(["a", "b"] * 6, object)[:, None]
    dataset = prepared(tmp_path, {"session": "monday"}, {"spikes": COUNTS, "condition": condition})
    np.testing.assert_array_equal(dataset.session.values, COUNTS)
    assert (dataset.session.name, dataset.bin_width_s) == ("monday", 0.02)
    assert np.unique(np.asarray(dataset.session.condition)).tolist() == ["a", "b"]


def test_an_axis_of_size_1_at_the_end_is_put_back(tmp_path):
    dataset = prepared(tmp_path, {}, {"spikes": COUNTS[:, :, 0]})
    assert dataset.session.values.shape == (12, 9, 1)


def test_counts_are_summed_to_wider_bins(tmp_path):
    dataset = prepared(
        tmp_path, {"bin_width_s": "0.06"}, {"spikes": COUNTS, "bin_width_s": np.array([[0.02]])}
    )
    np.testing.assert_array_equal(dataset.session.values, COUNTS.reshape(12, 3, 3, 4).sum(2))


def test_mistakes_in_arrays_name_the_session_not_a_file_of_ours(tmp_path):
    spikes = COUNTS.copy()
    spikes[0, 0, 0] = -1
    given = {"out": str(tmp_path / "x.h5"), "bin_width_s": "0.02", "session": "monday"}
    text = message(tmp_path / "call", "prepare", given, {"spikes": spikes})[1]
    assert text.startswith("monday.mat: ")
    assert not (tmp_path / "x.h5").exists()


@pytest.mark.parametrize("width", ["ten ms", ["0.01", "0.02"]])
def test_a_width_that_is_no_number_is_a_mistake(width, tmp_path):
    given = {"out": str(tmp_path / "x.h5"), "bin_width_s": width}
    arrays = {"spikes": COUNTS, "bin_width_s": np.array([[0.02]])}
    identifier, text = message(tmp_path / "call", "prepare", given, arrays)
    assert identifier == "lfads:mistake"
    assert "`'bin_width_s'` must be a number; got" in text


@pytest.mark.parametrize(
    ("name", "said"), [("../x", "must be a plain name"), ("", "must be a plain name")]
)
def test_a_session_is_called_plainly(name, said, tmp_path):
    given = {"out": str(tmp_path / "x.h5"), "bin_width_s": "0.02", "session": name}
    assert said in message(tmp_path / "call", "prepare", given, {"spikes": COUNTS})[1]


def test_other_commands_take_no_arrays(tmp_path):
    text = message(tmp_path / "call", "train", {"out": "r"}, {"spikes": COUNTS})[1]
    assert "`lfads.prepare` writes them to a file" in text


def test_data_come_back_with_named_dimensions(tmp_path):
    file = tmp_path / "data.h5"
    assert (
        asked(tmp_path / "one", "simulate", {"name": "oscillation", "out": str(file)})["status"]
        == 0
    )
    reply = asked(tmp_path / "two", "read-data", {"path": str(file)})
    got = read_matlab(tmp_path / "two" / "result.mat")["posterior"][reply["values"]["fields"][0]]
    session = read(file).session
    np.testing.assert_array_equal(got["spikes"], np.transpose(session.values, (2, 1, 0)))
    assert [*got["axes"]["spikes"]] == ["neuron", "time", "trial"]
    assert got["trial_index"].ravel()[0] == 1


@pytest.mark.skipif(os.name == "nt", reason="of POSIX signals")
def test_a_file_called_stop_ends_it_and_clears_up(tmp_path):
    folder = tmp_path / "call"
    folder.mkdir()
    request = {"format_version": 1, "command": "echo", "arguments": {}, "sizes": {}}
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    code = (
        "import sys, time, pathlib, lfads.matlab.call as call\n"
        "from lfads.cli.entry import main\n"
        "folder = pathlib.Path(sys.argv[-1])\n"
        "def waits(name):\n"
        "    (folder / 'stop').touch()\n"
        "    time.sleep(60)\n"
        "call.function_named = waits\n"
        "main()\n"
    )
    words = [sys.executable, "-c", code, "matlab", "call", str(folder)]
    found = subprocess.run(words, timeout=50, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (130, "lfads: interrupted\n")
    assert not folder.exists()
