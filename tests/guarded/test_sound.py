"""Files with which the HDF5 library never comes to an end are found by a process that can be ended."""

import h5py
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.guarded import sound
from lfads.guarded.sound import Checker, Unsound, require_sound

END_OF_SIZE = (2**64 - 16).to_bytes(8, "little")


@pytest.fixture
def soon(monkeypatch):
    """Little is waited for, by processes of this test alone."""
    monkeypatch.setattr(sound, "CPU_S", 0.3)
    checker = Checker()
    monkeypatch.setattr(sound, "_checker", lambda process: checker)
    return checker


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole.h5"
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "text of no fixed length"
        file.create_dataset("numbers", data=np.arange(1000), chunks=(10,))
        file["texts"] = np.array(["a", "b"], object)
    return path


@pytest.fixture
def endless(tmp_path, whole):
    """A text of which the file says that it is as long as brings the library back to where it was."""
    content = bytearray(whole.read_bytes())
    size = content.index(b"GCOL") + 24
    content[size : size + 8] = END_OF_SIZE
    path = tmp_path / "endless.h5"
    path.write_bytes(content)
    return path


def test_what_is_whole_is_sound(whole, soon):
    require_sound(whole)
    soon.check(whole)
    first = soon._process
    soon.check(whole)
    assert soon._process is first


def test_what_never_ends_is_damaged(endless, whole, soon):
    with pytest.raises(
        UserError, match=r"endless.h5: is damaged: the HDF5 library crashes on it, or does"
    ):
        require_sound(endless)
    with pytest.raises(Unsound):
        soon.check(endless)
    soon.check(whole)  # by another process


def test_a_command_says_so(endless, soon, capsys):
    assert run(["show", str(endless)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"lfads: error: {endless}: is damaged")
    assert len(said.splitlines()) == 1


def test_a_process_that_was_killed_is_started_again(whole, soon):
    soon.check(whole)
    soon._process.kill()
    soon._process.wait()
    soon.check(whole)


def test_what_cannot_be_opened_is_for_its_reader_to_say(tmp_path, soon):
    (tmp_path / "text.h5").write_text("no HDF5")
    require_sound(tmp_path / "text.h5")
    require_sound(tmp_path / "missing.h5")


def test_a_file_that_has_changed_is_asked_of_again(whole, endless, soon):
    require_sound(whole)
    whole.write_bytes(endless.read_bytes())
    with pytest.raises(UserError):
        require_sound(whole)
