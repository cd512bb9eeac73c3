"""Archives in which the header of one array is damaged: named or refused, never passed over."""

import io
import zipfile

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording

ARRAYS = {
    "spiketimes": np.linspace(0.9, 0.1, 12), "trials": np.arange(12) % 3, "neurons": np.arange(12) % 2,
    "notes": np.arange(5.0),
}  # fmt: skip


def saved(path, damaged):
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in ARRAYS.items():
            stream = io.BytesIO()
            np.save(stream, array)
            content = stream.getvalue()
            if name == damaged:
                content = content.replace(b"descr", b"XXXXX")
            archive.writestr(f"{name}.npy", content)
    return path


def test_damaged_arrays_that_nobody_wants_are_named(tmp_path):
    with opened_recording(saved(tmp_path / "a.npz", "notes"), Reading()) as recording:
        assert recording.num_trials == 3
        assert recording.left_out == ("`notes` (damaged: its header cannot be read)",)


@pytest.mark.parametrize("damaged", ["trials", "neurons", "spiketimes"])
def test_damaged_arrays_that_are_wanted_are_refused(damaged, tmp_path):
    path = saved(tmp_path / "a.npz", damaged)
    message = rf"a\.npz: `{damaged}` is damaged.*copy or download the file again"
    with pytest.raises(UserError, match=message), opened_recording(path, Reading()):
        pass
