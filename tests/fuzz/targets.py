"""What is fuzzed: small whole files of every kind, and what reads them."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

import lfads
from lfads.config import read_config
from lfads.formats.read import read
from lfads.formats.table import describe_file
from lfads.recordings.listing import rows_of
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording
from lfads.results import Posterior, open_posterior
from lfads.search.record import read_population
from lfads.training.checkpoint import read_checkpoint, read_header, write_checkpoint
from lfads.training.folder import data_of, read_summary
from lfads.training.tracking import read_metrics
from lfads.windows.merge import merge


@dataclass(frozen=True)
class Target:
    """A whole file, written by `make`, and what is done with changed ones."""

    name: str
    make: Callable[[Path], Any]
    use: Callable[[Path], Any]


def dataset() -> lfads.Dataset:
    """Trials with something of every kind beside them."""
    rng = np.random.default_rng(0)
    return lfads.Dataset.from_arrays(
        rng.poisson(0.5, (12, 10, 3)), bin_width_s=0.02, name="monday",
        condition=np.array(["left", "right"] * 6), behavior={"hand": rng.normal(size=(12, 10, 2))},
        trial_table={"block": np.arange(12), "note": np.array(["é", ""] * 6)},
        neuron_table={"area": np.array(["M1", "PMd", "M1"])},
    )  # fmt: skip


def npz(path: Path) -> None:
    """Arrays of NumPy, compressed."""
    one = dataset().session
    np.savez_compressed(
        path, spikes=one.values, bin_width_s=0.02, condition=np.asarray(one.condition)
    )


def mat_5(path: Path) -> None:
    """MATLAB of version 5, with cells and structs."""
    from scipy.io import savemat

    times = np.empty((3, 1), object)
    for unit in range(3):
        times[unit, 0] = np.sort(np.random.default_rng(unit).uniform(0, 12, 40))
    trials = {"start_time": np.arange(5.0), "side": np.array(["a", "b", "a", "b", "a"], object)}
    savemat(path, {"spike_times": times, "trials": trials, "x": np.eye(3)}, do_compression=True)


def mat_73(path: Path) -> None:
    """MATLAB of version 7.3, with references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        cells = [file.create_dataset(f"#refs#/{k}", data=np.arange(9.0)[None]) for k in "abc"]
        for cell in cells:
            cell.attrs["MATLAB_class"] = np.bytes_("double")
        file["spike_times"] = np.array([[cell.ref for cell in cells]], h5py.ref_dtype)
        file["spike_times"].attrs["MATLAB_class"] = np.bytes_("cell")
        file["trials/start_time"] = np.arange(3.0)[None]
    with path.open("rb+") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")


def nwb(path: Path) -> None:
    """NWB of version 2, as HDF5 stores it."""
    with h5py.File(path, "w") as file:
        file.attrs["nwb_version"] = "2.7.0"
        units = file.create_group("units")
        units["id"] = np.arange(3)
        units["spike_times"] = np.concatenate(
            [np.sort(np.random.default_rng(k).uniform(0, 9, 20)) for k in range(3)]
        )
        units["spike_times_index"] = np.arange(20, 61, 20)
        trials = file.create_group("intervals/trials")
        trials["id"] = np.arange(4)
        trials["start_time"], trials["stop_time"] = np.arange(4.0), np.arange(4.0) + 1
        for group, columns in ((units, ["spike_times"]), (trials, ["start_time", "stop_time"])):
            group.attrs["colnames"] = columns


def posterior(path: Path) -> None:
    """Results of two sessions."""
    rates = ("trial", "time", "neuron"), np.ones((4, 5, 3)), {"units": "spikes/s"}
    about = {"format": "lfads posterior", "format_version": 2, "bin_width_s": 0.02}
    of = {
        name: xr.Dataset(
            {"rates": rates},
            {"split": ("trial", np.array(["train"] * 4))},
            about | {"session": name},
        )
        for name in ("a", "b")
    }
    Posterior(of).save(path)


TREE = {"model": {"a": np.zeros((3, 2), np.float32), "b": np.arange(3)}}


def checkpoint(path: Path) -> None:
    """A header and arrays."""
    data = {
        "source": "d", "paths": ["/d"], "fingerprint": "f", "bin_width_s": 0.02, "sessions": ["a"],
        "trials": {"train": 3}, "shapes": {
            "sessions": [{"num_neurons": 2, "encoded_neurons": [0, 1]}], "num_bins": 9,
            "num_forward_bins": 0, "num_external_inputs": 0,
        },
    }  # fmt: skip
    write_checkpoint(path, TREE, {"data": data, "course": {"epoch": "3"}, "parts": {"a/b": "c 1"}})


def use_checkpoint(path: Path) -> None:
    """Header and arrays."""
    data_of(read_header(path), path)
    read_checkpoint(path, TREE)


def config(path: Path) -> None:
    """Settings of all tables."""
    path.write_text(
        'seed = 3\n[model]\nnum_factors = 8\ngenerator = "gru"\n[training]\nnum_epochs = 5\n'
        "max_hours = 1.5\n[hyperparameters]\nlearning_rate = 1e-3\n[search]\npopulation = 4\n"
        "[search.space]\ndropout_rate = { low = 0.1, high = 0.6 }\n"
    )


def small_files(path: Path) -> None:
    """A summary of a run."""
    path.write_text(
        '{"stopped_by": "patience", "epochs": 3, "best_epoch": 2, "seconds": 1.5, "scores": '
        '{"valid_nll": 0.3}, "device": "CPU", "versions": {"jax": "1"}}'
    )


def use_small_files(path: Path) -> None:
    """As a summary, as metrics and as a table."""
    (path.parent / "summary.json").write_bytes(path.read_bytes())
    read_metrics(path)
    try:
        read_summary(path.parent)
    finally:
        read_population_or_refuse(path)


def read_population_or_refuse(path: Path) -> None:
    """A table of members, which a summary is not."""
    with contextlib.suppress(lfads.UserError):
        read_population(path)


def use_recording(path: Path) -> None:
    """What `lfads show` prints of a recording."""
    with opened_recording(path, Reading()) as recording:
        rows_of(recording)


def exported(format: str) -> Callable[[Path], Any]:
    """The same in the layout of another tool."""

    def make(path: Path) -> None:
        rates = ("trial", "time", "neuron"), np.ones((4, 5, 3)), {"units": "spikes/s"}
        on_trials = {
            "split": ["train"] * 3 + ["valid"],
            "trial_index": np.arange(4),
            "trial_length": [5] * 4,
        }
        about = {
            "format": "lfads posterior",
            "format_version": 2,
            "bin_width_s": 0.02,
            "session": "monday",
        }
        coords: dict[str, Any] = {name: ("trial", values) for name, values in on_trials.items()}
        coords |= {"time": np.arange(5) * 0.02, "held_out": ("neuron", [0, 0, 1])}
        Posterior({"monday": xr.Dataset({"rates": rates}, coords, about)}).save(path, format)

    return make


def use_posterior(path: Path) -> None:
    """Open, and merge what cannot be merged."""
    merge(open_posterior(path).sessions["a"])


TARGETS = (
    Target("data.h5", lambda path: lfads.write(dataset(), path), describe_file),
    Target("data.npz", npz, read),
    Target("data.npy", lambda path: np.save(path, dataset().session.values), describe_file),
    Target("cells.mat", mat_5, use_recording),
    Target("newer.mat", mat_73, use_recording),
    Target("units.nwb", nwb, use_recording),
    Target("posterior.nc", posterior, use_posterior),
    Target("lfads_output_a.h5", exported("lfads_torch"), lfads.import_posterior),
    Target("posterior_means.mat", exported("run_manager"), lfads.import_posterior),
    Target("posterior73.mat", exported("mat73"), lfads.import_posterior),
    Target("best.npz", checkpoint, use_checkpoint),
    Target("config.toml", config, read_config),
    Target("summary.txt", small_files, use_small_files),
)
