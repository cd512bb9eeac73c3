"""What a form asks to cut from a recording, as the words of `lfads prepare`.

Names come from what the file holds, by their place in its lists, so that a form cannot name anything else.
"""

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from lfads.checks import Problems, UserError

READ = {
    "layout": "layout", "trials_table": "table of trials", "units_table": "table of units",
    "time_unit": "unit of spike times", "trial_time_unit": "unit of times of trials",
    "sampling_rate_hz": "samples per second",
}  # fmt: skip
"""How the file is read, by parameter of `lfads.open_recording`, in words."""

UNITS_OF_TIME = ("s", "ms", "us", "samples")

CUTS = {
    "event": "aligned to an event",
    "trials": "trials as they were, from start_time to stop_time",
    "windows": "windows of everything that was recorded",
}


def reading_words(words: Mapping[str, str]) -> list[str]:
    """Flags that say how the file is read.

    >>> reading_words({"time_unit": "ms", "layout": "", "bin_width_s": "0.01"})
    ['--time-unit=ms']
    """
    given = [(name, words.get(name, "").strip()) for name in READ]
    problems = Problems("the recording")
    for name, value in given:
        if name == "sampling_rate_hz" and value:
            problems.attempt(_number, READ[name], value)
    problems.raise_if_any()
    return [f"{_flag(name)}={value}" for name, value in given if value]


def first_words(contents: Mapping[str, Any]) -> dict[str, str]:
    """The form as it begins: everything that fits is filled in."""
    words = {"bin_width_s": f"{contents['width_s']:g}", "chop_s": "1", "valid": "0.2"}
    chosen = [one for one in contents["alignments"] if one["key"] == contents["alignment"]]
    words["cut"] = "event" if chosen else "trials" if contents["has_bounds"] else "windows"
    for one in chosen:
        words |= {"align_to": one["key"], **sets_of(one)}
    for place, one in enumerate(contents["conditions"]):
        if one["name"] == contents["condition"]:
            words[f"condition-{place}"] = "on"
    for place, one in enumerate(contents["series"]):
        if one["chosen"]:
            words[f"behavior-{place}"] = "on"
    return words


def sets_of(alignment: Mapping[str, Any]) -> dict[str, str]:
    """Fields of the form that an alignment fills in."""
    start, stop = alignment["window_s"]
    return {"window_from": f"{start:g}", "window_to": f"{stop:g}"}


def asked_cut(contents: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """Flags of `lfads prepare` for what was chosen.

    Parameters
    ----------
    contents
        Of the recording, as `lfads.studio.data.contents` says them.
    words
        Texts of the form's fields by name.

    Raises
    ------
    UserError
        Naming everything that cannot be read.
    """
    problems = Problems("the trials")
    found = [
        "--bin-width-s",
        problems.attempt(_number, "width of a bin", words.get("bin_width_s", "")),
    ]
    cut = words.get("cut", "")
    problems.require(cut in CUTS, "choose how trials are cut")
    if cut == "event":
        found += problems.attempt(_event, contents, words) or []
    elif cut == "windows":
        found += [
            "--chop-s",
            problems.attempt(_number, "length of a window", words.get("chop_s", "")),
        ]
    if cut != "windows":
        found += problems.attempt(_filter, "trials", contents["trial_columns"], words) or []
        found += _ticked("conditions", "condition", contents["conditions"], words)
        found += problems.attempt(_shares, words, ("valid", "test")) or []
    found += problems.attempt(_filter, "units", contents["unit_columns"], words) or []
    found += problems.attempt(_shares, words, ("min_rate_hz", "hold_out_neurons")) or []
    found += _ticked("behavior", "behavior", contents["series"], words)
    found += _ticked("inputs", "input", contents["series"], words)
    events = [{"name": name} for name in contents["events"]]
    found += _ticked("input_events", "event", events, words)
    problems.raise_if_any()
    return found


def as_command(source: Path, out: str, flags: Sequence[str]) -> str:
    """One line for a terminal."""
    return shlex.join(["lfads", "prepare", str(source), "--out", out, *flags])


def name_of_cut(source: str, words: Mapping[str, str]) -> str:
    """What the file that is cut is called.

    >>> name_of_cut("monday.nwb", {"cut": "event", "align_to": "trials/go"})
    'monday-trials-go.h5'
    """
    of = words.get("align_to", "") if words.get("cut") == "event" else words.get("cut", "")
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in of.lstrip("+"))
    return f"{PurePath(source).stem}-{plain or 'trials'}.h5"


def _event(contents: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    key = words.get("align_to", "")
    chosen = [one for one in contents["alignments"] if one["key"] == key]
    if not chosen:
        raise UserError("choose what trials are aligned to")
    window = [_number("window", words.get(name, "")) for name in ("window_from", "window_to")]
    relative = ["--relative-to-trial"] if chosen[0]["relative"] else []
    return [f"--align-to={chosen[0]['name']}", "--window-s", *window, *relative]


def _filter(what: str, columns: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[str]:
    """A filter over columns, from what was chosen of each and what was written beside."""
    parts = [
        part for place, one in enumerate(columns) for part in _of_column(what, place, one, words)
    ]
    own = words.get(f"{what}-filter", "").strip()
    if own:
        parts.append(f"({own})" if parts else own)
    return [f"--{what}={' and '.join(parts)}"] if parts else []


def _of_column(
    what: str, place: int, column: Mapping[str, Any], words: Mapping[str, str]
) -> Iterator[str]:
    name = column["name"]
    word = name if name.isidentifier() else f"`{name}`"
    only = words.get(f"{what}-{place}", "")
    if only and "different" in column:
        sign, _, number = only.partition("-")
        if (
            sign not in ("is", "not")
            or not number.isdecimal()
            or int(number) >= len(column["different"])
        ):
            raise UserError(f"`{name}`: there is no such value")
        value = column["different"][int(number)]
        if isinstance(value, bool):
            yield word if value == (sign == "is") else f"not {word}"
        else:
            yield f"{word} {'==' if sign == 'is' else '!='} {value!r}"
    for end, compare in (("low", ">="), ("high", "<=")):
        text = words.get(f"{what}-{place}-{end}", "").strip()
        if text and "low" in column:
            yield f"{word} {compare} {_number(name, text)}"


def _ticked(
    flag: str, field: str, columns: Sequence[Mapping[str, Any]], words: Mapping[str, str]
) -> list[str]:
    names = [one["name"] for k, one in enumerate(columns) if words.get(f"{field}-{k}")]
    if any(name.startswith("-") for name in names):  # or they would be taken for flags
        return [f"{_flag(flag)}={name}" for name in names]
    return [_flag(flag), *names] if names else []


def _shares(words: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """Numbers that are given if they differ from what holds anyway."""
    usual = {"valid": 0.2}
    found: list[str] = []
    for name in names:
        text = words.get(name, "").strip()
        if text and float(_number(name.replace("_", " "), text)) != usual.get(name, 0.0):
            found += [_flag(name), _number(name, text)]
    return found


def _number(name: str, text: str) -> str:
    """A number as it was typed, which a shell reads as one."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{name}: expected a number; got {text[:40]!r}")
    return text.strip()


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
