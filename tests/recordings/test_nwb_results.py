"""Results in a copy of the recording: on its clock, beside its units, with the same numbers."""

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.recordings.nwb_files import command, pynwb, write_nwb

import lfads
from lfads import UserError
from lfads.recordings.nwb.results import NWB
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording

WIDTH_S = 0.02


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A recording, trials that leave gaps and windows of it, and runs on both."""
    folder = tmp_path_factory.mktemp("recording")
    recording = write_nwb(folder / "monkey.nwb")
    around = ["--align-to", "go_time", "--window-s", "-0.2", "0.6"]
    for name, cut in (("trials", around), ("windows", ["--chop-s", "2"])):
        data = folder / f"{name}.h5"
        units = ["--units", "quality == 'good'", "--bin-width-s", str(WIDTH_S)]
        assert command("prepare", recording, "--out", data, *cut, *units) == 0
        assert command("baseline", "constant", data, "--out", folder / name) == 0
    return folder


def copied(folder: Path, run: str, out: Path) -> Path:
    source = folder / "monkey.nwb"
    assert command("export", folder / run, "--format", "nwb", "--source", source, "--out", out) == 0
    return out


def module_of(path: Path) -> dict:
    """What pynwb reads of the module, as arrays."""
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        content = io.read()
        found = {}
        for name, one in content.processing["ecephys"].data_interfaces.items():
            if not hasattr(one, "colnames"):
                times = None if one.timestamps is None else np.asarray(one.timestamps)
                about = (one.rate, one.starting_time, one.unit, one.comments)
                found[name] = (np.asarray(one.data), times, *about)
        neurons = content.processing["ecephys"]["lfads_neurons"]
        found["units"] = neurons["unit"].data[:].tolist()
        found["quality"] = [neurons["unit"][row]["quality"].iloc[0] for row in range(len(neurons))]
        found["trials"] = content.processing["ecephys"]["lfads_trials"].to_dataframe()
        return found


def test_trials_are_on_the_recordings_clock(folder, tmp_path):
    source = folder / "monkey.nwb"
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    copy = copied(folder, "trials", tmp_path / "copy.nwb")
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before
    assert [one.name for one in tmp_path.iterdir()] == ["copy.nwb"]
    posterior = lfads.open_posterior(folder / "trials" / "posterior.nc").dataset
    found = module_of(copy)
    rates, times, _, _, unit, comments = found["lfads_rates"]
    trials, bins = posterior.sizes["trial"], posterior.sizes["time"]
    assert rates.shape == (trials * bins, 4)
    order = np.argsort(posterior["trial_index"].values)
    expected = posterior["rates"].values[order].reshape(-1, 4)
    np.testing.assert_array_equal(rates, expected)
    go = posterior["go_time"].values[order]
    centres = go[:, None] + posterior["time"].values + WIDTH_S / 2
    np.testing.assert_allclose(times, centres.ravel(), atol=1e-9)
    np.testing.assert_array_equal(
        found["lfads_trial_index"][0], np.repeat(posterior["trial_index"][order], bins)
    )
    assert unit == "Hz"
    assert json.loads(comments)["baseline"] == "constant"
    assert found["units"] == [1, 2, 4, 5]
    assert set(found["quality"]) == {"good"}
    assert found["trials"]["split"].tolist() == posterior["split"].values.tolist()
    with opened_recording(copy, Reading()) as recording:  # by our own reader
        assert recording.num_trials == 30
        series = recording.series["lfads_rates"]
        np.testing.assert_array_equal(series.values(0, series.num_samples), expected)


def test_windows_are_merged(folder, tmp_path):
    found = module_of(copied(folder, "windows", tmp_path / "copy.nwb"))
    posterior = lfads.open_posterior(folder / "windows" / "posterior.nc")
    merged = lfads.merge(posterior)
    rates, times, rate, start, *_ = found["lfads_rates"]
    np.testing.assert_array_equal(rates, merged["rates"])
    assert times is None
    assert (rate, start) == (
        pytest.approx(1 / WIDTH_S),
        pytest.approx(merged["time"][0] + WIDTH_S / 2),
    )
    assert "lfads_trial_index" not in found


def test_mistakes(folder, tmp_path, capsys):
    source, out = folder / "monkey.nwb", tmp_path / "c.nwb"
    dataset = lfads.read(folder / "trials.h5")
    posterior = lfads.open_posterior(folder / "trials" / "posterior.nc")
    assert command("export", folder / "trials", "--format", "nwb", "--out", out) == 2
    assert "needs `--source`" in capsys.readouterr().err
    assert command("export", folder / "trials", "--format", "mat", "--source", source) == 2
    assert "`--source` is for the format `nwb`" in capsys.readouterr().err
    assert (
        command("export", folder / "trials", "--format", "nwb", "--source", source, "--out", source)
        == 2
    )
    assert "is what is read" in capsys.readouterr().err
    other = write_nwb(tmp_path / "other.nwb", num_units=5)
    with pytest.raises(UserError, match=r"must be rows of the table of units, which has 5"):
        posterior.save(out, NWB(other, dataset))
    with pytest.raises(UserError, match="is no NWB file"):
        posterior.save(out, NWB(folder / "trials.h5", dataset))
    linked = tmp_path / "linked.nwb"
    linked.write_bytes(source.read_bytes())
    with h5py.File(linked, "a") as file:
        file["acquisition/elsewhere"] = h5py.ExternalLink(str(source), "/units")
    with pytest.raises(UserError, match="is a link to another file"):
        posterior.save(out, NWB(linked, dataset))
    plain = lfads.Dataset.from_arrays(np.ones((10, 4, 3), int), bin_width_s=WIDTH_S)
    with pytest.raises(UserError, match="does not say how its trials were cut"):
        posterior.save(out, NWB(source, plain))
    copy = copied(folder, "trials", out)
    with pytest.raises(UserError, match="has results already"):
        posterior.save(tmp_path / "d.nwb", NWB(copy, dataset))
    posterior.save(copy, NWB(source, dataset))  # an earlier copy is replaced
    with pytest.raises(UserError, match="is not a posterior"):
        posterior.save(other, NWB(source, dataset))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["c.nwb", "linked.nwb", "other.nwb"]


def test_trials_that_overlap_end_where_the_next_begins(folder, tmp_path, capsys):
    data, run = tmp_path / "d.h5", tmp_path / "run"
    around = ["--align-to", "go_time", "--window-s", "-0.2", "2.0", "--bin-width-s", str(WIDTH_S)]
    assert command("prepare", folder / "monkey.nwb", "--out", data, *around) == 0
    assert "begin before the one before has ended" in capsys.readouterr().err
    assert command("baseline", "constant", data, "--out", run) == 0
    with pytest.warns(UserWarning, match="reach beyond the start of the next"):
        copy = (
            copied(tmp_path, "run", tmp_path / "c.nwb") if False else _copy(folder, run, tmp_path)
        )
    _, times, *_ = module_of(copy)["lfads_rates"]
    assert (np.diff(times) > 0).all()


def _copy(folder: Path, run: Path, out: Path) -> Path:
    posterior = lfads.open_posterior(run / "posterior.nc")
    dataset = lfads.read(out / "d.h5")
    return posterior.save(out / "c.nwb", NWB(folder / "monkey.nwb", dataset))
