"""Times of trials, units and signals that are hardly on the clock of the spikes."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.recordings.clock import about_unit, clock_of
from lfads.recordings.prepare import prepare
from lfads.recordings.recording import Recording, Series

pytestmark = pytest.mark.filterwarnings("ignore:.*silent in the training trials")

TRIALS = 40
STARTS = 5.0 * np.arange(TRIALS)
CUT = {"bin_width_s": 0.1, "align_to": "go", "window_s": (-0.2, 0.4)}


def recording(**trials):
    rng = np.random.default_rng(0)
    return Recording.from_spike_times(
        [np.sort(rng.uniform(0, 200, 3000)) for _ in range(4)],
        trials={"start_time": STARTS, "stop_time": STARTS + 3, "go": STARTS + 1, **trials},
        series=[
            Series.from_arrays("emg", np.zeros(2000), times_s=100.0 * np.arange(2000.0)),
            Series.from_arrays("hand", np.zeros(2000), rate_hz=10.0),
        ],
    )


def test_what_is_right_is_taken():
    assert prepare(recording(), behavior=["hand"], **CUT).session.num_trials == TRIALS


@pytest.mark.parametrize(
    ("go", "said"),
    [
        (STARTS / 1000 + 0.001, r"reach to 0.196 s, the spikes 1,020 times as far \(199.9"),
        (STARTS + 1000, r"40 of 40 times of `go`, from 1000 to 1195 s, lie outside the spikes"),
        (1000 * STARTS + 1, r"reach to 195001 s, 975 times as far as the spikes"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*are they on the clock of the trials")
def test_trials_on_another_clock_are_refused(go, said):
    with pytest.raises(UserError, match=said):
        prepare(recording(go=go), **CUT)


def test_events_outside_of_their_trials_are_said():
    with pytest.warns(
        UserWarning, match=r"`go` lie between .* outside 40 trials of 40, which start"
    ):
        prepare(recording(go=np.roll(STARTS, 7) + 1.0), **CUT)


def test_relative_times_in_another_unit_are_refused():
    with pytest.raises(
        UserError, match="lie between 200 and 900 s, where trials last up to 3 s: are"
    ):
        prepare(recording(go=np.linspace(200, 900, TRIALS)), relative_to_trial=True, **CUT)


def test_reaction_times_without_starts_are_not_all_at_one_place():
    spikes = recording().spike_times_s
    trials = {"go": np.linspace(0.2, 0.5, TRIALS), "t0": STARTS}
    source = Recording.from_spike_times([spikes[k] for k in range(4)], trials=trials)
    with pytest.raises(UserError, match="Name the column of when trials start with `start=`"):
        prepare(source, **CUT)
    assert prepare(source, start="t0", relative_to_trial=True, **CUT).session.num_trials == TRIALS


def test_signals_on_another_clock_are_refused():
    with pytest.raises(
        UserError, match=r"series `emg` ends at 199900 s, where the spikes end at 199.9"
    ):
        prepare(recording(), behavior=["emg"], **CUT)


def test_microseconds_are_offered():
    rng = np.random.default_rng(0)
    times = [np.sort(rng.integers(0, 600_000_000, 3000)) for _ in range(4)]
    said = about_unit(clock_of(times))
    assert "`time_unit='us'` for microseconds, 600 s (10 min) at 5 spikes/s" in said


def test_milliseconds_of_fast_units_are_days():
    rng = np.random.default_rng(0)
    times = [np.sort(rng.uniform(0, 200_000, 30_000)) for _ in range(4)]
    assert "2.31 days at 0.15 spikes/s" in about_unit(clock_of(times))


def test_units_in_different_units_of_time_are_named():
    rng = np.random.default_rng(0)
    times = [np.sort(rng.uniform(0, reach, 2000)) for reach in (200, 200_000, 200)]
    assert "those of unit 1 to 19" in about_unit(clock_of(times))
