"""Small folders as spike sorters write them, and how tests open them."""

from pathlib import Path

import numpy as np
import pytest

from lfads.checks import UserError
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
