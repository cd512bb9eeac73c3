"""Seconds and memory of cutting trials from a long NWB file.

A recording of 200 units for an hour, 10 spikes/s each, with 900 trials of 2 s in bins of 5 ms. Memory is
the peak of a process of its own, less that of one that imports the same and opens the file.
"""

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import _record
import numpy as np


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--units", type=int, default=200)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--rate-hz", type=float, default=10.0)
    parser.add_argument(
        "--in-this-process", choices=("make", "open", "prepare"), help=argparse.SUPPRESS
    )
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.in_this_process == "make":
        seconds, rate_hz = 3600 * arguments.hours, arguments.rate_hz
        print(json.dumps(write_recording(arguments.file, arguments.units, seconds, rate_hz)))
        return
    if arguments.in_this_process:
        print(json.dumps(measure(arguments.file, arguments.in_this_process == "prepare")))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.nwb"
        # A process begins with the peak of the one that started it: this one stays small.
        spikes, opened, prepared = (
            in_own_process(path, what) for what in ("make", "open", "prepare")
        )
    times_mib = 8 * spikes / 2**20
    extra = prepared["peak_mib"] - opened["peak_mib"]
    results = {
        "units": arguments.units,
        "hours": arguments.hours,
        "spikes": spikes,
        "spike_times_mib": times_mib,
        "seconds": prepared["seconds"],
        "peak_mib": prepared["peak_mib"],
        "peak_mib_of_opening": opened["peak_mib"],
        "ratio_of_memory_to_spike_times": extra / times_mib,
        "shape": prepared["shape"],
    }
    _record.record(results, arguments.out)


def write_recording(path: Path, units: int, seconds: float, rate_hz: float) -> int:
    """An NWB file of random spikes; returns how many."""
    pynwb: Any = import_module("pynwb")  # an extra: type checkers need not find it
    rng, number = np.random.default_rng(0), 0
    file = pynwb.NWBFile("speed", "speed", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    for _ in range(units):
        times = np.sort(rng.uniform(0, seconds, rng.poisson(rate_hz * seconds)))
        file.add_unit(spike_times=times, obs_intervals=[[0.0, seconds]])
        number += len(times)
    file.add_trial_column("go_time", "an event")
    for start in np.arange(1.0, seconds - 3.0, 4.0):
        file.add_trial(start_time=start, stop_time=start + 2.0, go_time=start + 0.5)
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return number


def in_own_process(path: Path, what: str) -> Any:
    """One of the steps in a fresh interpreter, with the arguments of this one."""
    command = [sys.executable, __file__, *sys.argv[1:], "--in-this-process", what]
    command += ["--file", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(path: Path, cut: bool) -> dict:
    """Open a recording and, if asked, cut trials and write them."""
    import lfads

    began, shape = time.perf_counter(), None
    open_recording, prepare, write = lfads.open_recording, lfads.prepare, lfads.write
    with open_recording(path) as recording:
        if cut:
            dataset = prepare(
                recording, bin_width_s=0.005, align_to="go_time", window_s=(-0.5, 1.5)
            )
            write(dataset, path.with_suffix(".h5"))
            shape = list(dataset.session.spikes.shape)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak_mib": _record.peak_mib(), "shape": shape}


if __name__ == "__main__":
    main()
