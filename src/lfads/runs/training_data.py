"""The data that a run was trained on, read again by their path."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lfads.data.dataset import Dataset
from lfads.formats.read import read


class Lost(NamedTuple):
    """Why training data cannot be read again, and what to do."""

    reason: str
    advice: str


def find_training_data(data: Mapping[str, Any], where: str) -> Dataset | Lost:
    """What a run was trained on, if it is where it was and has not changed.

    Parameters
    ----------
    data
        What the run remembers of them (`describe_data`).
    where
        The run, for messages.

    Raises
    ------
    UserError
        If the files are there, and are damaged.
    """
    paths = data["paths"]
    if not paths:
        return Lost(f"{where} was trained on arrays, not on a file", "give the data as an argument")
    moved = [path for path in paths if not Path(path).exists()]
    if moved:
        return Lost(
            f"the training data of {where} are no longer at {', '.join(moved)}",
            "give their new path as an argument",
        )
    dataset = read(paths, default_bin_width_s=data["bin_width_s"], for_inference=True)
    if dataset.fingerprint() != data["fingerprint"]:
        return Lost(
            f"{', '.join(paths)} has changed since {where} was trained on it",
            "to infer from what it holds now, give it as an argument",
        )
    return dataset
