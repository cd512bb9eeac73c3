"""What a file says does nothing to a terminal, and no message is longer than can be read."""

import os

import h5py
import numpy as np
import pytest

import lfads
from lfads.checks import MOST_CHARACTERS, UserError, printed
from lfads.cli.main import run
from lfads.config import RunConfig
from lfads.formats.read import read


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("two\n\tlines", "two\n\tlines"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\rb\x9bc", r"a\rb\x9bc"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("caf\udce9", r"caf\udce9"),
    ],
)
def test_characters_that_act_are_written_out(text, plain):
    assert printed(text) == plain
    assert str(UserError(text)) == plain


def test_long_messages_are_cut_with_what_was_left_out():
    said = str(UserError("a" * 200_000 + ": do this"))
    assert len(said) <= MOST_CHARACTERS
    assert "characters left out" in said
    assert said.endswith(": do this")
    assert str(UserError(said)) == said


def test_the_command_line_prints_no_character_of_a_file_that_acts(tmp_path, capsys):
    dataset = lfads.Dataset.from_arrays(
        np.ones((9, 8, 3), int), bin_width_s=0.01, name="\x1b[31mred", unit="\x1b[2J"
    )
    path = lfads.write(dataset, tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file["sessions/" + "\x1b[2Jx" * 100] = 1
    run(["show", str(path)])
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert run(["show", "\x1b[31m.h5"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_name_that_is_not_utf_8_is_found_again(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.npz")
    try:
        np.savez(path, spikes=np.ones((9, 8, 3), int), bin_width_s=0.01)
    except OSError:
        pytest.skip("this disk keeps no such names")
    dataset = read(path)
    assert [os.fspath(p) for p in dataset.paths] == [os.path.realpath(path)]
    assert dataset.source.endswith("caf\ufffd.npz")


def test_sessions_behind_an_empty_one_are_not_read(tmp_path, monkeypatch):
    from lfads.formats import hdf5

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs.update({"format": "lfads", "format_version": 1, "bin_width_s": 0.01})
        for number in range(50):
            file[f"sessions/{number:02d}/spikes"] = np.zeros((0, 4, 2), np.uint8)
    reads, read_session = [], hdf5._read_session
    monkeypatch.setattr(
        hdf5, "_read_session", lambda group, name: reads.append(name) or read_session(group, name)
    )
    with pytest.raises(UserError, match="`spikes` holds no trials"):
        read(tmp_path / "a.h5")
    assert reads == ["00"]


def test_more_devices_than_can_be_started_are_refused():
    with pytest.raises(UserError, match="`num_shards` must be from 1 to 1024; got 10000"):
        RunConfig.from_dict({"training": {"num_shards": 10_000}})
