"""What a posterior says of itself: what it is of, and its variables with their units."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from lfads.arrays import SPLITS
from lfads.checks import first_of, many
from lfads.tables import Table

MOST_IN_FULL = 3
"""Sessions whose variables are listed; of more, each is a line."""

_FROM = ("observation", "baseline", "run", "source")
"""Attributes of a result that say where it comes from."""


def in_words(sessions: Mapping[str, xr.Dataset]) -> str:
    """Sessions with their sizes, then the first of their variables."""
    held = dict.fromkeys(name for one in sessions.values() for name in _averages(one))
    words = [f"{name!r}: {_sizes(one)}" for name, one in sessions.items()]
    more = [f"{len(words) - MOST_IN_FULL} more sessions"] if len(words) > MOST_IN_FULL else []
    return "; ".join([*words[:MOST_IN_FULL], *more, first_of(held, MOST_IN_FULL)])


def tables_of(sessions: Mapping[str, xr.Dataset]) -> list[Table]:
    """A table of facts and one of variables for each session, or a line for each of many."""
    if len(sessions) > MOST_IN_FULL:
        return [Table([(name, _sizes(one)) for name, one in sessions.items()])]
    tables = []
    for name, one in sessions.items():
        tables += [Table(_facts(name, one)), Table(_variables(one), has_header=True)]
    return tables


def _facts(name: str, arrays: xr.Dataset) -> list[tuple[str, str]]:
    rows = [("session", name)]
    if "split" in arrays:
        split = arrays["split"].values.astype(str)
        counts = [(int(np.sum(split == each)), each) for each in SPLITS]
        rows.append(("trials", ", ".join(f"{count} {each}" for count, each in counts if count)))
    if "bin_width_s" in arrays.attrs and "time" in arrays.sizes:
        width_ms = 1000 * float(arrays.attrs["bin_width_s"])
        rows.append(("bins", f"{arrays.sizes['time']} of {width_ms:g} ms"))
    return rows + [(key, str(arrays.attrs[key])) for key in _FROM if key in arrays.attrs]


def _variables(arrays: xr.Dataset) -> list[tuple[str, str, str]]:
    """Name, dimensions and unit; a spread stands beside what it is of."""
    rows = [("variable", "dimensions", "unit")]
    for name in _averages(arrays):
        spread = f", {name}_std" if f"{name}_std" in arrays else ""
        dimensions = " × ".join(f"{size} {axis}" for axis, size in arrays[name].sizes.items())
        rows.append((f"{name}{spread}", dimensions, str(arrays[name].attrs.get("units", ""))))
    return rows


def _averages(arrays: xr.Dataset) -> list[str]:
    """Variables but those that are the spread of another."""
    names = [str(name) for name in arrays.data_vars]
    return [n for n in names if not (n.endswith("_std") and n.removesuffix("_std") in names)]


def _sizes(arrays: xr.Dataset) -> str:
    axes = {"trial": "trial", "time": "bin", "neuron": "neuron"}
    return ", ".join(many(arrays.sizes[a], word) for a, word in axes.items() if a in arrays.sizes)
