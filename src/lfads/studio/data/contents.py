"""What can be chosen of a recording, with what fits filled in, as JSON: a process of its own.

`python -m lfads.studio.data.contents FILE [--FLAG=VALUE …]`; of data files that hold trials already: `{}`.
"""

import json
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Columns, Recording
from lfads.recordings.relative import START, STOP, ZERO
from lfads.recordings.series import Series
from lfads.recordings.sources import is_recording, opened_recording
from lfads.studio.data.fitting import alignments, best_alignment, widths_of

MISTAKE = 2
MOST_VALUES = 12
"""Different values of a column, to choose by ticking them."""
MOST_CONDITIONS = 48
FEW_CHANNELS = 4
SLOWEST_HZ = 10.0
OF_CONDITIONS = re.compile("cond|target|direction|side|stim|type|angle|choice", re.IGNORECASE)
"""Names of columns that usually tell conditions apart."""


def contents_of(recording: Recording) -> dict[str, Any]:
    """Choices of a recording as plain values."""
    found = alignments(recording)
    width_s, widths_s = widths_of(recording, best_alignment(found))
    trials, units = recording.trials, recording.units
    conditions = _conditions(trials)
    return {
        "recording": True,
        "num_units": recording.num_units,
        "num_trials": recording.num_trials,
        "alignments": [one.to_dict() for one in found],
        "alignment": "" if best_alignment(found) is None else found[0].key,
        "has_bounds": {START, STOP} <= set(trials),
        "widths_s": widths_s,
        "width_s": width_s,
        "trial_columns": _columns(trials, {START, STOP, ZERO, *(one.name for one in found)}),
        "unit_columns": _columns(units),
        "conditions": conditions,
        "condition": _usual_conditions(conditions),
        "series": [_series(one, recording) for one in recording.series.values()],
        "events": [*recording.events, *(one.name for one in found if one.name in trials)],
        "trials_tables": list(recording.tables) if len(recording.tables) > 1 else [],
        "units_tables": list(recording.unit_tables),
    }


def _columns(columns: Columns, times: Collection[str] = ()) -> list[dict[str, Any]]:
    """Columns to filter by: those with few values, and numbers that are no times by their range."""
    found = []
    for name, values in columns.items():
        if name in times:
            continue
        known = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        different = np.unique(known)
        if 1 < len(different) <= MOST_VALUES:
            found.append({"name": name, "different": [one.item() for one in different]})
        elif values.dtype.kind in "iuf" and len(different) > 1:
            span = {"low": float(different[0]), "high": float(different[-1])}
            found.append({"name": name, **span})
    return found


def _conditions(trials: Columns) -> list[dict[str, Any]]:
    """Columns that may tell conditions apart: every value known, and of two trials at least on average."""
    found = []
    for name, values in trials.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            continue
        number = len(np.unique(values))
        if 1 < number <= min(MOST_CONDITIONS, len(values) // 2):
            found.append({"name": name, "number": number})
    return found


def _usual_conditions(conditions: Sequence[Mapping[str, Any]]) -> str:
    """The one that is ticked at first; empty for none."""
    names = [one["name"] for one in conditions]
    usual = [name for name in names if OF_CONDITIONS.search(name)]
    return usual[0] if usual else names[0] if len(names) == 1 else ""


def _series(one: Series, recording: Recording) -> dict[str, Any]:
    rate_hz = one.rate_hz
    if rate_hz is None and recording.span_s is not None:
        rate_hz = one.num_samples / max(recording.span_s[1] - recording.span_s[0], 1e-9)
    usable = not one.problem and rate_hz is not None and rate_hz >= SLOWEST_HZ
    return {
        "name": one.name, "num_channels": one.num_channels, "unit": one.unit, "rate_hz": one.rate_hz,
        "problem": one.problem, "chosen": usable and one.num_channels <= FEW_CHANNELS,
    }  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Print what can be chosen; 2 and a message if the file cannot be read so."""
    path, *words = arguments
    given = [word.removeprefix("--").partition("=") for word in words]
    said: dict[str, Any] = {flag.replace("-", "_"): value for flag, _, value in given}
    if "sampling_rate_hz" in said:
        said["sampling_rate_hz"] = float(said["sampling_rate_hz"])
    try:
        if not is_recording(Path(path)):
            sys.stdout.write("{}")
            return 0
        with opened_recording(path, Reading(**said)) as recording:
            sys.stdout.write(json.dumps(contents_of(recording), default=str))
    except UserError as error:
        sys.stderr.write(f"lfads: error: {error}\n")
        return MISTAKE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
