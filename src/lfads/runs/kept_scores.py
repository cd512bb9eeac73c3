"""`scores.json`: scores of the training data, and which weights they are of."""

import json
from pathlib import Path
from typing import Any

from lfads.evaluation.scores import Scores
from lfads.files import write_json
from lfads.training.folder import read_summary

FILE_NAME = "scores.json"


ABOUT_INPUTS = ("shuffle_control", "inputs_needed", "without_inputs")
"""What takes a while, and stays kept when the run is scored again without it."""


def keep_scores(folder: Path, scores: Scores) -> Path:
    """Write scores of the training data; what was found before of these weights' inputs stays there."""
    write_json(
        folder / FILE_NAME,
        {
            **kept_of_inputs(folder),
            **scores.to_dict(),
            "best_epoch": read_summary(folder).get("best_epoch"),
        },
    )
    return folder / FILE_NAME


def kept_of_inputs(folder: Path) -> dict[str, Any]:
    """What is kept of inferred inputs, if it is of the weights that the run has now: `ABOUT_INPUTS`."""
    try:
        kept = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict) or kept.get("best_epoch") != read_summary(folder).get(
        "best_epoch"
    ):
        return {}
    found = {name: kept.get(name) for name in ABOUT_INPUTS}
    return {name: of for name, of in found.items() if of and isinstance(of, dict)}
