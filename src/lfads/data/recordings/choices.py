"""What a user chooses of a recording, and what is wrong with it before anything is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from lfads.checks import Problems, suggestion
from lfads.data.recordings.recording import Recording
from lfads.data.validation import check_bin_width


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
    problems.raise_if_any()
    return Choices(**choices)


def check(recording: Recording, choices: Choices) -> None:
    """What can be said before anything is read."""
    problems = Problems(recording.source)
    check_bin_width(choices.bin_width_s, problems)
    problems.raise_if_any()
    problems.require(recording.num_units > 0, "it has no units with spike times")
    if choices.chop_s is not None:
        _check_windows(choices, problems)
    elif choices.align_to is None:
        problems.require(
            choices.window_s is None,
            "`--window-s` needs `--align-to`: the event that windows lie around",
        )
        problems.require(
            recording.num_trials > 0,
            "it has no table of trials: name events with `--align-to`, or cut windows with `--chop-s`",
        )
    else:
        problems.require(
            choices.window_s is not None,
            "`--align-to` needs `--window-s`: start and end around the event, such as -0.2 0.6",
        )
    if choices.unit_rows is not None:
        rows = [int(row) for row in choices.unit_rows]
        problems.require(choices.units is None, "give either `units` or `unit_rows`")
        problems.require(
            bool(rows) and min(rows) >= 0 and max(rows) < recording.num_units,
            f"`unit_rows` must be rows of the table of units, which has {recording.num_units}; got {rows}",
        )
    table = {} if choices.align_to in recording.events else recording.trials
    table = recording.trials if choices.align_to in recording.trials else table
    if choices.overlap_s is not None:
        problems.require(choices.chop_s is not None, "`--overlap-s` needs `--chop-s`")
    for name in choices.conditions:
        problems.require(
            name in table,
            f"--conditions: there is no trial column `{name}`.{suggestion(name, table)}",
        )
    events = {**recording.trials, **recording.events}
    for flag, names, known in (
        ("--behavior", choices.behavior, recording.series),
        ("--inputs", choices.inputs, recording.series),
        ("--input-events", choices.input_events, events),
    ):
        for name in names:
            what = "event" if known is events else "series"
            problems.require(
                name in known, f"{flag}: there is no {what} `{name}`.{suggestion(name, known)}"
            )
    for flag, share in (("--hold-out-neurons", choices.hold_out_neurons),):
        problems.require(0 <= share < 1, f"{flag} must be a share from 0 to 1; got {share}")
    problems.require(
        choices.forward_s >= 0, f"--forward-s must be 0 or more; got {choices.forward_s}"
    )
    problems.raise_if_any()


def _check_windows(choices: Choices, problems: Problems) -> None:
    """What goes with `chop_s`."""
    plain = Choices(bin_width_s=choices.bin_width_s)
    of_trials = (
        "valid",
        "split_by",
        "forward_s",
        "align_to",
        "window_s",
        "trials",
        "conditions",
        "test_conditions",
        "test",
    )
    for name in of_trials:
        problems.require(
            getattr(choices, name) in (getattr(plain, name), []),  # a list as files keep it
            f"`--{name.replace('_', '-')}` is about trials; `--chop-s` cuts windows without regard to "
            "them",
        )
    shortest = 2 * choices.bin_width_s
    for name in ("chop_s", "overlap_s"):
        value = getattr(choices, name)
        flag = f"--{name.replace('_', '-')}"
        least = shortest if name == "chop_s" else 0.0
        problems.require(
            value is None or value >= least, f"{flag} must be at least {least:g} s; got {value}"
        )


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
