"""Read-ins that start from the matrices of data files in the layout of TensorFlow."""

import h5py
import numpy as np
import pytest

import lfads
from lfads.checks import UserError
from lfads.config.settings import ModelSettings
from lfads.stitching.align import align
from lfads.training.start import start_of_maps

NEURONS = (4, 6)


def files(folder, **changes):
    rng = np.random.default_rng(2)
    paths = []
    for number, neurons in enumerate(NEURONS):
        path = folder / f"lfads_day{number}.h5"
        arrays = {
            "train_data": rng.poisson(1.0, (8, 9, neurons)),
            "valid_data": rng.poisson(1.0, (2, 9, neurons)),
            "alignment_matrix_cxf": rng.normal(size=(neurons, 2)),
            "alignment_bias_c": rng.random(neurons), **changes,
        }  # fmt: skip
        with h5py.File(path, "w") as file:
            file.attrs["bin_width_s"] = 0.01
            for name, values in arrays.items():
                if values is not None:
                    file[name] = values
        paths.append(path)
    return paths


def stored(path, name):
    with h5py.File(path) as file:
        return np.asarray(file[name])


def settings(start):
    return ModelSettings(
        num_factors=2, generator_size=4, encoder_size=3, controller_size=3, initial_condition_size=2,
        read_in_size=2, read_in_start=start, observation="poisson",
    )  # fmt: skip


def test_matrices_of_files_times_one_factor(tmp_path):
    paths = files(tmp_path)
    dataset = lfads.read(paths)
    found = align(dataset, 2, "files")
    assert found.start == "files"
    factors, variances = [], []
    for path, read_in, session in zip(paths, found.read_ins, dataset.sessions, strict=True):
        np.testing.assert_array_equal(read_in.offset, stored(path, "alignment_bias_c"))
        factors.append(read_in.weights / stored(path, "alignment_matrix_cxf"))
        inputs = session.values[session.of_split("train")].reshape(-1, session.num_neurons)
        variances.append((inputs @ read_in.weights).var(0))
    np.testing.assert_allclose(np.concatenate(factors), factors[0][0, 0])
    assert np.mean(variances) == pytest.approx(1)
    start = start_of_maps(settings("files"), dataset)
    assert start is not None
    np.testing.assert_array_equal(start.read_in_weights[1], found.read_ins[1].weights)


def test_matrices_of_lfads_torch_are_of_encoded_neurons(tmp_path):
    paths = []
    for path, neurons in zip(files(tmp_path), NEURONS, strict=True):
        with h5py.File(path, "r+") as file:
            for split in ("train", "valid"):
                counts = file.pop(f"{split}_data")[...]
                file[f"{split}_encod_data"] = counts[..., : neurons - 1]
                file[f"{split}_recon_data"] = counts
            file["readin_weight"] = file.pop("alignment_matrix_cxf")[: neurons - 1]
            file["readout_bias"] = file.pop("alignment_bias_c")[: neurons - 1]
        paths.append(path)
    dataset = lfads.read(paths)
    found = align(dataset, 2, "files")
    for path, read_in in zip(paths, found.read_ins, strict=True):
        np.testing.assert_array_equal(read_in.offset, stored(path, "readout_bias"))
        ratio = read_in.weights / stored(path, "readin_weight")
        np.testing.assert_allclose(ratio, ratio[0, 0])


def test_matrices_that_are_not_taken_are_named(tmp_path):
    dataset = lfads.read(files(tmp_path))
    with pytest.warns(
        UserWarning, match="brings read-ins along .`alignment_matrix_cxf` or `readin_weight`."
    ):
        start_of_maps(settings("time_course"), dataset)


def test_mistakes(tmp_path):
    with pytest.raises(
        UserError, match=r"day0.h5: has no `alignment_bias_c` to start read-ins from"
    ):
        align(lfads.read(files(tmp_path, alignment_bias_c=None)), 2, "files")
    with pytest.raises(
        UserError, match=r"finite numbers of shape \(4, 3\), encoded neurons and `read_in_size`"
    ):
        align(lfads.read(files(tmp_path)), 3, "files")
    counts = np.random.default_rng(0).poisson(1.0, (8, 9, 4))
    arrays = lfads.Dataset.from_arrays(counts, bin_width_s=0.01)
    with pytest.raises(
        UserError,
        match="expected a file with `alignment_matrix_cxf` or `readin_weight` for each session",
    ):
        align(arrays, 2, "files")
