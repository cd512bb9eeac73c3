"""What to say of a file of arrays without `spikes`: what it seems to hold, and what to do with that."""

import re
from collections.abc import Mapping
from pathlib import Path

from lfads.checks import UserError, suggestion
from lfads.formats.unread import Shape
from lfads.guarded.messages import quoted
from lfads.paths import printable

TIMES = {
    "an .npz": "save them as `spike_times` beside `unit`, which says the unit of each",
    "a .mat file": "save them as `spike_times`, a cell with a vector of times for each unit",
}
"""How spike times are saved, by the form of file."""

_CHECKPOINT = "header.json"  # `lfads.training.checkpoint` puts one into each
_NARROWEST_BIN_MS = 5  # of those that docs/data.md advises
_PYNAPPLE = {"type", "t", "start", "end"}
_OF_TIMES = re.compile(r"time|stamp|train|^ts?$")


def no_spikes(
    path: Path, names: list[str], form: str, shapes: Mapping[str, Shape | None]
) -> UserError:
    """The error for a file without `spikes`.

    Parameters
    ----------
    path
        Of the file.
    names
        What it holds.
    form
        What the file is, with its article, such as `a .mat file`.
    shapes
        Of the arrays by name, as far as they are known.
    """
    where = printable(path)
    if _CHECKPOINT in names:
        run = path.parent.parent if path.parent.name == "checkpoints" else "FOLDER"
        return UserError(
            f"{where}: is a checkpoint of a run, not data; show the run's folder: `lfads show {run}`"
        )
    if "spike_times" in names:
        return UserError(
            f"{where}: holds spike times, of which trials must be cut first: `lfads show {where}` prints "
            "what can be chosen, `lfads.prepare` makes trials of counts"
        )
    if set(names) >= _PYNAPPLE:
        return UserError(
            f"{where}: is an object that pynapple saved, not counts: of a TsGroup `lfads show {where}` "
            "prints what can be chosen, and `lfads.prepare` makes trials of counts"
        )
    return UserError(
        f"{where}: `spikes` is missing; {form} needs `spikes` (trial, time, neuron); the file has "
        f"{quoted(names)}{_nearest(names, form, shapes)}"
    )


def about_times(named: str, form: str) -> str:
    """What to do with arrays that seem to hold spike times, in a sentence."""
    how = TIMES.get(form, TIMES["an .npz"])
    return (
        f"If {named} holds spike times, `lfads.prepare` makes trials of counts, of layouts that it knows "
        f"as they are; else {how}"
    )


def _nearest(names: list[str], form: str, shapes: Mapping[str, Shape | None]) -> str:
    """The array that could be `spikes`, or spike times, and what to do with it."""
    times = [name for name in names if _OF_TIMES.search(name.lower())]
    others = {name: shapes.get(name, (0, 0, 0)) for name in names if name not in times}
    cubes = [name for name, shape in others.items() if shape is not None and len(shape) == 3]
    for name in cubes:
        if "sp" in name.lower() and "`spikes`" in suggestion(name.lower(), ["spikes"]):
            return f". Did you mean `spikes`? Save `{name}` under that name{_about_bins(name)}"
    if times:
        spiking = [name for name in times if "sp" in name.lower()] or times
        return f". {about_times(f'`{spiking[0]}`', form)}"
    whole = [name for name in cubes if name in shapes]
    if len(whole) == 1:
        return f". If `{whole[0]}` holds counts, save it as `spikes`; real values as `signals`"
    return ""


def _about_bins(name: str) -> str:
    """What a width in milliseconds within a name asks for."""
    found = re.search(r"(\d+)_?ms", name)
    if found is None:
        return ""
    if int(found[1]) >= _NARROWEST_BIN_MS:
        return f", with `bin_width_s={int(found[1]) / 1000:g}`"
    return (
        f", after summing its bins of {found[1]} ms to wider ones, such as 10 ms: see docs/data.md"
    )
