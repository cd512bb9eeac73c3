"""What a user chooses of a recording."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lfads.recordings.recording import Recording

OF_RECORDING = ("reading", "counted_in_s")
"""What is remembered of a recording, beside choices."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What to cut from a recording: the parameters of `lfads.prepare`, which says what they are."""

    bin_width_s: float
    align_to: str | None = None
    window_s: tuple[float, float] | None = None
    relative_to_trial: bool = False
    chop_s: float | None = None
    overlap_s: float | None = None
    start: str = "start_time"
    stop: str = "stop_time"
    trials: str | None = None
    units: str | None = None
    unit_rows: Sequence[int] | None = None
    min_rate_hz: float = 0.0
    conditions: Sequence[str] = ()
    behavior: Sequence[str] = ()
    signals: Sequence[str] = ()
    deconvolve: bool = False
    decay_s: float | None = None
    with_spikes: bool = False
    read_outs: Sequence[str] = ()
    inputs: Sequence[str] = ()
    input_events: Sequence[str] = ()
    split_by: str = "trial"
    valid: float = 0.2
    test: float = 0.0
    test_conditions: Sequence[str] = ()
    hold_out_neurons: float = 0.0
    forward_s: float = 0.0


def to_remember(choices: Choices, unit_rows: Sequence[int], recording: Recording) -> dict[str, Any]:
    """Choices as JSON holds them, with the units that were kept in the place of how they were chosen.

    Beside them, `OF_RECORDING`: how the file was said to be read, which `lfads.open_recording` takes
    again, and the width of the bins that it was counted in.
    """
    rows = [int(row) for row in unit_rows] or None  # of signals alone
    given = asdict(choices) | {"unit_rows": rows}
    given |= {"reading": dict(recording.reading)} if recording.reading else {}
    given |= {"counted_in_s": recording.counted_in_s} if recording.counted_in_s else {}
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()}
    of_signals = ("signals", "deconvolve", "decay_s", "with_spikes", "read_outs")
    of_signals = () if choices.signals or choices.read_outs else of_signals
    return {k: v for k, v in plain.items() if k not in ("units", "min_rate_hz", *of_signals)}
