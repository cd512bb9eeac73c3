"""Data frames of pandas as tables of units and trials."""

import numpy as np
import pytest

import lfads
from lfads.checks import UserError
from lfads.recordings.libraries.frames import columns_of
from lfads.recordings.prepare import prepare
from lfads.recordings.recording import Recording

pd = pytest.importorskip("pandas")

pytestmark = pytest.mark.filterwarnings("ignore:.*silent in the training trials")


def trials():
    starts = np.arange(6.0)
    return pd.DataFrame({
        "start_time": starts,
        "stop_time": starts + 0.8,
        "side": pd.Categorical(["left", None, "right"] * 2),
        "block": pd.Categorical([1, 1, 1, 2, 2, 2]),
        "correct": [True, False] * 3,
        "sure": pd.array([True, None, False] * 2, dtype="boolean"),
        "choice": pd.array([1, None, 3] * 2, dtype="Int64"),
        "number": pd.array([1, 2, 3] * 2, dtype="Int64"),
        "contrast": pd.array([0.25, None, 1.0] * 2, dtype="Float64"),
        "day": pd.to_datetime(["2020-01-02 03:04", None, "2020-01-03 00:00"] * 2),
        "waited": pd.to_timedelta([1500, None, 20] * 2, unit="ms"),
        "note": ["a", None, np.nan] * 2,
        "mixed": pd.Series([1, None, 2.5] * 2, dtype=object),
    })  # fmt: skip


def test_columns_of_trials():
    times = [np.arange(0, 6, 0.05)] * 2
    source = Recording.from_spike_times(times, trials=trials())
    table = source.trials
    assert table["side"].tolist() == ["left", "", "right"] * 2
    assert table["block"].tolist() == [1, 1, 1, 2, 2, 2]
    assert table["correct"].dtype == bool
    nan = np.nan
    for name, expected in {
        "sure": [1, nan, 0],
        "choice": [1, nan, 3],
        "contrast": [0.25, nan, 1],
        "waited": [1.5, nan, 0.02],
        "mixed": [1, nan, 2.5],
    }.items():
        np.testing.assert_array_equal(table[name], expected * 2)
        assert table[name].dtype == np.float64
    assert table["number"].dtype == np.int64
    assert table["day"][:3].tolist() == ["2020-01-02T03:04:00", "", "2020-01-03T00:00:00"]
    assert table["note"][:3].tolist() == ["a", "", ""]
    assert list(table) == list(trials().columns)
    chosen = prepare(source, bin_width_s=0.02, trials='side == "right" or block == 2').session
    assert chosen.trial_index.tolist() == [2, 3, 4, 5]


def test_an_index_with_a_name_is_a_column():
    units = pd.DataFrame({"area": ["M1", "PMd"]}, index=pd.Index([7, 9], name="id"))
    source = Recording.from_spike_times([[0.1], [0.2]], units=units)
    assert source.units["id"].tolist() == [7, 9]
    assert source.units["name"].tolist() == ["7", "9"]
    filtered = pd.DataFrame({"area": ["M1", "V1", "PMd"]}).iloc[[0, 2]]  # numbers of rows alone
    source = Recording.from_spike_times([[0.1], [0.2]], units=filtered)
    assert list(source.units) == ["area"]
    same = pd.DataFrame({"id": [1, 2]}, index=pd.Index([7, 9], name="id"))
    assert Recording.from_spike_times([[0.1], [0.2]], units=same).units["id"].tolist() == [1, 2]
    levels = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["probe", None])
    source = Recording.from_spike_times([[0.1], [0.2]], units=pd.DataFrame({"x": [1, 2]}, levels))
    assert source.units["probe"].tolist() == ["a", "b"]


def test_frames_of_another_length_are_refused():
    with pytest.raises(UserError, match="units: column `area` has 3 rows, where 2 were expected"):
        Recording.from_spike_times([[0.1], [0.2]], units=pd.DataFrame({"area": ["a", "b", "c"]}))


def test_columns_of_one_name_are_refused():
    frame = pd.DataFrame([[1, 2]], columns=["area", "area"])
    with pytest.raises(UserError, match="units: two columns are called `area`: rename one"):
        Recording.from_spike_times([[0.1]], units=frame)


def test_what_is_no_table_is_refused():
    with pytest.raises(
        UserError, match="trials: expected columns by name, a dict or a data frame; got l"
    ):
        Recording.from_spike_times([[0.1]], trials=[{"go": 1.0}])


def test_an_empty_frame_is_no_table():
    assert columns_of("trials", pd.DataFrame()) == {}
    assert columns_of("trials", None) == {}


def test_spike_trains_take_frames():
    areas = pd.DataFrame({"area": pd.Categorical(["M1", "PMd"])})
    trains = lfads.SpikeTrains([np.arange(0, 6, 0.05)] * 2, neuron_table=areas)
    session = trains.bin(
        0.02, trial_starts_s=np.arange(6.0), window_s=(0.0, 0.8), trial_table=trials()
    ).session
    assert session.neuron_table["area"].tolist() == ["M1", "PMd"]
    assert session.trial_table["side"].tolist() == ["left", "", "right"] * 2


def test_columns_of_times_are_converted():
    waited = np.array([1500, 20], "timedelta64[ms]")
    assert columns_of("trials", {"waited": waited})["waited"].tolist() == [1.5, 0.02]
    source = Recording.from_spike_times([[0.1]], events={"reward": waited})
    assert source.events["reward"].tolist() == [1.5, 0.02]
