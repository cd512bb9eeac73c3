"""`null.json`: what structure was found, by surrogate, and which weights and data it is of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.evaluation.structure import NullResult
from lfads.files import write_json
from lfads.training.folder import read_summary

FILE_NAME = "null.json"


def keep_null(folder: Path, found: NullResult, fingerprint: str) -> Path:
    """Write what was found; of other surrogates stays what is of the same weights and data."""
    path = folder / FILE_NAME
    values = {**kept_null(folder, fingerprint), found.surrogate: found.to_dict()}
    write_json(path, {**_of(folder, fingerprint), "surrogates": values})
    return path


def kept_null(folder: Path, fingerprint: str) -> Mapping[str, Any]:
    """What is kept of the weights that the run has now, as `NullResult.to_dict` by surrogate."""
    try:
        kept = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    found = kept.pop("surrogates", {})
    return found if kept == _of(folder, fingerprint) and isinstance(found, dict) else {}


def _of(folder: Path, fingerprint: str) -> dict[str, Any]:
    best_epoch = read_summary(folder).get("best_epoch")
    return {"format_version": 1, "best_epoch": best_epoch, "fingerprint": fingerprint}
