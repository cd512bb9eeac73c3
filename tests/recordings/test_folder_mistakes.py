"""Folders of sorters that lack something or are hardly as they should be: what is said of them."""

import numpy as np
import pytest
from tests.recordings.sorter_files import alf, kilosort, read, refused

from lfads.checks import UserError
from lfads.formats.read import read as read_data
from lfads.recordings.listing import rows_of
from lfads.recordings.prepare import prepare
from lfads.recordings.sources import is_recording


def test_times_in_alf_are_checked_like_others(tmp_path):
    folder = alf(tmp_path / "alf")
    np.save(folder / "clusters.depths.npy", np.arange(3.0))
    times = np.sort(np.random.default_rng(0).uniform(0, 40, 4000)) * 1000
    np.save(folder / "spikes.times.npy", times)
    np.save(folder / "spikes.clusters.npy", np.random.default_rng(1).integers(0, 3, 4000))
    how = {"align_to": "goCue_times", "window_s": (-0.05, 0.05), "bin_width_s": 0.01, "valid": 0.0}
    with (
        read(folder) as recording,
        pytest.raises(UserError, match=r"hardly in seconds.*time_unit='ms'"),
    ):
        prepare(recording, **how)
    with read(folder, time_unit="ms", trial_time_unit="s") as recording:
        spikes = prepare(recording, **how).session.spikes
    within = [(times >= 1000 * at) & (times < 1000 * (at + 0.1)) for at in (0.0, 0.1)]
    assert spikes.sum() == np.sum(within)


@pytest.mark.parametrize(
    ("separator", "suffix"), [(";", "csv"), ("\t", "csv"), (",", "tsv"), ("\t", "tsv")]
)
def test_tables_of_text_by_any_separator(separator, suffix, tmp_path):
    folder = kilosort(tmp_path / "ks")
    lines = [["start_time", "stop_time", "side"], ["0.0", "0.1", "left"], ["0.1", "0.2", "right"]]
    text = "\n".join(separator.join(line) for line in lines)
    (folder / f"trials.{suffix}").write_text(text, encoding="utf-8-sig")
    with read(folder) as recording:
        assert list(recording.trials) == ["start_time", "stop_time", "side"]
        assert recording.trials["stop_time"].tolist() == [0.1, 0.2]


def test_folders_without_the_unit_of_each_spike_are_told_what_they_lack(tmp_path):
    folder = kilosort(tmp_path / "ks")
    (folder / "spike_clusters.npy").unlink()
    assert is_recording(folder)
    refused(
        folder, r"looks like the output of Kilosort.*put `spike_clusters\.npy` or `spike_templates"
    )
    folder = alf(tmp_path / "alf")
    (folder / "spikes.clusters.npy").unlink()
    assert is_recording(folder)
    refused(
        folder, r"looks like ALF \(`spikes\.times\.npy`\), and lacks.*put `spikes\.clusters\.npy`"
    )


def test_sessions_are_opened_at_the_probe_within(tmp_path):
    folder = alf(tmp_path / "session" / "alf" / "probe00" / "pykilosort")
    with read(tmp_path / "session") as recording:
        assert recording.source == str(folder)


def test_a_folder_of_a_sorter_is_no_data_and_says_how_to_cut_trials(tmp_path):
    for folder, times in (
        (kilosort(tmp_path / "ks"), "spike_times"),
        (alf(tmp_path / "a"), "spikes.times"),
    ):
        with pytest.raises(
            UserError, match=rf"`{times}\.npy`: `lfads prepare .*` cuts trials of counts"
        ):
            read_data(folder)


def test_folders_without_trials_say_how_to_give_them(tmp_path):
    with read(kilosort(tmp_path / "ks")) as recording:
        assert "put a table `trials.csv`" in dict(rows_of(recording))["trials"]
        with pytest.raises(
            UserError, match=r"no table of trials: put a table `trials\.csv`.*`chop_s="
        ):
            prepare(recording, bin_width_s=0.05)


@pytest.mark.parametrize("values", [np.ones((9, 3)), np.linspace(0, 1, 27).reshape(9, 3)])
def test_triplets_in_one_array_are_told_the_way(values, tmp_path):
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", spikes=values)
    line = r"np\.savez\('spikes\.npz', trials=a\[:, 0\], neurons=a\[:, 1\], spiketimes=a\[:, 2\]\)"
    refused(tmp_path / "a.npy", line)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(UserError, match=line):
            read_data(tmp_path / name, bin_width_s=0.01)
