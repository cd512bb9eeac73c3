"""One method on one data set of an experiment: its key, its numbers and arrays, and where they are kept.

The key is a digest of what the numbers depend on: data and truth, settings, and the code that scores.
What was computed under the same key before is read again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import FIELDS
from lfads.files import fingerprint, write_json, written_beside
from lfads.paper.code import code_of


@dataclass(frozen=True)
class Found:
    """What an experiment keeps of the results of a method on a data set.

    Parameters
    ----------
    numbers
        Plain values for JSON: scores, the list of each neuron's.
    arrays
        What the figure needs beside them.
    """

    numbers: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def fit_key(dataset: Dataset, settings: Mapping[str, Any]) -> str:
    """What a fit depends on."""
    return _digest(dataset.fingerprint(), json.dumps(settings, sort_keys=True, default=list))


def score_key(dataset: Dataset, settings: Mapping[str, Any], keep: Callable[..., Found]) -> str:
    """What numbers depend on: a fit, all that the data hold, and the code that scores."""
    held = {
        f"{session.name}/{about.name}/{name}": _as_array(array)
        for session in dataset.sessions
        for about in FIELDS
        for name, array in _arrays_of(getattr(session, about.name))
    }
    return _digest(fit_key(dataset, settings), fingerprint(held), code_of(keep))


def _arrays_of(value: Any) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, np.ndarray):
        yield "", value


def _as_array(array: np.ndarray) -> np.ndarray:
    return array.astype(str) if array.dtype.kind == "O" else array


def read_found(place: Path) -> Found | None:
    """What is kept under a key; None if nothing is, or it is damaged."""
    try:
        numbers = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
        with np.load(place.with_suffix(".npz"), allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
    except Exception:  # damaged archives raise errors of many kinds
        return None
    return Found(numbers, arrays) if isinstance(numbers, dict) else None


def write_found(place: Path, found: Found) -> None:
    """Keep it: arrays first, so that numbers never stand without."""
    with written_beside(place.with_suffix(".npz")) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **dict(found.arrays))  # pyright: ignore[reportArgumentType]
    write_json(place.with_suffix(".json"), found.numbers)


def _digest(*texts: str) -> str:
    return fingerprint({"of": np.array(texts)})[:12]
