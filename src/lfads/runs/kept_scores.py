"""`scores.json`: scores of the training data, and which weights they are of."""

from pathlib import Path
from typing import Any

from lfads.evaluation.scores import Scores
from lfads.runs.kept import read_kept, weights_of, write_kept

FILE_NAME = "scores.json"


ABOUT_INPUTS = ("shuffle_control", "inputs_needed", "without_inputs")
"""What takes a while, and stays kept when the run is scored again without it."""


def keep_scores(folder: Path, scores: Scores) -> Path:
    """Write scores of the training data; what was found before of these weights' inputs stays there."""
    found = {**kept_of_inputs(folder), **scores.to_dict()}
    return write_kept(folder / FILE_NAME, weights_of(folder), found)


def kept_of_inputs(folder: Path) -> dict[str, Any]:
    """What is kept of inferred inputs, if it is of the weights that the run has now: `ABOUT_INPUTS`."""
    kept = read_kept(folder / FILE_NAME, weights_of(folder))
    found = {name: kept.get(name) for name in ABOUT_INPUTS}
    return {name: of for name, of in found.items() if of and isinstance(of, dict)}
