"""Objects of neo and quantities themselves; `make test-oracles` runs these."""

import numpy as np
import pytest

import lfads

neo = pytest.importorskip("neo")
pq = pytest.importorskip("quantities")


def train(times_s, in_ms=False, stop=2.0, **more):
    unit = pq.ms if in_ms else pq.s
    factor = 1000 if in_ms else 1
    return neo.SpikeTrain(
        np.array(times_s) * factor * unit, t_start=0 * pq.s, t_stop=stop * pq.s, **more
    )


def segment_of(trains, **more):
    segment = neo.Segment(**more)
    segment.spiketrains.extend(trains)
    return segment


@pytest.fixture
def segment():
    one = segment_of([
        train([0.1, 0.7], name="a", area="M1", curve=np.zeros(3)),
        train([0.2], in_ms=True, name="b", area="S1", snr=2.0),
    ])  # fmt: skip
    one.epochs.append(
        neo.Epoch(
            np.array([0, 1000]) * pq.ms, durations=np.array([900, 900]) * pq.ms,
            labels=["left", "right"], name="Trials",
            array_annotations={"correct": np.array([True, False])},
        )
    )  # fmt: skip
    one.events.append(neo.Event(np.array([0.5, 1.5]) * pq.s, labels=["go", "stop"], name="cue"))
    one.analogsignals.append(
        neo.AnalogSignal(
            np.arange(40.0).reshape(20, 2), units="mV", sampling_rate=0.01 * pq.kHz, name="lfp"
        )
    )
    one.irregularlysampledsignals.append(
        neo.IrregularlySampledSignal([0, 500] * pq.ms, [1.0, 2.0] * pq.V, name="gaze")
    )
    return one


def test_spike_trains_keep_their_unit_of_time():
    seconds = [np.sort(np.random.default_rng(k).uniform(0, 40, 800)) for k in range(6)]
    trains = [train(t, in_ms=bool(k % 2), stop=40.0) for k, t in enumerate(seconds)]
    how = {"bin_width_s": 0.02, "trial_starts_s": np.arange(39.0), "window_s": (0.0, 0.8)}
    found = lfads.SpikeTrains(trains).bin(**how).session.spikes
    assert found.tolist() == lfads.SpikeTrains(seconds).bin(**how).session.spikes.tolist()


def test_a_segment(segment):
    with pytest.warns(UserWarning, match=r"neo: not used: `units\.curve` \(no number or text"):
        recording = lfads.from_neo(segment)
    assert [times.tolist() for times in recording.spike_times_s] == [[0.1, 0.7], [0.2]]
    assert recording.units["name"].tolist() == ["a", "b"]
    assert recording.units["area"].tolist() == ["M1", "S1"]
    assert np.isnan(recording.units["snr"][0])
    assert recording.trials["stop_time"].tolist() == [0.9, 1.9]
    assert recording.trials["label"].tolist() == ["left", "right"]
    assert recording.trials["correct"].tolist() == [True, False]
    assert {k: v.tolist() for k, v in recording.events.items()} == {
        "cue": [0.5, 1.5], "cue/go": [0.5], "cue/stop": [1.5],
    }  # fmt: skip
    lfp, gaze = recording.series["lfp"], recording.series["gaze"]
    assert (lfp.rate_hz, lfp.unit, lfp.num_channels) == (10.0, "mV", 2)
    assert lfp.values(1, 2).tolist() == [[2.0, 3.0]]
    np.testing.assert_allclose(lfp.times(0, 3), [0.0, 0.1, 0.2])
    assert gaze.times(0, 2).tolist() == [0.0, 0.5]
    assert recording.span_s == (0.0, 2.0)
    dataset = lfads.prepare(recording, bin_width_s=0.3, conditions=["label"], valid=0.0)
    assert dataset.session.spikes[0].tolist() == [[1, 1], [0, 0], [1, 0]]


@pytest.mark.filterwarnings("ignore:neo. not used")
def test_tables_of_trials(segment):
    assert lfads.from_neo(segment, trials="Trials").num_trials == 2
    assert lfads.from_neo(segment, trials={"start_time": [0.0]}).num_trials == 1
    with pytest.raises(lfads.UserError, match=r"no epochs `trials`\. Did you mean `Trials`"):
        lfads.from_neo(segment, trials="trials")


def test_segments_are_trials_one_behind_the_other():
    block = neo.Block()
    for row, times in enumerate(([0.1, 0.7], [0.2], [])):
        one = segment_of([train(times), train([0.4])], stimulus=f"s{row}")
        one.events.append(neo.Event([0.5] * pq.s, labels=["go"], name="cue"))
        one.analogsignals.append(
            neo.AnalogSignal(np.full((20, 1), row), units="V", sampling_rate=10 * pq.Hz, name="x")
        )
        block.segments.append(one)
    recording = lfads.from_neo(block)
    assert recording.trials["stimulus"].tolist() == ["s0", "s1", "s2"]
    zeros = recording.trials["zero_time"]
    assert recording.events["cue"].tolist() == (zeros + 0.5).tolist()
    dataset = lfads.prepare(
        recording, bin_width_s=0.5, align_to="zero_time", window_s=(0.0, 2.0), behavior=["x"],
        valid=0.0,
    )  # fmt: skip
    assert dataset.session.spikes[:, :2, 0].tolist() == [[1, 1], [1, 0], [0, 0]]
    assert dataset.session.behavior["x"][:, 0, 0].tolist() == [0.0, 1.0, 2.0]
    alone = lfads.from_neo(block, segment=1)
    assert alone.spike_times_s[0].tolist() == [0.2]


def test_segments_on_one_clock_stay_there():
    block = neo.Block()
    for start in (0.0, 10.0):
        one = neo.SpikeTrain([start + 0.5] * pq.s, t_start=start * pq.s, t_stop=(start + 1) * pq.s)
        block.segments.append(segment_of([one]))
    recording = lfads.from_neo(block)
    assert recording.spike_times_s[0].tolist() == [0.5, 10.5]
    assert recording.trials["start_time"].tolist() == [0.0, 10.0]
    assert recording.observed_s == ((0.0, 1.0), (10.0, 11.0))


def test_what_is_no_recording_is_refused():
    block = neo.Block()
    block.segments += [segment_of([train([0.1])]), segment_of([train([0.1]), train([0.2])])]
    with pytest.raises(lfads.UserError, match=r"2 segments differ in their spike trains \(1, 2"):
        lfads.from_neo(block)
    with pytest.raises(lfads.UserError, match=r"`segment=` must be one of the 2 segments.*got 2"):
        lfads.from_neo(block, segment=2)
    with pytest.raises(lfads.UserError, match="the segment holds no spike train"):
        lfads.from_neo(neo.Segment())
