"""What the command line says of folders: of sorters that are not whole, of sessions, and others."""

import re

import numpy as np
import pytest
from tests.recordings.nwb_files import command
from tests.recordings.test_folders import alf, kilosort, read, refused

from lfads.checks import UserError
from lfads.recordings.prepare import prepare


def shown(folder, capsys, status=2):
    assert command("show", folder) == status
    told = capsys.readouterr()
    return told.err if status else told.out


def test_a_folder_that_is_neither_run_nor_recording(tmp_path, capsys):
    said = shown(tmp_path, capsys)
    assert (
        f"no run in {tmp_path} (it has no config.toml), and no recording: it is empty; expected"
        in said
    )
    (tmp_path / "notes.txt").write_text("")
    assert "and no recording: it holds notes.txt; expected a file, or the" in shown(
        tmp_path, capsys
    )
    (tmp_path / "day" / "one").mkdir(parents=True)
    np.savez(tmp_path / "day" / "one" / "a.npz", x=np.zeros(1))
    said = shown(tmp_path, capsys)
    assert "its folders hold `day/one/a.npz`, each of which may be one; expected" in said
    np.savez(tmp_path / "b.npz", x=np.zeros(1))
    assert "it holds 1 file, `b.npz`, each of which may be one" in shown(tmp_path, capsys)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("spike_clusters.npy", "it holds `spike_times.npy`, and neither `spike_clusters.npy` nor"),
        ("spike_times.npy", "it holds `spike_clusters.npy` and no `spike_times.npy`"),
    ],
)
def test_half_of_a_sorters_output(missing, said, tmp_path, capsys):
    folder = kilosort(tmp_path / "session" / "ks")
    (folder / missing).unlink()
    assert said in shown(folder, capsys)
    refused(folder, f"is a folder; {said}")
    assert f"and no recording: in `ks`, {said}" in shown(folder.parent, capsys)


def test_a_session_in_alf_without_spikes(tmp_path, capsys):
    folder = alf(tmp_path / "alf")
    (folder / "spikes.clusters.npy").unlink()
    said = "in `alf`, it holds files in ALF, of `trials`, `clusters`, `spikes`, and not both of"
    assert said in shown(tmp_path, capsys)


def test_the_only_session_in_alf_below_is_opened(tmp_path, capsys):
    session = tmp_path / "lab" / "mouse" / "2024-05-06" / "001"
    probe = alf(session / "alf" / "probe00" / "pykilosort")
    for path in probe.glob("_ibl_trials.*"):
        path.rename(session / "alf" / path.name)
    for place in (session, tmp_path / "lab"):
        assert "2 trials" in shown(place, capsys, 0)
    alf(session.parent / "002" / "alf")
    several = (
        r"holds 2 folders of sorters: name one of `mouse/2024-05-06/001/alf/probe00/pykilosort`, `m"
    )
    refused(tmp_path / "lab", several)


def test_folders_of_searches_are_shown_as_runs(tmp_path, capsys):
    (tmp_path / "population.csv").write_text("")
    assert "no run in" in shown(tmp_path, capsys)


def test_training_on_the_folder_of_a_sorter_says_what_to_do(tmp_path, capsys):
    folder = kilosort(tmp_path / "a" / "ks")
    alf(tmp_path / "b" / "alf", "_ibl_{}.npy")
    for place in (folder, tmp_path / "a", tmp_path / "b"):
        assert command("train", place, "--out", tmp_path / "run") == 2
        said = f"{place}: is the folder of a spike sorter, or holds one: cut trials with `lfads prepare"
        assert said in re.sub(r"\s+", " ", capsys.readouterr().err)
    assert command("train", tmp_path / "a" / "none", "--out", tmp_path / "run") == 2


def test_folders_without_trials_say_where_to_put_them(tmp_path, capsys):
    folder = kilosort(tmp_path / "ks")
    put = r"put a table of them into the folder as `trials\.csv`, .* `trials_table='FILE\.csv'`"
    with read(folder) as recording:
        with pytest.raises(UserError, match=rf"has no table of trials: {put}; or .*`chop_s=`"):
            prepare(recording, bin_width_s=0.05)
        with pytest.raises(UserError, match=rf"event `go`\. There is no table of trials: {put}"):
            prepare(recording, bin_width_s=0.05, align_to="go", window_s=(0.0, 0.1))
    assert "or name one by `--trials-table FILE.csv`" in shown(folder, capsys, 0)
