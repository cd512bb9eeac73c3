"""What a recording holds as JSON values, for `lfads show --json`.

The same as words: `lfads.recordings.listing`.
"""

from typing import Any

import numpy as np

from lfads.recordings.clock import clock_of
from lfads.recordings.listing import MOST_EXAMPLES
from lfads.recordings.recording import OPEN_S, Columns, Recording
from lfads.recordings.series import Series


def facts_of(recording: Recording) -> dict[str, Any]:
    """Numbers, lists and texts by name; what is not known is null."""
    clock = clock_of(recording.spike_times_s)
    total = int(clock.num_spikes.sum())
    span = recording.span_s
    others = {k: v for k, v in recording.tables.items() if v is not recording.trials}
    return {
        "recording": recording.source,
        "read_as": recording.read_as or None,
        "observed_s": None if span is None else [span[0], span[1] if span[1] < OPEN_S else None],
        "invalid_s": [[start, stop] for start, stop in recording.invalid_s],
        "num_units": recording.num_units,
        "num_spikes": total,
        "spikes_from_s": clock.first_s if total else None,
        "spikes_to_s": clock.last_s if total else None,
        "unit_columns": _columns(recording.units),
        "units_tables": dict(recording.unit_tables),
        "num_trials": recording.num_trials,
        "trial_columns": _columns(recording.trials),
        "tables": {
            name: {"num_rows": _length(of), "columns": list(of)} for name, of in others.items()
        },
        "events": {name: _events(times) for name, times in recording.events.items()},
        "series": {name: _series(one) for name, one in recording.series.items()},
        "notes": list(recording.remarks),
        "not_used": list(recording.left_out),
    }


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values()))) if columns else 0


def _columns(columns: Columns) -> dict[str, dict[str, Any]]:
    """The range of numbers, how many are true, or how many different texts there are, with the first."""
    return {name: _column(np.asarray(values)) for name, values in columns.items()}


def _column(values: np.ndarray) -> dict[str, Any]:
    if values.dtype.kind == "b":
        return {"kind": "boolean", "num_rows": values.size, "num_true": int(values.sum())}
    if values.dtype.kind in "iuf":
        known = values[np.isfinite(values)]
        least, most = (known.min().item(), known.max().item()) if known.size else (None, None)
        return {
            "kind": "number", "num_rows": values.size, "num_missing": values.size - known.size,
            "least": least, "most": most,
        }  # fmt: skip
    different = list(dict.fromkeys(map(str, values.ravel().tolist())))
    return {
        "kind": "text", "num_rows": values.size, "num_different": len(different),
        "examples": different[:MOST_EXAMPLES],
    }  # fmt: skip


def _events(times_s: np.ndarray) -> dict[str, Any]:
    known = times_s[np.isfinite(times_s)]
    return {
        "num_times": times_s.size,
        "first_s": float(known.min()) if known.size else None,
        "last_s": float(known.max()) if known.size else None,
    }


def _series(one: Series) -> dict[str, Any]:
    return {
        "num_channels": one.num_channels, "num_samples": one.num_samples, "rate_hz": one.rate_hz,
        "unit": one.unit or None, "problem": one.problem or None,
    }  # fmt: skip
