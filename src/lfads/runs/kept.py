"""Findings about a run that are kept in its folder as JSON, beside what they are of.

One rule for all such files: what they are of (weights, data, versions) stands at the top, and what is of
anything else than now, or damaged, is as if it were not there.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.files import write_json
from lfads.training.folder import read_summary


def weights_of(folder: Path) -> dict[str, Any]:
    """Which weights a run has now: those of its best epoch."""
    return {"best_epoch": read_summary(folder).get("best_epoch")}


def read_kept(path: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """What a file keeps of what `about` says; nothing if it is of something else, or damaged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(kept, dict) or any(
        name not in kept or kept[name] != value for name, value in about.items()
    ):
        return {}
    return {name: value for name, value in kept.items() if name not in about}


def write_kept(path: Path, about: Mapping[str, Any], found: Mapping[str, Any]) -> Path:
    """Write what was found; returns where.

    Raises
    ------
    CannotWrite, OSError
        If the file cannot be written.
    """
    write_json(path, {**about, **found})
    return path
