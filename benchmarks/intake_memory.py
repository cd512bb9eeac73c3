"""Peak memory of `prepare` beside the spike times, for each way in which they come.

Each is measured in a process of its own: what `lfads.prepare` of a file, or of arrays, takes beyond a
process that imports the same, over the bytes of the spike times as float64. The trials cut are few, so that
counts weigh little.
"""

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import _record
import numpy as np

SECONDS = 3600.0
WAYS = ("npz", "npz_float32", "mat_v7.3", "nwb", "arrays", "arrays_unsorted")
IN_FILES = {"npz": ".npz", "npz_float32": ".npz", "mat_v7.3": ".mat", "nwb": ".nwb"}


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--units", type=int, default=200)
    parser.add_argument("--spikes", type=int, default=20_000_000, help="of all units together")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--step", choices=("make", "import", "prepare"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step(arguments.step, arguments.ways[0], arguments)
        return
    times_mib = 8 * arguments.spikes / 2**20
    results: dict[str, Any] = {"spikes": arguments.spikes, "spike_times_mib": times_mib}
    with tempfile.TemporaryDirectory(prefix="lfads-") as folder:
        for way in arguments.ways:
            path = Path(folder) / f"session{IN_FILES.get(way, '')}"
            in_own_process("make", way, path)
            # Arrays that a user made are there before anything is prepared.
            floor = in_own_process("import", way, path)["peak_mib"]
            peak = in_own_process("prepare", way, path)["peak_mib"]
            results[way] = {"extra_mib": peak - floor, "ratio": (peak - floor) / times_mib}
            path.unlink(missing_ok=True)
    _record.record(results, arguments.out)


def in_own_process(name: str, way: str, path: Path) -> dict[str, Any]:
    """One step in a fresh interpreter, with the arguments of this one."""
    own = [word for word in sys.argv[1:] if word not in ("--ways", *WAYS)]
    command = [sys.executable, __file__, *own, "--step", name, "--ways", way, "--file", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def step(name: str, way: str, arguments: argparse.Namespace) -> None:
    """Make a file, import only, or prepare; then print the peak memory."""
    if name == "make":
        if way in IN_FILES:
            write_file(way, arguments.file, random_times(arguments.units, arguments.spikes))
    else:
        measure(way, arguments.file, arguments, cut=name == "prepare")
    print(json.dumps({"peak_mib": _record.peak_mib()}))


def random_times(units: int, spikes: int, *, in_order: bool = True) -> list[np.ndarray]:
    """Spike times of units, equally many each."""
    rng = np.random.default_rng(0)
    times = [rng.uniform(0, SECONDS, spikes // units) for _ in range(units)]
    for one in times:
        if in_order:
            one.sort()
    return times


def measure(way: str, path: Path, arguments: argparse.Namespace, *, cut: bool) -> None:
    """Prepare what came one of the ways; without `cut`, only make and import what that needs."""
    import lfads
    from lfads.recordings import prepare as _  # noqa: F401 - loaded in either case

    starts = {"start_time": np.arange(10.0, 60.0), "stop_time": np.arange(10.5, 60.5)}
    if way not in IN_FILES:
        times = random_times(arguments.units, arguments.spikes, in_order=way == "arrays")
        if cut:
            recording = lfads.Recording.from_spike_times(times, trials=starts)
            lfads.prepare(recording, bin_width_s=0.02)
        return
    import_module("pynwb" if way == "nwb" else "h5py")
    if cut:
        with lfads.open_recording(path) as recording:
            lfads.prepare(recording, bin_width_s=0.02)


def write_file(way: str, path: Path, times: Sequence[np.ndarray]) -> None:
    """A file of spike times and fifty trials."""
    start, stop = np.arange(10.0, 60.0), np.arange(10.5, 60.5)
    if way == "mat_v7.3":
        write_matlab(path, times, start, stop)
    elif way == "nwb":
        write_nwb(path, times, start, stop)
    else:
        every = np.concatenate(times)
        unit = np.repeat(np.arange(len(times)), [len(one) for one in times])
        order = np.argsort(every)  # as a sorter writes them: by time
        kind = np.float32 if way == "npz_float32" else np.float64
        columns: dict[str, Any] = {"trials.start_time": start, "trials.stop_time": stop}
        np.savez(path, spike_times=every[order].astype(kind), unit=unit[order], **columns)


def write_matlab(
    path: Path, times: Sequence[np.ndarray], start: np.ndarray, stop: np.ndarray
) -> None:
    """As MATLAB writes `-v7.3`: HDF5 behind 512 bytes, a cell as references."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        references = []
        for place, one in enumerate(times):
            item = file.create_dataset(f"#refs#/r{place}", data=one[None])
            item.attrs["MATLAB_class"] = np.bytes_("double")
            references.append(item.ref)
        cell = np.array(references, dtype=h5py.ref_dtype).reshape(-1, 1)
        stored = file.create_dataset("spike_times", data=cell, dtype=h5py.ref_dtype)
        stored.attrs["MATLAB_class"] = np.bytes_("cell")
        for name, values in {"start_time": start, "stop_time": stop}.items():
            item = file.create_dataset(f"trials/{name}", data=values[None])
            item.attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(512))


def write_nwb(path: Path, times: Sequence[np.ndarray], start: np.ndarray, stop: np.ndarray) -> None:
    """Units and trials."""
    pynwb: Any = import_module("pynwb")  # an extra: type checkers need not find it
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("memory", "memory", begin)
    for one in times:
        file.add_unit(spike_times=one)
    for both in zip(start, stop, strict=True):
        file.add_trial(start_time=both[0], stop_time=both[1])
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)


if __name__ == "__main__":
    main()
