"""Times that carry their unit, of stand-ins for the libraries that make them so."""

import datetime

import numpy as np
import pytest

import lfads
from lfads.checks import UserError
from lfads.recordings.libraries.units_of_time import carries_time, without_unit
from lfads.recordings.recording import Recording


class Quantity(np.ndarray):
    """Of quantities and neo: an array whose dimensionality has a name."""

    unit_name = "ms"

    @property
    def dimensionality(self):
        return type("Dimensionality", (), {"string": self.unit_name})()

    @property
    def magnitude(self):
        return np.asarray(self)


def quantity(values, unit):
    return np.asarray(values, float).view(type("Of", (Quantity,), {"unit_name": unit}))


class Pint:
    """Of pint: no array, with `magnitude` and `units`."""

    def __init__(self, values, unit):
        self.magnitude, self.units = np.asarray(values, float), unit


class Astropy(np.ndarray):
    """Of astropy: an array with `unit`."""

    unit = "us"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (quantity([1500, 20], "ms"), [1.5, 0.02]),
        (quantity([1.5, 2], "s"), [1.5, 2.0]),
        (Pint([2, 3], "minute"), [120.0, 180.0]),
        (Pint([2, 3], "milliseconds"), [0.002, 0.003]),
        (np.array([1e6, 2e6]).view(Astropy), [1.0, 2.0]),
        (np.array([1500, 20], "timedelta64[ms]"), [1.5, 0.02]),
        (np.array([1.5, 2.0]), [1.5, 2.0]),
    ],
)
def test_times_are_in_seconds(times, expected):
    found = np.asarray(without_unit("times", times))
    np.testing.assert_allclose(found, expected)
    assert type(found) is np.ndarray


def test_values_of_other_units_are_no_times():
    with pytest.raises(UserError, match="`go` must be times; got values in 'mv': expected seconds"):
        without_unit("go", quantity([1.0], "mV"))
    assert not carries_time(quantity([1.0], "mV"))
    assert not carries_time([1.0])
    assert carries_time(np.array([1], "timedelta64[s]"))
    assert without_unit("go", "text") == "text"


def test_trains_of_different_units_are_on_one_clock():
    seconds = [np.sort(np.random.default_rng(unit).uniform(0, 40, 800)) for unit in range(4)]
    given = [quantity(1000 * one, "ms") if k % 2 else one for k, one in enumerate(seconds)]
    starts = quantity(1000 * np.arange(39.0), "ms")
    how = {"window_s": (0.0, 0.8)}
    told = lfads.SpikeTrains(given).bin(0.02, trial_starts_s=starts, **how)
    plain = lfads.SpikeTrains(seconds).bin(0.02, trial_starts_s=np.arange(39.0), **how)
    np.testing.assert_array_equal(told.session.spikes.sum(1), plain.session.spikes.sum(1))


def test_columns_and_events_are_converted_and_others_keep_their_unit():
    source = Recording.from_spike_times(
        [quantity([100, 200], "ms")],
        trials={
            "go": quantity([1500.0], "ms"), "speed": quantity([3.0], "m/s"),
            "waited": [datetime.timedelta(seconds=2)],
        },
        events={"reward": quantity([250.0], "ms")},
    )  # fmt: skip
    assert source.spike_times_s[0].tolist() == [0.1, 0.2]
    assert source.trials["go"].tolist() == [1.5]
    assert source.trials["speed"].tolist() == [3.0]
    assert source.events["reward"].tolist() == [0.25]
