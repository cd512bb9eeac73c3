"""The same small recording in files of several kinds."""

import h5py
import numpy as np
from scipy.io import savemat

from lfads.recordings.sources import (
    open_recording,
)

TIMES = [np.array([0.11, 0.31, 1.15]), np.array([0.25]), np.array([0.05, 1.35])]


SIDES = ["left", "right"]


def cell(values):
    array = np.empty((1, len(values)), object)
    array[0, :] = values
    return array


def as_mat5(path):
    savemat(path, {
        "spike_times": cell(TIMES),
        "units": {"area": cell(["M1", "PMd", "M1"])},
        "trials": {"go_time": np.array([[0.1], [1.1]]), "side": cell(SIDES)},
        "events": {"reward": np.array([0.2, 0.9])},
        "series": {"hand": {"values": np.arange(200.0).reshape(100, 2), "rate_hz": 50.0}},
    })  # fmt: skip


def as_mat73(path):
    """As MATLAB writes `-v7.3`: HDF5 behind 512 bytes, arrays transposed, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(group, name, values, kind="double"):
            item = group.create_dataset(name, data=values)
            item.attrs["MATLAB_class"] = np.bytes_(kind)
            return item

        def put_cell(group, name, values):
            stored = file.require_group("#refs#")
            references = []
            for value in values:
                kind, key = "double", f"r{len(stored)}"
                if isinstance(value, str):
                    kind, value = "char", np.array([[ord(c)] for c in value], np.uint16)
                references.append(put(stored, key, np.atleast_2d(value), kind).ref)
            data = np.array(references, dtype=h5py.ref_dtype).reshape(-1, 1)
            group.create_dataset(name, data=data, dtype=h5py.ref_dtype).attrs["MATLAB_class"] = (
                np.bytes_("cell")
            )

        put_cell(file, "spike_times", TIMES)
        put_cell(file.create_group("units"), "area", ["M1", "PMd", "M1"])
        trials = file.create_group("trials")
        put(trials, "go_time", np.array([[0.1, 1.1]]))
        put_cell(trials, "side", SIDES)
        put(file.create_group("events"), "reward", np.array([[0.2], [0.9]]))
        hand = file.create_group("series").create_group("hand")
        put(hand, "values", np.arange(200.0).reshape(100, 2).T)
        put(hand, "rate_hz", np.array([[50.0]]))
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(512))


def as_npz(path):
    np.savez(
        path, spike_times=np.concatenate(TIMES), unit=np.repeat([0, 1, 2], [3, 1, 2]),
        **{
            "units.area": ["M1", "PMd", "M1"], "trials.go_time": [0.1, 1.1], "trials.side": SIDES,
            "events.reward": [0.2, 0.9], "series.hand.values": np.arange(200.0).reshape(100, 2),
            "series.hand.rate_hz": 50.0,
        },
    )  # fmt: skip


def read(path):
    with open_recording(path):
        pass
