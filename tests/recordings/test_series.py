"""Signals in memory: what their values, times and rates must be."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.guarded import memory
from lfads.recordings import resample
from lfads.recordings.binning import trial_bins
from lfads.recordings.resample import onto_bins
from lfads.recordings.series import Series


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf, 1e-320])
def test_rates_are_positive_and_finite(rate):
    with pytest.raises(UserError, match="series `hand`: `rate_hz` must be samples per second"):
        Series.from_arrays("hand", np.ones(5), rate_hz=rate)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"values": np.ones(5), "rate_hz": 1.0, "start_s": np.nan}, "`start_s` must be the time"),
        ({"values": np.ones(5), "times_s": np.arange(4)}, "for each of 5 samples; got .4,. times"),
        ({"values": np.ones((2, 100)), "times_s": np.arange(100)}, "look like .channel, sample."),
        ({"values": 3.0, "rate_hz": 1.0}, "got one number"),
        ({"values": ["a", "b"], "rate_hz": 1.0}, "values must be numbers in one array; got <U1"),
        ({"values": [[1.0], [1.0, 2.0]], "rate_hz": 1.0}, "values must be numbers in one array"),
        ({"values": np.ones(2), "times_s": ["a", "b"]}, "`times_s` must be numbers"),
        ({"values": np.ones(2)}, "give either `times_s` or `rate_hz`"),
    ],
)
def test_mistakes_are_named(given, message):
    with pytest.raises(UserError, match=message):
        Series.from_arrays("hand", given.pop("values"), **given)


def test_fewer_samples_than_channels_are_said():
    with pytest.warns(UserWarning, match="2 samples of 100 channels: if the axes are"):
        Series.from_arrays("hand", np.ones((2, 100)), rate_hz=10.0)


def test_a_series_read_in_parts_is_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3000, 2))
    values[rng.random(3000) < 0.3] = np.nan
    times = np.cumsum(rng.exponential(0.001, 3000))
    bins = trial_bins(0.005, [0.1, 0.7, 2.8], window_s=(0.0, 0.5))
    for series in (
        Series.from_arrays("hand", values, times_s=times),
        Series.from_arrays("hand", values, rate_hz=90.0),
    ):
        whole = onto_bins(series, bins)
        with monkeypatch.context() as patch:
            patch.setattr(resample, "MOST_VALUES", 40)
            np.testing.assert_array_equal(onto_bins(series, bins), whole)


def test_a_series_at_1_ghz_is_refused_where_a_bin_of_it_is_too_much(monkeypatch):
    def unread(start, stop):
        raise AssertionError("must not be read")

    series = Series(
        name="fast", num_samples=10**13, num_channels=1, rate_hz=1e9, values=unread,
        times=lambda start, stop: np.arange(start, stop) / 1e9,
    )  # fmt: skip
    monkeypatch.setattr(memory, "LIMIT_BYTES", 2**30)
    bins = trial_bins(0.5, [0.0, 60.0], window_s=(0.0, 2.0))
    with pytest.raises(UserError, match=r"[45][0-9,]+ samples of a bin of 0\.5 s would take about"):
        onto_bins(series, bins)
    irregular = Series(name="fast", num_samples=10**13, num_channels=1, values=unread, times=unread)
    with pytest.raises(UserError, match="the times of 10,000,000,000,000 samples would take"):
        onto_bins(irregular, bins)
