"""Times that count from their trial: laid onto one clock, and cut around what counts so, too."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.recordings.prepare import prepare
from lfads.recordings.recording import Recording
from lfads.recordings.relative import BETWEEN_S, from_triplets

pytestmark = pytest.mark.filterwarnings("ignore:.*silent in the training trials")

TRIALS, UNITS = 12, 3


def triplets(low=-0.2, high=0.98, number=3000):
    rng = np.random.default_rng(0)
    times = rng.uniform(low, high, number)
    return times, rng.integers(0, TRIALS, number), rng.integers(0, UNITS, number)


def laid(**changed):
    times, trial, unit = triplets()
    return from_triplets(times, trial, unit, num_trials=TRIALS, num_units=UNITS, **changed)


def expected_counts(edges):
    times, trial, unit = triplets()
    edges = [*([np.arange(TRIALS + 1) - 0.5]), edges, np.arange(UNITS + 1) - 0.5]
    return np.histogramdd(np.stack([trial, times, unit], axis=1), edges)[0]


def test_spikes_are_counted_where_they_were():
    source = laid()
    dataset = prepare(source, bin_width_s=0.1, align_to="zero_time", window_s=(-0.2, 0.8))
    np.testing.assert_array_equal(
        dataset.session.spikes, expected_counts(np.linspace(-0.2, 0.8, 11) - 1e-9)
    )
    assert dataset.start_s == -0.2


def test_the_span_is_what_the_spikes_reach_over_in_tenths_of_a_second():
    source = laid()
    lasting = source.trials["stop_time"] - source.trials["start_time"]
    np.testing.assert_allclose(lasting, 1.2)
    np.testing.assert_allclose(np.diff(source.trials["zero_time"]), 1.2 + BETWEEN_S)
    assert len(source.observed_s) == TRIALS


def test_spans_of_each_trial():
    stops = np.where(np.arange(TRIALS) == 4, 1.5, 1.0)
    source = laid(span_s=(-0.2, stops))
    lasting = source.trials["stop_time"] - source.trials["start_time"]
    np.testing.assert_allclose(lasting, stops + 0.2)
    session = prepare(source, bin_width_s=0.1).session
    assert session.trial_length.tolist() == np.round(lasting / 0.1).astype(int).tolist()
    assert session.spikes.sum() == 3000


def test_trials_lie_where_they_say_that_they_began():
    starts = 100 + 5.0 * np.arange(TRIALS)
    source = laid(trials={"start_time": starts, "side": ["left", "right"] * 6}, span_s=(0.0, 1.0))
    np.testing.assert_allclose(source.trials["zero_time"], starts)
    np.testing.assert_allclose(source.trials["start_time"], starts)
    assert source.trials["side"][:2].tolist() == ["left", "right"]


def test_starts_that_are_too_close_are_not_used():
    source = laid(trials={"start_time": np.zeros(TRIALS)})
    assert (np.diff(source.trials["zero_time"]) > 1).all()


def test_events_that_count_from_their_trial():
    reaction = np.linspace(0.1, 0.3, TRIALS)
    source = laid(trials={"reaction_time": reaction})
    how = {"bin_width_s": 0.1, "align_to": "reaction_time", "window_s": (-0.1, 0.3)}
    session = prepare(source, relative_to_trial=True, **how).session
    times, trial, unit = triplets()
    inside = (trial == 5) & (unit == 1)
    edges = reaction[5] + np.linspace(-0.1, 0.3, 5) - 1e-9
    assert session.spikes[5, :, 1].tolist() == np.histogram(times[inside], edges)[0].tolist()
    said = r"trials have no common clock: `reaction_time` can be used .*`relative_to_trial=True`"
    with pytest.raises(UserError, match=said):
        prepare(source, **how)


def test_events_on_the_clock_of_the_recording_are_not_relative():
    starts = 10.0 * np.arange(20)
    rng = np.random.default_rng(0)
    source = Recording.from_spike_times(
        [np.sort(rng.uniform(0, 200, 4000)) for _ in range(3)],
        trials={"start_time": starts, "stop_time": starts + 3.0, "go": starts + 1.0},
    )
    how = {"bin_width_s": 0.1, "align_to": "go", "window_s": (-0.1, 0.3)}
    assert prepare(source, **how).session.num_trials == 20
    with pytest.raises(
        UserError, match="on the clock of the recording: leave out `relative_to_trial"
    ):
        prepare(source, relative_to_trial=True, **how)
    with pytest.raises(
        UserError, match="`relative_to_trial=True` is about the times of `align_to=`"
    ):
        prepare(source, bin_width_s=0.1, relative_to_trial=True)


def test_units_and_trials_without_a_spike_keep_their_rows():
    source = from_triplets(
        np.array([0.5, 0.1]), np.array([1, 0]), np.array([1, 1]), num_trials=3, num_units=4,
        units={"area": ["a", "b", "c", "d"]}, left_out=["`note` (text; nothing to do)"],
    )  # fmt: skip
    assert [len(source.spike_times_s[unit]) for unit in range(4)] == [0, 2, 0, 0]
    assert source.num_trials == 3
    assert source.units["area"].tolist() == ["a", "b", "c", "d"]
    assert source.left_out == ("`note` (text; nothing to do)",)
    zeros = source.trials["zero_time"]
    np.testing.assert_allclose(source.spike_times_s[1], [zeros[0] + 0.1, zeros[1] + 0.5])


@pytest.mark.parametrize(
    ("times", "changed", "said"),
    [
        ([0.1, np.nan], {}, "must be finite"),
        ([], {}, "no spike in 3 trials"),
        ([0.1, 0.2], {"trials": {"side": ["a", "b"]}}, "has 2 rows, where 3 were expected"),
    ],
)
def test_what_cannot_be_laid_is_refused(times, changed, said):
    rows = np.zeros(len(times), np.int64)
    with pytest.raises(UserError, match=said):
        from_triplets(np.array(times), rows, rows, num_trials=3, num_units=1, **changed)


STARTS = 10.0 + 5.0 * np.arange(TRIALS)


def within(lasting):
    """Spikes that count from 0 and end with their trial."""
    rng = np.random.default_rng(1)
    trial = np.repeat(np.arange(TRIALS), 200)
    return rng.uniform(0, 1, len(trial)) * lasting[trial], trial, np.tile([0, 1], 100 * TRIALS)


def on_session(times, trial, unit, **changed):
    return from_triplets(times, trial, unit, num_trials=TRIALS, num_units=2, **changed)


def test_trials_keep_their_own_bounds_where_their_spikes_lie_within():
    lasting = 1.0 + 0.1 * (np.arange(TRIALS) % 3)
    order = np.random.default_rng(0).permutation(TRIALS)  # sorted by condition, as tables may be
    table = {"start_time": STARTS[order], "stop_time": STARTS[order] + lasting}
    source = on_session(*within(lasting), trials=table | {"go": STARTS[order] + 0.4})
    assert not source.trials_apart
    assert not source.remarks
    for name, values in table.items():
        np.testing.assert_allclose(source.trials[name], values)
    session = prepare(source, bin_width_s=0.1).session
    assert session.trial_length.tolist() == np.round(lasting / 0.1).astype(int).tolist()
    # Columns on the clock of the session are used as they are.
    around = prepare(source, bin_width_s=0.1, align_to="go", window_s=(-0.2, 0.4)).session
    times, trial, unit = within(lasting)
    inside = (trial == 3) & (unit == 0)
    edges = 0.4 + np.linspace(-0.2, 0.4, 7) - 1e-9
    assert around.spikes[3, :, 0].tolist() == np.histogram(times[inside], edges)[0].tolist()


@pytest.mark.parametrize(
    "table",
    [
        {"start_time": STARTS, "stop_time": STARTS + 0.5},  # spikes reach behind the trials
        {"start_time": STARTS + np.where(np.arange(TRIALS) == 2, np.nan, 0.0)},
        {"start_time": STARTS / 10, "stop_time": STARTS / 10 + 1.0},  # trials share time
    ],
)
def test_trials_whose_place_is_not_sure_lie_one_behind_the_other(table):
    times, trial, unit = within(np.ones(TRIALS))
    source = on_session(
        times, trial, unit, trials={**table, "go": STARTS + 0.3}, events={"reward": [12.0]}
    )
    assert source.trials_apart
    assert source.left_out[0].startswith("`reward` (times of the session")
    np.testing.assert_array_equal(source.trials["start_time_in_file"], table["start_time"])
    how = {"bin_width_s": 0.1, "window_s": (0.0, 0.5)}
    with pytest.raises(UserError, match="not on the clock of the session: subtract"):
        prepare(source, align_to="go", **how)
    with pytest.raises(
        UserError, match=r"`go`, counted from the start of each trial, lie between 10.3"
    ):
        prepare(source, align_to="go", relative_to_trial=True, **how)
    session = prepare(source, align_to="zero_time", **how).session
    assert session.spikes.sum() == (times < 0.5).sum()


def test_times_before_zero_tell_that_zero_is_not_the_start():
    source = laid(trials={"start_time": STARTS})
    assert source.trials_apart


def test_inputs_that_count_from_their_trial_are_placed_by_its_zero():
    cue = np.linspace(0.1, 0.5, TRIALS)
    source = laid(trials={"reaction_time": cue, "cue": cue})
    how = {"bin_width_s": 0.1, "align_to": "reaction_time", "window_s": (-0.1, 0.3)}
    session = prepare(source, relative_to_trial=True, input_events=["cue"], **how).session
    assert session.external_inputs is not None
    assert (session.external_inputs[:, 1, 0] == 1).all()
    assert session.external_inputs.sum() == TRIALS


def test_what_is_not_known_of_trials_is_said():
    source = laid()
    assert source.remarks == (
        "no column says how long trials last: all are taken to last from -0.2 to 1 s on their own clocks, "
        "over which spikes reach",
    )
