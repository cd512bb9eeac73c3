"""Times in another unit than seconds: refused with what would make sense, or read as a user says."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import lfads
from lfads.checks import UserError
from lfads.recordings.clock import about_trials, about_unit, clock_of, in_time
from lfads.recordings.listing import rows_of
from lfads.recordings.prepare import prepare, prepare_alike
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording

pytestmark = pytest.mark.filterwarnings("ignore:.*silent in the training trials")

SECONDS, UNITS = 400.0, 6
CUT = {"bin_width_s": 0.02, "align_to": "start_time", "window_s": (0.0, 0.8)}


def times_s(rate_hz=20.0, seconds=SECONDS):
    rng = np.random.default_rng(0)
    return [np.sort(rng.uniform(0, seconds, int(rate_hz * seconds))) for _ in range(UNITS)]


def trials(per_second=1.0):
    return {"start_time": per_second * np.arange(0.0, SECONDS - 1, 2.0)}


def recording(times, per_second=1.0, **changed):
    return Recording.from_spike_times(times, trials=trials(per_second), **changed)


def as_file(path, times, per_second=1.0):
    unit = np.repeat(np.arange(len(times)), [len(one) for one in times])
    columns: dict[str, Any] = {
        f"trials.{name}": values for name, values in trials(per_second).items()
    }
    np.savez(path, spike_times=np.concatenate(times), unit=unit, **columns)
    return path


@pytest.mark.parametrize("choices", [CUT, {"bin_width_s": 0.02, "chop_s": 1.0}])
def test_milliseconds_are_refused_with_the_factor(choices):
    source = recording([1000 * one for one in times_s(2.0)])
    said = "`times / 1000` for milliseconds, 399.8 s (6.66 min) at 2 spikes/s. If they are seconds, say"
    said = f"hardly in seconds: 4,800 spikes of 6 units .*{re.escape(said)}"
    with pytest.raises(UserError, match=said):
        prepare(source, **choices)


def test_samples_are_refused_with_the_usual_rate():
    source = recording([np.round(30_000 * one) for one in times_s()])
    said = r"are all whole numbers.*`times / 30000` for samples at 30000 Hz, 400 s .*at 20 spikes/s"
    with pytest.raises(UserError, match=said):
        prepare(source, **CUT)


def test_whole_milliseconds_are_told_from_seconds_by_being_whole():
    """At 400 spikes/s, milliseconds give a rate that seconds may have."""
    source = recording([np.unique(np.round(1000 * one)) for one in times_s(400.0)])
    with pytest.raises(UserError, match=r"all whole numbers.*`times / 1000` for milliseconds"):
        prepare(source, **CUT)


def test_files_are_told_how_to_say_it(tmp_path):
    path = as_file(tmp_path / "a.npz", [np.round(30_000 * one) for one in times_s()])
    with lfads.open_recording(path) as source:
        said = r"`time_unit='samples'` with `sampling_rate_hz=30000` .*; and `trial_time_unit='s'`"
        with pytest.raises(UserError, match=said):
            prepare(source, **CUT)
        rows = dict(rows_of(source))
        assert "hardly in seconds" in rows["problem"]
        assert rows["unit of time"] == "seconds"


@pytest.mark.parametrize(
    ("per_second", "of_trials", "said"),
    [
        (1000.0, 1.0, {"time_unit": "ms", "trial_time_unit": "s"}),
        (1000.0, 1000.0, {"time_unit": "ms"}),
        (30_000.0, 1.0,
         {"time_unit": "samples", "trial_time_unit": "s", "sampling_rate_hz": 30_000.0}),
        (1.0, 1000.0, {"trial_time_unit": "ms"}),
    ],
)  # fmt: skip
def test_a_unit_that_is_said_gives_the_same_counts(tmp_path, per_second, of_trials, said):
    plain = prepare(recording(times_s()), **CUT)
    path = as_file(tmp_path / "a.npz", [per_second * one for one in times_s()], of_trials)
    with lfads.open_recording(path, **said) as source:
        assert source.is_in_seconds is ("time_unit" in said)
        dataset = prepare(source, **CUT)
        again = prepare_alike(source, dataset.prepared)
    np.testing.assert_allclose(dataset.session.spikes.sum(1), plain.session.spikes.sum(1), atol=1)
    assert dataset.session.spikes.sum() == plain.session.spikes.sum()
    assert dataset.prepared["reading"] == said
    assert again.fingerprint() == dataset.fingerprint()


def test_what_was_said_is_remembered_with_the_data(tmp_path):
    path = as_file(tmp_path / "a.npz", [1000 * one for one in times_s()])
    with lfads.open_recording(path, time_unit="ms", trial_time_unit="s") as source:
        dataset = prepare(source, **CUT)
    lfads.write(dataset, tmp_path / "a.h5")
    remembered = lfads.read(tmp_path / "a.h5").prepared
    with lfads.open_recording(path, **remembered["reading"]) as source:
        assert prepare_alike(source, remembered).fingerprint() == dataset.fingerprint()


def test_sparse_seconds_are_accepted_where_they_are_said_to_be():
    sparse = times_s(0.02, 100 * SECONDS)
    with pytest.raises(UserError, match="If they are seconds, say `is_in_seconds=True`"):
        prepare(recording(sparse), **CUT)
    session = prepare(recording(sparse, is_in_seconds=True), bin_width_s=0.5, chop_s=50.0).session
    assert session.num_neurons == UNITS


def test_trials_in_milliseconds_beside_spikes_in_seconds_are_refused():
    said = (
        r"times of `start_time` reach to 398000 s, 995 times as far as the spikes \(399\.999 s\): .*"
        "`trial_time_unit='ms'`"
    )
    with pytest.raises(UserError, match=said):
        prepare(recording(times_s(), per_second=1000.0), **CUT)


def test_few_spikes_say_nothing():
    few = [np.arange(0, 10.0), np.arange(0, 5.0)]
    assert not about_unit(clock_of(few))
    assert not about_trials(clock_of(few), np.array([1e6]), "go")
    assert clock_of([np.empty(0)] * 2).rate_hz == 0
    assert not about_unit(clock_of([np.zeros(500)]))  # all at once: no span


def test_neither_rates_of_cortex_nor_of_fibres_are_refused():
    for rate in (0.5, 20.0, 300.0):
        assert not about_unit(clock_of(times_s(rate)))


def test_a_source_can_tell_without_reading_all_of_it():
    whole = clock_of(times_s())

    class Glimpsed:
        def __len__(self):
            return UNITS

        def __getitem__(self, unit):
            raise AssertionError("is not to be read")

        def glimpse(self, unit):
            from lfads.recordings.clock import glimpse_of

            return glimpse_of(times_s()[unit])

    told = clock_of(Glimpsed())
    assert told.num_spikes.tolist() == whole.num_spikes.tolist()
    assert told[2:-1] == whole[2:-1]
    np.testing.assert_array_equal(told.last_of_units_s, whole.last_of_units_s)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"time_unit": "samples"}, "times in samples need `sampling_rate_hz=`"),
        ({"sampling_rate_hz": -1.0}, "must be samples per second, positive and finite"),
    ],
)
def test_what_is_said_of_units_is_checked(changed, said):
    with pytest.raises(UserError, match=said):
        Reading(**changed)


def test_the_table_of_a_recording_says_how_long_it_is_and_how_many_spikes_it_has():
    rows = dict(rows_of(replace(recording(times_s()), is_in_seconds=True)))
    assert rows["spikes"].startswith("48,000 spikes, 0.0")
    assert rows["spikes"].endswith("400 s (6.67 min) in all")
    assert "median 20" in rows["rates"]
    assert in_time(3e6) == "34.7 days"
