"""What files for MATLAB hold of a posterior, by MATLAB's conventions, whichever version they are of.

A struct a session. Axes are in MATLAB's order, `neuron × time × trial`, as `h5read` gives those of
`posterior.nc`; indices count from 1; names end in units (`rates_hz`, `time_s`); text is a cell
array. Beside the arrays stand `axes`, `units`, `names` (as `posterior.nc` has them), `sizes` and
`attributes`, structs whose fields bear their names.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

FORMAT = "lfads posterior"
FORMAT_VERSION = 1
OF_FILE = ("format", "format_version", "session_names")
"""Fields that are no session."""

ROOT = "posterior"
LONGEST = 63  # letters of a name, of MATLAB since 6.5
ABOUT = (
    "axes", "units", "names", "long_names", "sizes", "attributes", "coordinates", "counted_from_1",
)  # fmt: skip
COUNTED = ("trial_index", "chop_piece", "chop_start_bin", "first_bin")
"""Columns and attributes that count from 0 here."""

_ENDINGS = {"spikes/s": "_hz", "s": "_s", "bins": "_bins", "nats": "_nats"}
_KEYWORDS = {
    "break", "case", "catch", "classdef", "continue", "else", "elseif", "end", "for", "function",
    "global", "if", "otherwise", "parfor", "persistent", "return", "spmd", "switch", "try", "while",
}  # fmt: skip


def contents_of(sessions: Mapping[str, xr.Dataset]) -> dict[str, Any]:
    """The struct of all sessions: arrays, text, lists of text, and structs of these."""
    names = readable_names(sessions)
    structs = {names[key]: _session(of) for key, of in sessions.items()}
    about = {"format": FORMAT, "format_version": FORMAT_VERSION}
    return {**about, "session_names": [str(key) for key in sessions], **structs}


def readable_names(names: Iterable[Hashable], taken: Collection[str] = ()) -> dict[Hashable, str]:
    """Names that MATLAB has for fields of structs: letters, digits and `_`, a letter first, none twice.

    >>> readable_names(["rates", "hand vel", "2nd", "end", "a-b", "a b"])
    {'rates': 'rates', 'hand vel': 'hand_vel', '2nd': 'x2nd', 'end': 'end_', 'a-b': 'a_b', 'a b': 'a_b_2'}
    """
    found: dict[Hashable, str] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", str(name))
        plain = plain if re.match(r"[A-Za-z]", plain) else f"x{plain}"
        plain = f"{plain}_" if plain in _KEYWORDS else plain
        chosen, number = plain[:LONGEST], 1
        while chosen in found.values() or chosen in taken:
            number += 1
            chosen = f"{plain[: LONGEST - len(str(number)) - 1]}_{number}"
        found[name] = chosen
    return found


def with_unit(name: str, unit: str) -> str:
    """A name that ends in its unit, where that is one of ours.

    >>> with_unit("rates_std", "spikes/s"), with_unit("inferred_input_prior_correlation_s", "s")
    ('rates_std_hz', 'inferred_input_prior_correlation_s')
    """
    ending = _ENDINGS.get(unit, "")
    return name if name.endswith(ending) else f"{name}{ending}"


def _session(session: xr.Dataset) -> dict[str, Any]:
    """Arrays by readable names, then what is known of each."""
    variables = {str(key): one for key, one in session.variables.items()}
    plain = {key: with_unit(key, str(one.attrs.get("units", ""))) for key, one in variables.items()}
    readable = readable_names(plain.values(), ABOUT)
    names = {key: readable[long] for key, long in plain.items()}
    counted = [key for key in COUNTED if key in variables]
    return {
        **{names[key]: _array(one.values, key in counted) for key, one in variables.items()},
        "axes": {names[k]: [str(d) for d in reversed(one.dims)] for k, one in variables.items()},
        "units": {
            names[k]: str(one.attrs["units"]) for k, one in variables.items() if "units" in one.attrs
        },
        "names": {names[k]: k for k in variables},
        "long_names": {
            names[k]: str(one.attrs["long_name"])
            for k, one in variables.items()
            if "long_name" in one.attrs
        },
        "sizes": {str(axis): float(size) for axis, size in _plain_names(session.sizes).items()},
        "attributes": _attributes(session.attrs),
        "coordinates": [names[str(key)] for key in session.coords],
        "counted_from_1": [names[key] for key in counted],
    }  # fmt: skip


def _plain_names(sizes: Mapping[Hashable, int]) -> dict[str, int]:
    names = readable_names(sizes)
    return {names[axis]: size for axis, size in sizes.items()}


def _array(values: np.ndarray, counted: bool) -> Any:
    """An array in MATLAB's order; text as a list."""
    if values.dtype.kind in "OSU":
        return values.astype(str).tolist()
    return values.T + 1 if counted else values.T


def _attributes(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    names = readable_names(attributes)
    return {
        names[key]: float(value) + (key in COUNTED)
        if isinstance(value, bool | int | float | np.number)
        else str(value)
        for key, value in attributes.items()
    }
