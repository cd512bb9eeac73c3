"""Recordings from objects of other libraries, by stand-ins; `tests/libraries` has the libraries."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests.recordings.files import TIMES

from lfads.checks import UserError
from lfads.recordings.libraries.neo import from_neo
from lfads.recordings.libraries.objects import from_pynapple, from_spikeinterface


class Group(dict):
    """The part of a pynapple TsGroup that is used."""

    metadata_columns = ("area",)
    time_support = SimpleNamespace(start=np.array([0.0]), end=np.array([2.0]))

    def __getitem__(self, key):
        areas = {3: "M1", 5: "PMd", 8: "M1"}
        return areas if key == "area" else super().__getitem__(key)


def test_pynapple():
    units = Group({key: SimpleNamespace(t=t) for key, t in zip((3, 5, 8), TIMES, strict=True)})
    trials = SimpleNamespace(start=np.array([0.0, 1.0]), end=np.array([0.5, 1.5]))
    hand = SimpleNamespace(t=np.arange(100) / 50.0, d=np.zeros((100, 2)))
    recording = from_pynapple(units, trials=trials, series={"hand": hand})
    assert recording.units["id"].tolist() == [3, 5, 8]
    assert recording.units["area"].tolist() == ["M1", "PMd", "M1"]
    assert recording.trials["stop_time"].tolist() == [0.5, 1.5]
    assert recording.span_s == (0.0, 2.0)
    assert recording.series["hand"].num_channels == 2


def test_spikeinterface():
    sorting = SimpleNamespace(
        get_unit_ids=lambda: ["a", "b", "c"],
        get_sampling_frequency=lambda: 1000.0,
        get_unit_spike_train=lambda unit, segment_index: np.round(
            1000 * TIMES["abc".index(unit)]
        ).astype(int),
        get_property_keys=lambda: ["quality", "waveform"],
        get_property=lambda key: np.ones(3) if key == "quality" else np.ones((3, 4)),
    )
    with pytest.warns(
        UserWarning, match=r"`units\.waveform` \(values of shape \(4,\): one value a row"
    ):
        recording = from_spikeinterface(sorting, trials={"start_time": [0.0], "stop_time": [1.0]})
    assert recording.units["id"].tolist() == ["a", "b", "c"]
    assert list(recording.units) == ["id", "quality", "name"]
    np.testing.assert_allclose(recording.spike_times_s[2], TIMES[2])


def test_a_segment_that_is_not_there_is_refused():
    sorting = SimpleNamespace(get_unit_spike_train=None, get_num_segments=lambda: 2)
    with pytest.raises(UserError, match=r"`segment=` must be one of the 2 segments .* got 2"):
        from_spikeinterface(sorting, segment=2)


def test_other_objects_are_refused():
    with pytest.raises(UserError, match="`units` must be a TsGroup of pynapple; got dict"):
        from_pynapple({0: [1.0]})
    with pytest.raises(
        UserError, match="must be a sorting of SpikeInterface, or a SortingAnalyzer"
    ):
        from_spikeinterface([1.0])
    with pytest.raises(UserError, match=r"expected a Block or a Segment of neo .* got list"):
        from_neo([1.0])


class Quantity(np.ndarray):
    """The part of a quantity that is used."""

    def __new__(cls, values, unit="s", **more):
        found = np.asarray(values, np.float64).view(cls)
        plain = {"name": None, "annotations": {}, "array_annotations": {}}
        vars(found).update(plain | more | {"dimensionality": SimpleNamespace(string=unit)})
        return found

    @property
    def magnitude(self):
        return self.view(np.ndarray)

    def rescale(self, _):
        return self


def train(times, stop=2000.0, **more):
    return Quantity(
        times, "ms", t_start=Quantity([0.0], "ms"), t_stop=Quantity([stop], "ms"), **more
    )


def segment_of(*trains, **more):
    parts = ("epochs", "events", "analogsignals", "irregularlysampledsignals")
    empty = {"name": None, "annotations": {}} | dict.fromkeys(parts, ())
    return SimpleNamespace(**(empty | more), spiketrains=list(trains))


def test_a_segment_of_neo():
    epochs = Quantity(
        [0, 1000], "ms", name="trials", durations=Quantity([900, 900], "ms"), labels=["a", "b"],
        array_annotations={"correct": np.array([True, False]), "xy": np.zeros((2, 2))},
    )  # fmt: skip
    cue = Quantity([500, 1500], "ms", name="cue", labels=["go", "stop"])
    times, rate = Quantity(np.arange(20) / 10), Quantity(10.0, "Hz")
    lfp = Quantity(np.zeros((20, 2)), "V", times=times, sampling_rate=rate)
    segment = segment_of(
        train([700, 100], annotations={"area": "M1", "curve": [1, 2]}), train([200], name="b"),
        epochs=[epochs], events=[cue], analogsignals=[lfp],
    )  # fmt: skip
    with pytest.warns(UserWarning, match=r"`trials/xy` \(has shape.*`units\.curve`"):
        recording = from_neo(segment)
    np.testing.assert_allclose(recording.spike_times_s[0], [0.1, 0.7])
    assert recording.units["area"].tolist() == ["M1", ""]
    assert recording.trials["stop_time"].tolist() == pytest.approx([0.9, 1.9])
    assert recording.trials["correct"].tolist() == [True, False]
    assert recording.events["cue/stop"].tolist() == [1.5]
    assert (recording.series["signal"].rate_hz, recording.series["signal"].num_channels) == (10, 2)
    assert recording.span_s == (0.0, 2.0)


def test_segments_of_neo_are_trials():
    cue = Quantity([500], "ms", name="cue", labels=["go"])
    segments = [
        segment_of(train([100]), annotations={"side": side}, events=[cue]) for side in ("l", "r")
    ]
    block = SimpleNamespace(segments=segments)
    recording = from_neo(block)
    zeros = recording.trials["zero_time"]
    assert recording.trials["side"].tolist() == ["l", "r"]
    np.testing.assert_allclose(recording.spike_times_s[0], zeros + 0.1)
    np.testing.assert_allclose(recording.events["cue"], zeros + 0.5)
    assert from_neo(block, segment=1).num_trials == 0
    with pytest.raises(UserError, match="`segment=` must be one of the 2 segments"):
        from_neo(block, segment=2)
    segments[1].spiketrains.append(train([1]))
    with pytest.raises(UserError, match="the 2 segments differ in their spike trains"):
        from_neo(block)
