"""`calibration.json`: whether posteriors are right for the model of a run, of the weights of now."""

from pathlib import Path
from typing import Any

from lfads.evaluation.calibration import Calibration
from lfads.runs.kept import read_kept, weights_of, write_kept

FILE_NAME = "calibration.json"


def keep_calibration(folder: Path, found: Calibration) -> Path:
    """Write what was found, by session; of the same draws, encoders that were trained earlier stay."""
    kept, new = kept_calibration(folder), found.to_dict()
    earlier = kept.get(found.session, {})
    same = all(earlier.get(k) == new[k] for k in ("seed", "num_ranked", "as_inferred"))
    if not new["retrained"] and same:
        new |= {name: earlier[name] for name in ("retrained", "num_trained")}
    sessions = {**kept, found.session: new}
    return write_kept(folder / FILE_NAME, _about(folder), {"sessions": sessions})


def kept_calibration(folder: Path) -> dict[str, Any]:
    """What is kept of the weights of now, as `Calibration.to_dict` by session."""
    found = read_kept(folder / FILE_NAME, _about(folder)).get("sessions", {})
    return found if isinstance(found, dict) else {}


def _about(folder: Path) -> dict[str, Any]:
    return {"format_version": 1, **weights_of(folder)}
