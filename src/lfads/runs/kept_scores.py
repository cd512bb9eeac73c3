"""`scores.json`: scores of the training data, and which weights they are of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.evaluation.scores import Scores
from lfads.files import write_json
from lfads.training.folder import read_summary

FILE_NAME = "scores.json"


def keep_scores(folder: Path, scores: Scores) -> Path:
    """Write scores of the training data; what an earlier control of these weights found stays there."""
    control = kept_control(folder)
    kept = {"shuffle_control": control} if control else {}
    write_json(
        folder / FILE_NAME,
        {**kept, **scores.to_dict(), "best_epoch": read_summary(folder).get("best_epoch")},
    )
    return folder / FILE_NAME


def kept_control(folder: Path) -> Mapping[str, Any]:
    """What shuffled trials said of inputs, if that was asked of the weights that the run has now."""
    try:
        kept = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict) or kept.get("best_epoch") != read_summary(folder).get(
        "best_epoch"
    ):
        return {}
    found = kept.get("shuffle_control", {})
    return found if isinstance(found, dict) else {}
