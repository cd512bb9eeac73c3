"""Recordings in the folders of sorters: Kilosort and phy, ALF, and what is none."""

from pathlib import Path

import numpy as np
import pytest
from tests.recordings.nwb_files import command

from lfads.checks import UserError
from lfads.recordings.prepare import prepare
from lfads.recordings.reading import Reading
from lfads.recordings.sources import is_recording, open_recording, opened_recording

TIMES = np.array([30, 60, 90, 3000, 6000])
CLUSTERS = np.array([7, 3, 7, 3, 7])


def kilosort(folder: Path, rate: str | None = "30000.", **files: str) -> Path:
    """A folder as Kilosort writes it, and text files by their names."""
    folder.mkdir(parents=True)
    np.save(folder / "spike_times.npy", TIMES.astype(np.uint64)[:, None])
    np.save(folder / "spike_clusters.npy", CLUSTERS.astype(np.int32))
    np.save(folder / "templates.npy", np.zeros((2, 3, 4)))
    if rate is not None:
        (folder / "params.py").write_text(f"dat_path = 'raw.bin'\nsample_rate = {rate}\n")
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def alf(folder: Path, name: str = "{}.npy") -> Path:
    """A folder in ALF, with trials, a signal and an event; `name` brings further parts of file names."""
    folder.mkdir(parents=True)
    starts = np.array([0.0, 0.1])
    for key, values in {
        "spikes.times": TIMES / 30000, "spikes.clusters": CLUSTERS, "spikes.amps": np.ones(5),
        "clusters.depths": np.arange(9.0), "clusters.waveforms": np.zeros((9, 3, 4)),
        "_ibl_trials.intervals": np.column_stack([starts, starts + 0.1]),
        "_ibl_trials.goCue_times": starts + 0.05, "_ibl_trials.rf": np.zeros((2, 4)),
        "_ibl_wheel.timestamps": np.linspace(0, 0.2, 50), "_ibl_wheel.position": np.arange(50.0),
        "licks.times": np.array([0.03]),
    }.items():  # fmt: skip
        np.save(folder / name.format(key), values)
    return folder


def read(folder, **how):
    assert is_recording(folder)
    return opened_recording(folder, Reading(**how))


def refused(folder, message, **how):
    with pytest.raises(UserError, match=message), open_recording(folder, **how):
        pass


def test_output_of_kilosort(tmp_path):
    folder = kilosort(
        tmp_path / "ks",
        cluster_info__tsv="cluster_id\tgroup\tdepth\tch\n3\tmua\t10.5\t4\n8\tgood\t20\t5\n",
        cluster_group__tsv="cluster_id\tgroup\n7\tgood\n3\tnoise\n",
        cluster_notes__tsv="note\nwithout numbers\n",
        trials__csv=",start_time,stop_time,side,correct,rt\n"
        "0,0.0,0.1,left,True,0.3\n1,0.1,0.3,right,False,\n",
    )
    with read(folder) as recording:
        assert recording.units["id"].tolist() == [3, 7]
        assert recording.units["group"].tolist() == ["noise", "good"]
        assert recording.units["depth"][0] == 10.5
        assert np.isnan(recording.units["depth"][1])
        np.testing.assert_allclose(recording.spike_times_s[1], [0.001, 0.003, 0.2])
        assert recording.trials["side"].tolist() == ["left", "right"]
        assert recording.trials["correct"].tolist() == [True, False]
        assert np.isnan(recording.trials["rt"][1])
        assert recording.left_out[-1].startswith("cluster_notes.tsv, templates.npy (")
        dataset = prepare(recording, bin_width_s=0.05, units='group == "good"', valid=0.0)
    assert dataset.session.spikes[:, :2, 0].tolist() == [[2, 0], [0, 0]]


def test_templates_stand_for_clusters_that_are_not_curated(tmp_path):
    folder = kilosort(tmp_path / "ks")
    (folder / "spike_clusters.npy").rename(folder / "spike_templates.npy")
    with read(folder) as recording:
        assert recording.units["id"].tolist() == [3, 7]
        assert "`spike_templates.npy`" in recording.read_as


def test_the_sampling_rate_is_never_guessed(tmp_path):
    folder = kilosort(tmp_path / "ks", rate=None)
    refused(folder, r"in samples, and `params.py`.*give `sampling_rate_hz=30000`")
    with read(folder, sampling_rate_hz=15000.0) as recording:
        np.testing.assert_allclose(recording.spike_times_s[0], [0.004, 0.2])
    refused(kilosort(tmp_path / "b"), "says `sample_rate = 30000`", sampling_rate_hz=25000.0)
    refused(
        kilosort(tmp_path / "c", "'fast'"), "`sample_rate` must be samples per second; got 'fast'"
    )


def test_parameters_are_never_run(tmp_path):
    trap = tmp_path / "run"
    kilosort(tmp_path / "a", f"open({str(trap)!r}, 'w').write('x')")
    refused(tmp_path / "a", r"params\.py: cannot be read as parameters")
    kilosort(tmp_path / "b", f"30000\nopen({str(trap)!r}, 'w')")
    with read(tmp_path / "b") as recording:
        assert recording.num_units == 2
    kilosort(tmp_path / "c", "30000\nthis is no Python")
    refused(tmp_path / "c", r"params\.py: cannot be read as parameters")
    assert not trap.exists()


def test_times_of_kilosort_that_are_no_samples(tmp_path):
    folder = kilosort(tmp_path / "ks")
    np.save(folder / "spike_times.npy", TIMES / 30000)
    refused(
        folder, "holds fractions, where whole numbers of samples were expected.*`time_unit='s'`"
    )
    with read(folder, time_unit="s") as recording:
        np.testing.assert_allclose(recording.spike_times_s[0], [0.002, 0.1])


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("spike_clusters.npy", np.arange(4), "got 5 times and 4 unit numbers"),
        ("spike_times.npy", np.zeros((5, 2)), r"of shape \(n,\) or \(n, 1\); got shape \(5, 2\)"),
        ("spike_times.npy", np.array([None] * 5), "pickled Python objects"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name, array, message, tmp_path):
    folder = kilosort(tmp_path / "ks")
    np.save(folder / name, array)
    refused(folder, message)


def test_arrays_that_are_cut_short_are_refused(tmp_path):
    path = kilosort(tmp_path / "ks") / "spike_times.npy"
    path.write_bytes(path.read_bytes()[:-8])
    refused(tmp_path / "ks", r"declares shape \(5, 1\), more than the file holds")


def test_a_table_of_trials_anywhere(tmp_path):
    folder = kilosort(tmp_path / "ks", trials__csv="a\n1\n", trials__tsv="a\tb\n1\t2\n")
    refused(folder, "holds 2 tables of trials: say `trials_table='trials.csv'`")
    table = tmp_path / "mine.npz"
    np.savez(table, start_time=[[0.0], [0.1]], hand=np.zeros((2, 3)))
    with read(folder, trials_table=str(table)) as recording:
        assert recording.trials["start_time"].tolist() == [0.0, 0.1]
        assert recording.left_out[0] == "`trials.hand` (float64 of shape (2, 3))"
    refused(folder, "there is no file `other.csv`, neither in the folder", trials_table="other.csv")
    refused(folder, r"read from \.csv, \.tsv or \.npz", trials_table="params.py")
    (folder / "trials.csv").write_text("a,b\n1\n")
    refused(
        folder, "names 2 columns, and a line has 1 value: are columns separated by commas",
        trials_table="trials.csv",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["{}.npy", "{}.0f9b7d2a-uuid.npy"])
def test_alf(name, tmp_path):
    with read(alf(tmp_path / "alf", name)) as recording:
        assert recording.num_units == 9  # rows of `clusters`
        assert recording.units["depths"][7] == 7.0
        np.testing.assert_allclose(recording.spike_times_s[7], [0.001, 0.003, 0.2])
        assert recording.trials["stop_time"].tolist() == [0.1, 0.2]
        assert recording.trials["goCue_times"].tolist() == [0.05, 0.15000000000000002]
        assert recording.events["licks"].tolist() == [0.03]
        assert recording.series["wheel.position"].values(3, 5).tolist() == [[3.0], [4.0]]
        said = " ".join(recording.left_out)
        assert "`clusters.waveforms` (float64 of shape (9, 3, 4)" in said
        assert "`trials.rf` (float64 of shape (2, 4)" in said
        dataset = prepare(
            recording, bin_width_s=0.05, behavior=["wheel.position"], min_rate_hz=1.0, valid=0.0
        )
    assert dataset.session.spikes[:, :, 1].tolist() == [[2, 0], [0, 0]]


def test_trials_of_a_session_lie_above_its_probes(tmp_path):
    alf(tmp_path / "alf")
    probe = tmp_path / "alf" / "probe00"
    probe.mkdir()
    for path in (tmp_path / "alf").glob("*.npy"):
        if path.name.startswith(("spikes", "clusters")):
            path.rename(probe / path.name)
    for place in (probe, tmp_path):
        with read(place) as recording:
            assert recording.num_trials == 2
            assert "licks" in recording.events


def test_clusters_with_metrics_by_their_numbers(tmp_path):
    folder = alf(tmp_path / "alf")
    (folder / "clusters.depths.npy").unlink()
    (folder / "clusters.metrics.csv").write_text("cluster_id,label\n7,1.0\n3,0.5\n")
    (folder / "clusters.labels.tsv").write_text("good\n1\n")
    with read(folder) as recording:
        assert recording.units["id"].tolist() == [3, 7]
        assert recording.units["label"].tolist() == [0.5, 1.0]
        assert "`clusters.labels.tsv` (has no column `cluster_id`)" in recording.left_out
    np.save(folder / "clusters.depths.npy", np.arange(4.0))
    with read(folder) as recording:
        assert any("do not fit clusters up to 7" in text for text in recording.left_out)


def test_tables_in_parquet_need_pyarrow(tmp_path, monkeypatch):
    from lfads.recordings.folders import alf as module

    folder = alf(tmp_path / "alf")
    (folder / "_ibl_trials.table.pqt").write_bytes(b"PAR1")
    monkeypatch.setattr(module, "_parquet", lambda: None)
    with read(folder) as recording:
        assert any("pip install pyarrow" in text for text in recording.left_out)


def test_an_own_table_of_trials_comes_first(tmp_path):
    folder = alf(tmp_path / "alf")
    (folder / "trials.csv").write_text("start_time,stop_time\n0,0.2\n")
    with read(folder) as recording:
        assert recording.num_trials == 1
        assert "(a table of trials is beside)" in " ".join(recording.left_out)


def test_an_attribute_that_is_there_twice_is_refused(tmp_path):
    folder = alf(tmp_path / "alf")
    np.save(folder / "spikes.times.second.npy", np.zeros(5))
    refused(folder, r"holds `spikes\.times\.npy`, `spikes\.times\.second\.npy`: leave the one")


def test_folders_within_a_folder(tmp_path):
    kilosort(tmp_path / "a" / "ks")
    with read(tmp_path) as recording:
        assert recording.name == "ks"
    kilosort(tmp_path / "b")
    refused(tmp_path, "holds 2 folders of sorters: name one of `b`, `a/ks`")


def test_folders_with_both_layouts_are_asked_about(tmp_path):
    folder = kilosort(tmp_path / "ks")
    for path in alf(tmp_path / "alf").iterdir():
        path.rename(folder / path.name)
    refused(folder, "may be read in 2 ways: say `layout='kilosort'`, or one of `alf`")
    with read(folder, layout="alf") as recording:
        assert recording.num_units == 9


def test_runs_are_shown_as_runs_whatever_lies_within(tmp_path):
    kilosort(tmp_path / "ks")
    (tmp_path / "config.toml").write_text("")
    assert not is_recording(tmp_path)


def test_a_choice_of_tables_that_is_none_is_refused(tmp_path):
    refused(kilosort(tmp_path / "ks"), "`units_table=` chooses among several", units_table="units")


def test_other_folders_are_refused(tmp_path):
    assert not is_recording(tmp_path)
    refused(tmp_path, "is a folder; expected a file, or the folder of a sorter")
    np.savez(tmp_path / "a.npz", t=np.zeros(3))
    refused(tmp_path, r"it holds 1 file, `a\.npz`, each of which may be one")
    (tmp_path / "si_folder.json").write_text("{}")
    refused(tmp_path, r"SpikeInterface wrote it: `lfads\.from_spikeinterface\(spikeinterface\.load")


def test_one_array_leads_to_its_folder(tmp_path):
    folder = kilosort(tmp_path / "ks")
    refused(
        folder / "spike_times.npy", r"is one file of a folder of Kilosort or Phy .* give the folder"
    )
    probe = alf(tmp_path / "alf")
    refused(probe / "spikes.times.npy", r"float64 of shape \(5,\), of a sorter's output: name its")
    np.save(tmp_path / "spike_times.npy", TIMES)
    refused(tmp_path / "spike_times.npy", r"`np\.savez\('spikes\.npz', spike_times=")


def test_the_command_line_takes_folders(tmp_path, capsys):
    folder = kilosort(tmp_path / "ks", trials__csv="start_time,stop_time\n0,0.1\n0.1,0.2\n")
    assert command("show", folder) == 0
    assert "output of Kilosort or phy" in capsys.readouterr().out
    assert command("show", folder / "spike_times.npy") == 2
    assert "give the folder" in capsys.readouterr().err
    words = ("--out", tmp_path / "o.h5", "--bin-width-s", "0.05", "--valid", "0")
    assert command("prepare", folder, *words) == 0
    assert "not used: templates.npy (files of the sorter" in capsys.readouterr().err
