"""A trained network of another program as a run of ours, which infers the same numbers."""

import dataclasses
import zipfile
from dataclasses import asdict
from pathlib import Path

import equinox as eqx
import h5py
import jax
import numpy as np

from lfads.checks import UserError, first_of, reason_of
from lfads.config import ModelConfig, RunConfig
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices
from lfads.files import PathLike, fingerprint, write_text
from lfads.model.imported import Weights, is_state_dict, network_of, settings_of
from lfads.model.lfads import LFADS
from lfads.model.shapes import shapes_of
from lfads.paths import printable
from lfads.runs.torch_weights import WRITE_ONE, as_npz, is_of_torch
from lfads.runs.trained_run import Run
from lfads.training.checkpoint import write_checkpoint
from lfads.training.defaults import resolve_defaults
from lfads.training.folder import IMPORTED, describe_data, parts_of, versions, write_summary
from lfads.training.schedules import Course
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.training_run import refuse_used_folder
from lfads.training.trials import checked_dataset

LARGEST_BYTES = 2 * 2**30


def import_model(
    weights: PathLike,
    dataset: Dataset,
    *,
    out: PathLike,
    config: RunConfig | None = None,
    torch_python: PathLike | None = None,
) -> Run:
    """Make a run of the weights of a network that another program has trained.

    Parameters
    ----------
    weights
        `.npz` of a state dictionary of lfads-torch, its arrays by their names, as this writes it:
        `numpy.savez("weights.npz", **{k: v.numpy() for k, v in model.state_dict().items()})`. Or a
        checkpoint of Lightning or PyTorch, a pickle, which PyTorch 2.6 or later opens as weights alone.
    dataset
        What the network was trained on: one session with the same neurons, bins and measured inputs.
    out
        Folder of the run, new or empty.
    config
        What no weight says, in `model`: `controller_lag`, `initial_condition_length`, `state_limit`,
        `posterior_variance_floor`; the defaults are those of lfads-torch, too.
    torch_python
        The Python that has PyTorch, for a checkpoint; this one by default.

    Returns
    -------
    Run
        Infers, evaluates and reports as a trained one does; it cannot be trained on.

    Raises
    ------
    UserError
        If the file is none, its network has parts without a counterpart here, or does not fit the data.

    References
    ----------
    Sedler & Pandarinath (2023), "lfads-torch".

    Examples
    --------
    >>> np.savez(folder / "weights.npz", **weights)  # of lfads-torch, as arrays by their names
    >>> counts = np.random.default_rng(0).poisson(0.5, (10, 8, 6))
    >>> dataset = lfads.Dataset.from_arrays(counts, bin_width_s=0.01, held_out_neurons=[4, 5])
    >>> run = lfads.import_model(folder / "weights.npz", dataset, out=folder / "run")
    >>> run.infer(progress=False).rates.shape
    (10, 8, 6)
    """
    path, folder = Path(weights), Path(out)
    arrays = _weights(path, torch_python)
    config = RunConfig() if config is None else config
    dataset = checked_dataset(dataset)
    configure_devices()
    refuse_used_folder(folder)
    shapes = shapes_of(dataset)
    model = settings_of(arrays, config.model, shapes)
    open_ = dataclasses.replace(config, model=ModelConfig(**vars(model)), search=None)
    resolved, _ = resolve_defaults(open_, sizes_of(dataset), this_machine())
    network = network_of(_single(arrays), resolved.model, shapes)
    described = {
        **describe_data(dataset),
        "imported_from": path.name,
        "weights": fingerprint(arrays),
    }
    course, parts = Course(epoch=1, best_epoch=1), parts_of(resolved)
    header = {
        "data": described, "versions": versions(), "parts": parts, "seed": resolved.seed,
        "course": {name: repr(value) for name, value in asdict(course).items()},
    }  # fmt: skip
    write_checkpoint(folder / "checkpoints" / "best.npz", {"model": _parameters(network)}, header)
    write_text(folder / "config.toml", resolved.to_toml())
    write_summary(folder, IMPORTED, course, 0, described, parts)
    return Run(folder, dataset)


def _weights(path: Path, torch_python: PathLike | None) -> dict[str, np.ndarray]:
    """Arrays of a file of any kind that is known."""
    if path.is_file() and is_of_torch(path):
        with as_npz(path, torch_python) as npz:
            return _read(npz, printable(path))
    return _read(path, printable(path))


def _read(path: Path, shown: str) -> dict[str, np.ndarray]:
    """Arrays of an `.npz` by name."""
    if not path.is_file():
        raise UserError(f"there is no file {shown}")
    if h5py.is_hdf5(path):
        raise UserError(
            f"{shown} is HDF5: weights of LFADS in TensorFlow 1 (`model_params`) are not imported, since "
            "how its arrays are laid out is not known here. `lfads.import_results` reads what it inferred"
        )
    if not zipfile.is_zipfile(path) or path.suffix.lower() != ".npz":
        raise UserError(f"{shown} is no .npz of weights. {WRITE_ONE}")
    with zipfile.ZipFile(path) as archive:
        size = sum(one.file_size for one in archive.infolist())
    if size > LARGEST_BYTES:
        raise UserError(f"{shown} would take {size / 2**30:.1f} GiB: that is no network of LFADS")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{shown} cannot be read: {reason_of(error)}") from error
    bad = [name for name, values in arrays.items() if values.dtype.kind not in "f"]
    bad += [
        name for name, values in arrays.items() if name not in bad and not np.isfinite(values).all()
    ]
    if bad:
        raise UserError(f"{shown}: {first_of(bad)} must be finite floating-point numbers")
    if not is_state_dict(arrays):
        raise UserError(
            f"{shown} holds no state dictionary of lfads-torch: expected arrays such as "
            f"`encoder.ic_linear.weight`; got {first_of(sorted(arrays) or ['nothing'])}"
        )
    return arrays


def _single(arrays: Weights) -> Weights:
    """In the precision that networks are kept in."""
    return {name: values.astype(np.float32) for name, values in arrays.items()}


def _parameters(network: LFADS):
    return jax.tree.map(np.asarray, eqx.filter(network, eqx.is_array))
