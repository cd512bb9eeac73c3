"""`null.json`: what structure was found, by surrogate, and which weights and data it is of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lfads.data.dataset import Dataset
from lfads.evaluation.structure import NullResult
from lfads.files import fingerprint, write_json
from lfads.training.folder import read_summary

FILE_NAME = "null.json"


def keep_null(folder: Path, found: NullResult, dataset: Dataset) -> Path:
    """Write what was found; of other surrogates stays what is of the same weights and data."""
    path, kept = folder / FILE_NAME, kept_null(folder, dataset)
    new, earlier = found.to_dict(), kept.get(found.surrogate, {})
    if found.real is None and earlier.get("seed") == found.seed:  # the test alone was asked again
        new |= {name: earlier.get(name) for name in ("real", "destroyed")}
    values = {**kept, found.surrogate: new}
    write_json(path, {**_of(folder, dataset), "surrogates": values})
    return path


def kept_null(folder: Path, dataset: Dataset) -> Mapping[str, Any]:
    """What is kept of these data and the weights of now, as `NullResult.to_dict` by surrogate."""
    try:
        kept = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    found = kept.pop("surrogates", {})
    return found if kept == _of(folder, dataset) and isinstance(found, dict) else {}


def _of(folder: Path, dataset: Dataset) -> dict[str, Any]:
    """Weights and data; a digest of training data does not know the conditions, which shuffles keep."""
    arrays = {"data": np.array(dataset.fingerprint())}
    for number, session in enumerate(dataset.sessions):
        if session.condition is not None:
            arrays[f"{number}/condition"] = session.condition.astype(str)
    best_epoch = read_summary(folder).get("best_epoch")
    return {"format_version": 1, "best_epoch": best_epoch, "fingerprint": fingerprint(arrays)}
