"""Odd files in the folders of sorters: what is not needed is named and left out, what is needed refused."""

import os

import numpy as np
import pytest
from tests.recordings.test_folders import CLUSTERS, alf, kilosort, read, refused

from lfads.checks import UserError
from lfads.recordings.prepare import prepare


def dangling(path):
    path.symlink_to("nowhere")


def pickled(path):
    np.save(path, np.array([{}], object))


def damaged(path):
    path.write_bytes(b"junk")


ODD = pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, dangling, pickled, damaged])


@ODD
@pytest.mark.parametrize(
    "name", ["trials.mood.npy", "clusters.mood.npy", "wheel.mood.npy", "face.times.npy"]
)
def test_odd_files_of_alf_that_are_not_needed_are_left_out(name, make, tmp_path):
    folder = alf(tmp_path / "alf")
    make(folder / name)
    with read(folder) as recording:
        (said,) = (one for one in recording.left_out if one.startswith(f"`{name}` ("))
        assert str(tmp_path) not in said
        assert recording.num_trials == 2


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, dangling])
def test_odd_tables_are_left_out(make, tmp_path):
    folder = kilosort(tmp_path / "ks", cluster_group__tsv="")
    make(folder / "cluster_x.tsv")
    with read(folder) as recording:
        said = " ".join(recording.left_out)
        assert "`cluster_x.tsv` (" in said
        assert "`cluster_group.tsv` (is empty; expected the names" in said
    probe = alf(tmp_path / "alf")
    make(probe / "clusters.metrics.csv")
    with read(probe) as recording:
        assert "`clusters.metrics.csv` (" in " ".join(recording.left_out)


@ODD
def test_odd_files_that_are_needed_are_refused(make, tmp_path):
    folder = kilosort(tmp_path / "ks")
    probe = alf(tmp_path / "alf")
    for path in (folder / "spike_clusters.npy", probe / "spikes.clusters.npy"):
        path.unlink()
        make(path)
        refused(path.parent, path.name)
    (folder / "spike_clusters.npy").rename(folder / "spike_templates.npy")
    (probe / "spikes.clusters.npy").rename(probe / "spikes.templates.npy")
    refused(folder, "spike_templates.npy")
    refused(probe, "spikes.templates.npy")


@pytest.mark.parametrize("kind", ["U", "S"])
def test_units_that_are_named_by_text(kind, tmp_path):
    folder = kilosort(tmp_path / "ks", cluster_group__tsv="cluster_id\tgroup\n7\tgood\n3\tmua\n")
    np.save(folder / "spike_clusters.npy", CLUSTERS.astype(kind))
    with read(folder) as recording:
        assert recording.units["id"].tolist() == ["3", "7"]
        assert recording.units["group"].tolist() == ["mua", "good"]
    probe = alf(tmp_path / "alf")
    np.save(probe / "spikes.clusters.npy", CLUSTERS.astype(kind))
    (probe / "clusters.metrics.csv").write_text("cluster_id,label\n7,1\n,2\n3,3\n")
    with read(probe) as recording:
        assert recording.units["id"].tolist() == ["3", "7"]
        assert "`clusters.depths` (9 rows, which do not fit" in " ".join(recording.left_out)


def test_an_attribute_under_two_namespaces_is_taken_from_neither(tmp_path):
    folder = alf(tmp_path / "alf")
    np.save(folder / "trials.goCue_times.npy", np.zeros(2))
    np.save(folder / "wheel.position.npy", np.zeros(50))
    with read(folder) as recording:
        assert "goCue_times" not in recording.trials
        assert "wheel.position" not in recording.series
        with pytest.raises(
            UserError,
            match=r"no trial column or event `goCue_times`\. Not used was `trials\.goCue_times` \(there "
            r"are 2 files of it, `_ibl_trials\.goCue_times\.npy`, `trials\.goCue_times\.npy`: leave",
        ):
            prepare(recording, bin_width_s=0.05, align_to="goCue_times", window_s=(0.0, 0.1))


def test_columns_in_a_table_and_in_files_are_taken_from_the_files(tmp_path):
    folder = alf(tmp_path / "alf")
    (folder / "_ibl_trials.table.csv").write_text("goCue_times,choice\n9,1\n9,-1\n")
    with read(folder) as recording:
        assert recording.trials["goCue_times"][0] == 0.05
        assert recording.trials["choice"].tolist() == [1, -1]
        said = "`goCue_times` of `_ibl_trials.table.csv` (taken from `_ibl_trials.goCue_times.npy`"
        assert said in " ".join(recording.left_out)


def test_a_column_of_trials_that_is_too_short_is_named_with_its_file(tmp_path):
    folder = alf(tmp_path / "alf")
    np.save(folder / "trials.choice.npy", np.zeros(1))
    refused(
        folder, r"alf/trials\.choice\.npy: has 1 row, where `_ibl_trials\.goCue_times\.npy` has 2"
    )
    np.savez(folder / "trials.npz", a=np.zeros(2), b=np.zeros(3))
    refused(folder, r"trials\.npz: column `b` has 3 rows")


def test_what_lies_beside_is_named_in_short(tmp_path):
    folder = alf(tmp_path / "alf")
    for name in ("README.txt", ".hidden"):
        (folder / name).write_text("x")
    np.save(folder / "notes.npy", np.zeros(3))
    (folder / "probe01").mkdir()
    with read(folder) as recording:
        assert "README.txt, notes.npy, probe01/ (not in ALF)" in recording.left_out
        assert "spikes.amps.npy (of single spikes, which are counted)" in recording.left_out
