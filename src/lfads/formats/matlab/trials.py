"""Trials of counts in MATLAB files: one array `spikes`, or layouts of labs under names of their own."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError, first_of
from lfads.data.session import FIELDS, STORED
from lfads.formats.contents import FileContents
from lfads.formats.matlab.file import glimpse, read_matlab, variables_of
from lfads.formats.matlab.finds import Find, likely_in
from lfads.formats.matlab.objects import require_readable
from lfads.formats.matlab.rate_cubes import cubes_of, events_in
from lfads.formats.matlab.trial_columns import one_a_row
from lfads.formats.matlab.trial_rasters import WIDTHS, Rasters, bin_width_in, rasters_of
from lfads.formats.matlab.values import StructArray, Variable, in_words
from lfads.formats.npz import BY_NAME, KEYS, contents_of, wanted
from lfads.guarded.messages import quoted
from lfads.paths import printable

VECTORS = {f.name for f in FIELDS if len(f.axes) == 1}
"""Keys of vectors, which MATLAB keeps as rows or columns of a matrix."""

NESTED = ("struct", "cell")
"""Classes of variables that are looked into."""

A_WAY = (
    "What opens as counts: `spikes` (trial, time, neuron); an array of structs, or a cell, with a matrix "
    "of counts for each trial. As spike times: `spike_times`, a cell with a vector of times for each unit, "
    "or one vector of all times beside `unit`, the unit of each"
)


def read_mat(path: Path) -> FileContents:
    """Contents of a MATLAB file with counts of trials.

    These are `spikes` (trial, time, neuron) with other keys as in `read_npz`, where text for each trial is
    a cell of text, behaviour and tables are structs of arrays; or one matrix a trial, in an array of
    structs or in a cell; or a cube named after an event, `spikes_EVENT`.

    Raises
    ------
    UserError
        If there are no counts, or several that could be meant, or the file is damaged.
    """
    variables = variables_of(path)
    looked_into = glimpse(path, [v.name for v in variables if v.kind in NESTED])
    rasters, used = None, ()
    if not has_counts(variables):
        rasters, used = _found(path, variables, looked_into)
    flat = _flat(variables, looked_into, used)
    virtual: dict[str, np.ndarray] = {}
    if rasters:
        columns = _columns(path, variables, rasters.arrays["spikes"].shape, used)
        flat = {name: place for name, place in flat.items() if name not in columns}
        virtual = {**dict(columns.values()), **rasters.arrays}
    headers = {v.name: v.shape for v in variables}
    shapes = {name: headers[place[0]] for name, place in flat.items() if len(place) == 1}
    shapes |= {name: array.shape for name, array in virtual.items()}
    names = [*(name for name in flat if name not in virtual), *virtual]
    chosen = wanted(names, path, "a .mat file", shapes)
    values = read_matlab(path, sorted({flat[n][0] for n in chosen.values() if n not in virtual}))
    found: dict[str, Any] = {}
    for key, name in chosen.items():
        value = virtual[name] if name in virtual else _inside(values, flat[name])
        # A table that is an object becomes a struct when it is decoded.
        found |= (
            {f"{key}/{column}": inside for column, inside in value.items()}
            if isinstance(value, Mapping) and key in BY_NAME
            else {key: value}
        )
    require_readable(found.values(), printable(path))
    contents = contents_of({k: _array(k, v, path) for k, v in found.items()}, path, "MATLAB")
    return replace(contents, layout=f"MATLAB, {rasters.layout}") if rasters else contents


def has_counts(variables: Sequence[Variable]) -> bool:
    """Whether there is an array of values under its own name."""
    return any(v.name in STORED.values() and v.kind not in NESTED for v in variables)


def rasters_in(looked_into: Mapping[str, Any]) -> list[Find]:
    """The matrices of trials among what was found in variables, none if all are times."""
    return [find for find in likely_in(looked_into) if find.form == "rasters"]


def _found(
    path: Path, variables: Sequence[Variable], looked_into: Mapping[str, Any]
) -> tuple[Rasters, tuple[str, ...]]:
    """Trials of counts under other names, and the variables that they come from."""
    where = printable(path)
    finds, events = rasters_in(looked_into), events_in(variables)
    sources = [*dict.fromkeys(find.place[:-1] or find.place for find in finds)]
    names = [quoted([".".join(source)]) for source in sources] + [f"`spikes_{e}`" for e in events]
    if len(names) > 1:
        raise UserError(
            f"{where}: several variables hold counts of trials: {', '.join(names)}. Save the one that is "
            "meant under a name of its own, `spikes`"
        )
    if finds:
        variable = finds[0].place[0]
        value = read_matlab(path, [variable])[variable]
        shapes = {v.name: v.shape for v in variables if v.name != variable and v.kind != "struct"}
        rasters, used = rasters_of(finds, value, where, shapes), (variable,)
        outside = [v.name for v in variables if v.name.lower() in WIDTHS]
        fields = read_matlab(path, outside) | _fields_beside(finds[0], value)
        if (width := bin_width_in(fields)) is not None:
            rasters = replace(rasters, arrays={**rasters.arrays, "bin_width_s": np.float64(width)})
            used = (variable, *outside)
    elif events:
        used = tuple(v.name for v in variables if v.name.endswith(f"_{events[0]}"))
        rasters = cubes_of(events[0], read_matlab(path, used), where)
    else:
        raise nothing_known(path, variables, looked_into)
    not_used = f"not used: {first_of(rasters.not_used, 8)}" if rasters.not_used else ""
    if said := "; ".join([*rasters.remarks, not_used][: len(rasters.remarks) + bool(not_used)]):
        warnings.warn(f"{where}: {said}", UserWarning, stacklevel=5)
    return rasters, used


def _columns(
    path: Path, variables: Sequence[Variable], shape: tuple[int, ...], used: Sequence[str]
) -> dict[str, tuple[str, np.ndarray]]:
    """Vectors with one value for each trial or neuron, by name, each with the key that it goes under."""
    num_trials, _, num_neurons = shape
    known = {name for spellings in KEYS.values() for name in spellings}
    tables = {num_trials: "trial_table", num_neurons: "neuron_table"}
    sizes = [size for size in tables if num_trials != num_neurons and size > 1]
    names = [
        v.name
        for v in variables
        if v.name not in known and v.name not in used and any(map(v.is_vector_of, sizes))
    ]
    found: dict[str, tuple[str, np.ndarray]] = {}
    for name, value in read_matlab(path, names).items():
        for size in sizes:
            column = one_a_row(value, size)
            if column is not None:
                found[name] = (f"{tables[size]}/{name}", column)
    return found


def _fields_beside(find: Find, value: Any) -> dict[str, Any]:
    """Fields of the struct that holds the matrices, of the first trial where trials are structs."""
    for key in find.place[1:-1]:
        value = value[key]
    if isinstance(value, StructArray):
        return {key: cell[0] for key, cell in value.items() if cell}
    return dict(value) if isinstance(value, Mapping) else {}


def nothing_known(
    path: Path, variables: Sequence[Variable], looked_into: Mapping[str, Any]
) -> UserError:
    """What to say of a file without counts: what it holds, and what would open."""
    where = printable(path)
    times = [find for find in likely_in(looked_into) if find.form != "rasters"]
    if times or any(v.name == "spike_times" for v in variables):
        names = quoted([find.name for find in times] or ["spike_times"])
        return UserError(
            f"{where}: holds spike times ({names}), of which trials must be cut first: `lfads show "
            f"{where}` prints what can be chosen, `lfads.prepare` makes trials of counts"
        )
    described = [_described(v, looked_into.get(v.name)) for v in variables]
    of_values = [v for v in variables if v.name in STORED.values()]
    lacks = "`spikes` is missing; a .mat file needs it"
    if of_values:  # a cell or struct without any matrix in it
        lacks = f"{of_values[0].described} holds no counts of trials"
    return UserError(f"{where}: {lacks}; the file has {first_of(described, 12)}. {A_WAY}")


def _described(variable: Variable, value: Any) -> str:
    """A variable in words, with the fields of structs."""
    if not isinstance(value, Mapping) or not value:
        return variable.described
    number = in_words(variable.shape) + " structs" if isinstance(value, StructArray) else "a struct"
    return f"`{variable.name}` ({number} with the fields {quoted(list(value))})"


def _flat(
    variables: Sequence[Variable], looked_into: Mapping[str, Any], used: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Where each name of the file is: variables, and fields of structs as `struct/field`."""
    flat: dict[str, tuple[str, ...]] = {}
    for variable in variables:
        inside = looked_into.get(variable.name)
        if variable.name in used:
            continue
        if isinstance(inside, Mapping):
            flat |= {f"{variable.name}/{key}": (variable.name, key) for key in inside}
        else:
            flat[variable.name] = (variable.name,)
    return flat


def _inside(values: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    """The value at a place: a variable, or a field of one."""
    found: Any = values
    for key in place:
        found = found[key]
    return found


def _array(key: str, value: Any, path: Path) -> np.ndarray:
    where = printable(path)
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biufU":
        raise UserError(f"{where}: `{key}` must hold numbers, or a cell of text")
    if key in STORED.values() and array.ndim == 2:
        rows, columns = array.shape
        raise UserError(
            f"{where}: `{key}` is one matrix ({rows} × {columns}, sparse or full), where trials were "
            "expected (trial, time, neuron). Time × neuron of one trial is "
            f"`reshape(full({key}), 1, {rows}, {columns})`; a long recording is cut with `lfads.chop`"
        )
    if key.partition("/")[0] not in VECTORS:
        return array
    if array.size != max(array.shape, default=1):
        raise UserError(f"{where}: `{key}` must hold one value a row; got {in_words(array.shape)}")
    return array.ravel()
