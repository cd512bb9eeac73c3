"""What a user chooses of a recording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from lfads.checks import Problems, suggestion


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What to cut from a recording.

    Parameters
    ----------
    bin_width_s
        Width of a bin in seconds.
    align_to
        The event that each trial is aligned to: a trial column of times in seconds, or the name of
        events, each of which is a trial then.
    window_s
        Start and end of each trial relative to its event.
    chop_s, overlap_s
        Cut everything that was recorded into windows that overlap, instead of trials; a fifth of a window
        overlaps by default.
    start, stop
        Without `align_to`, trial columns of the times at which each trial begins and ends: trials keep
        their own lengths.
    trials, units
        Filters over the columns of trials and of units.
    unit_rows
        Rows of the table of units, instead of a filter; at most one of both.
    min_rate_hz
        Units that fire less in the trials are left out.
    conditions
        Trial columns that together label the condition of a trial.
    behavior
        Series to bring onto the bins.
    inputs, input_events
        Series, and events or trial columns of times, that drive the dynamics from outside: channels of
        series as they are, then counts of each kind of event.
    split_by
        `trial` or `block`, see `split_trials`.
    valid, test
        Shares of the trials to validate and to test.
    test_conditions
        Conditions whose trials all test.
    hold_out_neurons
        Share of the neurons that are reconstructed but never encoded, evenly spread.
    forward_s
        The last seconds of every trial are predicted, never encoded.

    Seconds that are no whole number of bins are rounded, which is said; `window_s` must be one.
    """

    bin_width_s: float
    align_to: str | None = None
    window_s: tuple[float, float] | None = None
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
    inputs: Sequence[str] = ()
    input_events: Sequence[str] = ()
    split_by: str = "trial"
    valid: float = 0.2
    test: float = 0.0
    test_conditions: Sequence[str] = ()
    hold_out_neurons: float = 0.0
    forward_s: float = 0.0


def chosen(choices: Mapping[str, Any]) -> Choices:
    """Choices by keyword; a UserError that names what is misspelt or missing."""
    known = [f.name for f in fields(Choices)]
    problems = Problems("prepare")
    for name in choices:
        problems.require(name in known, f"there is no parameter `{name}`.{suggestion(name, known)}")
    problems.require("bin_width_s" in choices, "`bin_width_s` is needed, in seconds")
    for name in ("conditions", "behavior", "inputs", "input_events", "test_conditions"):
        given = choices.get(name)
        problems.require(
            not isinstance(given, str), f"`{name}` must be a list of names; got {given!r}"
        )
    problems.raise_if_any()
    return Choices(**choices)


def to_remember(choices: Choices, unit_rows: Sequence[int]) -> dict[str, Any]:
    """Choices as JSON holds them, with the units that were kept in the place of how they were chosen."""
    given = {
        f.name: getattr(choices, f.name) for f in fields(Choices) if f.name not in _ABOUT_UNITS
    }
    plain = {k: list(v) if isinstance(v, tuple | list) else v for k, v in given.items()}
    return {**plain, "unit_rows": [int(row) for row in unit_rows]}


def from_memory(remembered: Mapping[str, Any]) -> dict[str, Any]:
    """What `to_remember` gave, as arguments of `prepare`."""
    window = remembered.get("window_s")
    return {**remembered, "window_s": None if window is None else tuple(window)}


_ABOUT_UNITS = ("units", "unit_rows", "min_rate_hz")
