"""NWB files to test with, and the command line on them."""

import datetime

import numpy as np
import pytest

from lfads.cli.main import run

pynwb = pytest.importorskip("pynwb")


AROUND_GO = ["--align-to", "go_time", "--window-s", "-0.2", "0.6", "--bin-width-s", "0.02"]


def command(*words):
    return run([str(word) for word in words])


def write_nwb(path, *, num_units=6, with_trials=True):
    """Units of two areas that fire at 20/s, 30 trials, hand velocity and position, rewards."""
    rng, seconds = np.random.default_rng(0), 60.0
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("delayed reaching", "tests", begin)
    if num_units:
        file.add_unit_column("quality", "of the isolation")
    device = file.create_device("probe")
    for area in ("M1", "PMd"):
        group = file.create_electrode_group(area, "a shank", area, device)
        file.add_electrode(location=area, group=group)
    for unit in range(num_units):
        times = np.sort(rng.uniform(0, seconds, 1200))
        file.add_unit(
            spike_times=times, quality="good" if unit % 3 else "multi", electrodes=[unit % 2],
            obs_intervals=[[0.0, seconds]],
        )  # fmt: skip
    if with_trials:
        file.add_trial_column("go_time", "when the target went off")
        file.add_trial_column("direction", "of the target")
        for trial in range(30):
            start = 2.0 * trial
            go = np.nan if trial == 4 else start + 0.5
            file.add_trial(
                start_time=start, stop_time=start + 1.5, go_time=go,
                direction=["left", "right"][trial % 2],
            )  # fmt: skip
    times = np.arange(0, seconds, 0.01)
    module = file.create_processing_module("behavior", "the hand")
    velocity = np.stack([np.sin(times), np.cos(times)], axis=1)
    module.add(pynwb.TimeSeries(name="hand_vel", data=velocity, unit="m/s", rate=100.0))
    position = pynwb.behavior.Position(name="Position")
    position.create_spatial_series(
        name="hand_pos", data=velocity, timestamps=times, reference_frame="table", conversion=0.001
    )
    module.add(position)
    file.add_acquisition(
        pynwb.TimeSeries(name="reward", data=np.ones(3), unit="n", timestamps=[1.0, 3.0, 5.0])
    )
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return path


def written(path, add):
    """A copy of the recording with more in it."""
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("delayed reaching", "tests", begin)
    add(file)
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return path


def add_units(file, intervals=None):
    rng = np.random.default_rng(0)
    for unit in range(4):
        times = np.sort(rng.uniform(0, 60, 1200))
        given = {} if intervals is None else {"obs_intervals": intervals[unit]}
        file.add_unit(spike_times=times, **given)
    for trial in range(30):
        file.add_trial(start_time=2.0 * trial, stop_time=2.0 * trial + 1.5)


def spike_times(num_units=4, seconds=60.0):
    rng = np.random.default_rng(0)
    return [np.sort(rng.uniform(0, seconds, int(20 * seconds))) for _ in range(num_units)]


def add_spikes(file, num_units=4):
    """Units alone."""
    for times in spike_times(num_units):
        file.add_unit(spike_times=times)


def replace(file, name, values, **options):
    """Another array under the name of one, with its attributes; an index of it points to it."""
    attributes = dict(file[name].attrs)
    del file[name]
    array = file.create_dataset(name, data=values, **options)
    array.attrs.update(attributes)
    if f"{name}_index" in file:
        file[f"{name}_index"].attrs["target"] = array.ref
