"""What is said of files that lack trials, and of spikes in one array of three columns."""

import numpy as np
import pytest
from scipy.io import savemat

from lfads.checks import UserError
from lfads.formats.read import read
from lfads.recordings.listing import rows_of
from lfads.recordings.prepare import prepare
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.sources import open_recording, opened_recording

SPIKES = {"spike_times": np.linspace(0, 1, 30), "unit": np.arange(30) % 3}


def test_files_without_trials_say_how_to_give_them(tmp_path):
    np.savez(tmp_path / "a.npz", spike_times=SPIKES["spike_times"], unit=SPIKES["unit"])
    savemat(tmp_path / "a.mat", SPIKES)
    for name, line in (
        ("a.npz", "columns as `trials.NAME`"),
        ("a.mat", "a struct `trials` of columns"),
    ):
        with opened_recording(tmp_path / name, Reading()) as recording:
            assert f"save {line}" in dict(rows_of(recording))["trials"]
            message = rf"no table of trials: save {line}.*or cut windows with `chop_s=`"
            with pytest.raises(UserError, match=message):
                prepare(recording, bin_width_s=0.05)


def test_recordings_in_memory_without_trials_are_told_the_argument():
    recording = Recording.from_spike_times([np.linspace(0, 1, 9)])
    with pytest.raises(
        UserError, match=r"no table of trials: give `trials=`, such as `trials=\{'start"
    ):
        prepare(recording, bin_width_s=0.05)


@pytest.mark.parametrize("values", [np.ones((9, 3)), np.linspace(0, 1, 27).reshape(9, 3)])
def test_triplets_in_one_array_are_told_the_way(values, tmp_path):
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", spikes=values)
    line = r"np\.savez\('spikes\.npz', trials=a\[:, 0\], neurons=a\[:, 1\], spiketimes=a\[:, 2\]\)"
    with pytest.raises(UserError, match=line), open_recording(tmp_path / "a.npy"):
        pass
    for name in ("a.npy", "a.npz"):
        with pytest.raises(UserError, match=line):
            read(tmp_path / name, bin_width_s=0.01)
