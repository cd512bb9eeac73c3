"""Objects and files of pynapple itself; `make test-oracles` runs these."""

import numpy as np
import pytest

import lfads
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording

nap = pytest.importorskip("pynapple")


@pytest.fixture
def group():
    span = nap.IntervalSet([0, 5], [1, 6])
    times = {3: [0.1, 0.2], 7: [5.5], 9: []}
    return nap.TsGroup(
        {key: nap.Ts(np.array(some), time_support=span) for key, some in times.items()},
        time_support=span,
        metadata={"area": ["M1", "S1", "M1"], "depth": [1.0, 2.0, 3.0]},
    )


def test_objects(group):
    trials = nap.IntervalSet([0.0, 5.0], [1.0, 6.0], metadata={"side": ["left", "right"]})
    hand = nap.TsdFrame(t=np.arange(100) / 10, d=np.zeros((100, 2)), columns=["x", "y"])
    recording = lfads.from_pynapple(group, trials=trials, series={"hand": hand})
    assert recording.units["id"].tolist() == [3, 7, 9]
    assert recording.units["area"].tolist() == ["M1", "S1", "M1"]
    assert [times.tolist() for times in recording.spike_times_s] == [[0.1, 0.2], [5.5], []]
    assert recording.trials["side"].tolist() == ["left", "right"]
    assert recording.trials["stop_time"].tolist() == [1.0, 6.0]
    assert recording.series["hand"].num_channels == 2
    assert recording.observed_s == ((0.0, 1.0), (5.0, 6.0))


def test_files(group, tmp_path):
    group.save(str(tmp_path / "spikes.npz"))
    direct = lfads.from_pynapple(group)
    with opened_recording(tmp_path / "spikes.npz", Reading()) as recording:
        assert recording.units["id"].tolist() == direct.units["id"].tolist()
        assert recording.observed_s == direct.observed_s
        for unit in range(3):
            assert recording.spike_times_s[unit].tolist() == direct.spike_times_s[unit].tolist()


@pytest.mark.parametrize("kind", ["Ts", "Tsd", "TsdFrame", "IntervalSet"])
def test_other_files_are_named(kind, tmp_path):
    t = np.arange(3.0)
    made = {
        "Ts": lambda: nap.Ts(t), "Tsd": lambda: nap.Tsd(t=t, d=t),
        "TsdFrame": lambda: nap.TsdFrame(t=t, d=np.zeros((3, 2))),
        "IntervalSet": lambda: nap.IntervalSet(t, t + 0.5),
    }  # fmt: skip
    made[kind]().save(str(tmp_path / "a.npz"))
    with (
        pytest.raises(lfads.UserError, match=rf"pynapple \({kind}\)"),
        lfads.open_recording(tmp_path / "a.npz"),
    ):
        pass
