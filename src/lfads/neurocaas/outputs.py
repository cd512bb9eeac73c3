"""`lfads_output_SESSION.h5`: a copy of each input file, and what was inferred, as lfads-torch writes it.

Inputs of other layouts are written in that layout. States of the controller, which are not kept here, are
left out.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.files import written_beside
from lfads.formats.guarded import opened_hdf5
from lfads.formats.inferred.in_hdf5 import file_name
from lfads.formats.inferred.layout import by_split
from lfads.formats.inferred.lfads_torch import FIELDS, LFADSTorch
from lfads.formats.inferred.splits import parted
from lfads.paths import printable
from lfads.results import Posterior
from lfads.streams import packed, raised_at_end

PREFIX = "lfads_output_"
NEEDED = ("train_encod_data", "valid_encod_data", "train_recon_data", "valid_recon_data")


def write_outputs(
    posterior: Posterior, dataset: Dataset, files: Sequence[Path], folder: Path
) -> list[Path]:
    """Write a file for each session.

    Parameters
    ----------
    posterior
        Of the data, with states of the generator.
    dataset, files
        The data, and the files that they were read from.
    folder
        To write to.

    Raises
    ------
    UserError
        If two sessions would be one file.
    """
    sessions = {session.name: session for session in dataset.sessions}
    copied = {printable(path.stem): path for path in files if _is_lfads_torch(path)}
    targets = {name: folder / f"{PREFIX}{file_name(name)}.h5" for name in posterior.sessions}
    if len({*targets.values()}) < len(targets):
        raise UserError(
            f"sessions must have names that differ in letters, digits, `.`, `+`, `@` or `-`, since files "
            f"are named by them; got {', '.join(targets)}"
        )
    for name, found in posterior.sessions.items():
        session = sessions[name] if len(sessions) > 1 else dataset.session
        with written_beside(targets[name]) as beside:
            if name in copied:
                shutil.copyfile(copied[name], beside)
                arrays = parted(found, FIELDS, np.float32)
                arrays = {key: one for key, one in arrays.items() if not key.endswith("_inds")}
            else:
                LFADSTorch(dataset).write({name: found}, beside)
                arrays = {}
            _add(beside, arrays | _generator_inputs(found, session))
    return list(targets.values())


def _is_lfads_torch(path: Path) -> bool:
    """Whether a file has that layout with both splits, so that its trials stay where they are."""
    if not h5py.is_hdf5(path):
        return False
    with opened_hdf5(path) as root:
        return {*NEEDED} <= {*root.names()}


def _generator_inputs(posterior: xr.Dataset, session: Session) -> dict[str, np.ndarray]:
    """Inputs that were inferred, and behind them measured ones, by split."""
    measured, first = session.external_inputs, int(posterior.attrs.get("first_bin", 0))
    if "inferred_inputs" not in posterior and measured is None:
        return {}
    place = {int(index): row for row, index in enumerate(session.trial_index)}
    found: dict[str, np.ndarray] = {}
    for split, own in by_split(posterior).items():
        parts = []
        if "inferred_inputs" in own:
            parts.append(own["inferred_inputs"].transpose("trial", "time", "input").values)
        if measured is not None:
            rows = [place[int(index)] for index in own["trial_index"].values]
            parts.append(measured[rows, first : first + own.sizes["time"]])
        found[f"{split}_gen_inputs"] = np.concatenate(parts, axis=2).astype(np.float32)
    return found


def _add(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Put arrays into a file, in the place of others of their names, such as of an earlier output."""
    with raised_at_end(path, "r+b") as stream, h5py.File(stream, "r+") as file:
        for key, values in arrays.items():
            if key in file:
                del file[key]
            file.create_dataset(key, data=values, **packed(values))
