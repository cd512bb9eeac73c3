"""Files that temporaldata itself writes; `make test-oracles` runs these."""

import h5py
import numpy as np
import pytest

from lfads.recordings.reading import Reading
from lfads.recordings.sources import is_recording, opened_recording

temporaldata = pytest.importorskip("temporaldata")


@pytest.mark.filterwarnings("ignore:.*domain")
def test_files(tmp_path):
    random = np.random.default_rng(0)
    times, unit = np.sort(random.uniform(0, 100, 200)), random.integers(0, 4, 200)
    data = temporaldata.Data(
        spikes=temporaldata.IrregularTimeSeries(timestamps=times, unit_index=unit, domain="auto"),
        units=temporaldata.ArrayDict(id=np.array(["a", "b", "c", "d"]), depth=np.arange(4.0)),
        trials=temporaldata.Interval(
            start=np.arange(0.0, 90, 10), end=np.arange(5.0, 95, 10), go=np.arange(1.0, 91, 10),
            timekeys=["start", "end", "go"],
        ),
        cursor=temporaldata.RegularTimeSeries(
            vel=np.arange(2000.0).reshape(1000, 2), sampling_rate=10.0, domain="auto"
        ),
        session=temporaldata.Data(
            gaze=temporaldata.IrregularTimeSeries(
                timestamps=np.arange(3.0), x=np.arange(3.0), domain="auto"
            ),
            domain="auto",
        ),
        domain="auto",
    )  # fmt: skip
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data.to_hdf5(file)
    assert is_recording(tmp_path / "a.h5")
    with opened_recording(tmp_path / "a.h5", Reading()) as recording:
        assert recording.units["id"].tolist() == ["a", "b", "c", "d"]
        for k in range(4):
            assert recording.spike_times_s[k].tolist() == times[unit == k].tolist()
        assert recording.trials["go"].tolist() == list(range(1, 91, 10))
        vel = recording.series["cursor/vel"]
        assert (vel.rate_hz, vel.num_channels) == (10.0, 2)
        assert vel.values(1, 2).tolist() == [[2.0, 3.0]]
        np.testing.assert_allclose(vel.times(0, 3), [0.0, 0.1, 0.2])
        assert recording.series["session/gaze/x"].values(0, 3)[:, 0].tolist() == [0.0, 1.0, 2.0]
        assert recording.observed_s == ((times[0], times[-1]),)
        assert recording.left_out == ()
