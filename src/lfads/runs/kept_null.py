"""`null.json`: what structure was found, by surrogate, and which weights and data it is of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lfads.data.dataset import Dataset
from lfads.evaluation.structure import NullResult
from lfads.files import fingerprint
from lfads.runs.kept import read_kept, weights_of, write_kept

FILE_NAME = "null.json"


def keep_null(folder: Path, found: NullResult, dataset: Dataset) -> Path:
    """Write what was found; of other surrogates stays what is of the same weights and data."""
    kept = kept_null(folder, dataset)
    new, earlier = found.to_dict(), kept.get(found.surrogate, {})
    if found.real is None and earlier.get("seed") == found.seed:  # the test alone was asked again
        new |= {name: earlier.get(name) for name in ("real", "destroyed")}
    values = {**kept, found.surrogate: new}
    return write_kept(folder / FILE_NAME, _of(folder, dataset), {"surrogates": values})


def kept_null(folder: Path, dataset: Dataset) -> Mapping[str, Any]:
    """What is kept of these data and the weights of now, as `NullResult.to_dict` by surrogate."""
    found = read_kept(folder / FILE_NAME, _of(folder, dataset)).get("surrogates", {})
    return found if isinstance(found, dict) else {}


def _of(folder: Path, dataset: Dataset) -> dict[str, Any]:
    """Weights and data; a digest of training data does not know the conditions, which shuffles keep."""
    arrays = {"data": np.array(dataset.fingerprint())}
    for number, session in enumerate(dataset.sessions):
        if session.condition is not None:
            arrays[f"{number}/condition"] = session.condition.astype(str)
    return {"format_version": 1, **weights_of(folder), "fingerprint": fingerprint(arrays)}
