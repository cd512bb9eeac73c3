"""Named variables of an `.npz`: dots in names make tables, `trials.go_time`."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.npz import arrays_of
from lfads.paths import printable
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.variables import WANTED, from_variables

TABLES_BESIDE = ("trials", "events", "series")
"""Those that go with units under other names, too."""


def tables_of_archive(path: Path, reading: Reading) -> Recording:
    """Trials, events and series of an `.npz`, by names with dots; its units are to be replaced.

    Raises
    ------
    UserError
        If something is not as it should be.
    """
    tables = read_archive(path, TABLES_BESIDE)
    silent = {"spike_times": [np.empty(0)]}
    return from_variables(silent | tables, path, None, reading)


def is_in_table(name: str) -> bool:
    """Whether the name of an array is that of a part of a table beside the units."""
    return "." in name and name.split(".")[0] in TABLES_BESIDE


def read_archive(path: Path, wanted: Sequence[str] = WANTED) -> dict[str, Any]:
    """Variables of an `.npz`; dots in names make tables: `trials.go_time`.

    Parameters
    ----------
    path
        Of the file.
    wanted
        Names that are read, each a variable or a table.

    Raises
    ------
    UserError
        If a name is a table and an array at once, or the file is damaged.
    """
    nested: dict[str, Any] = {}
    for name, value in arrays_of(path, partial(_wanted, wanted), kind=".npz").items():
        *tables, last = name.split(".")
        inside = nested
        for key in tables:
            inside = inside.setdefault(key, {})
            if not isinstance(inside, dict):
                break
        if not isinstance(inside, dict) or last in inside:
            raise UserError(
                f"{printable(path)}: `{name}` is in the way of an array or table of the same name: a name "
                "with dots is a column of a table; rename one"
            )
        inside[last] = value
    return nested


def _wanted(wanted: Sequence[str], names: list[str]) -> dict[str, str]:
    return {name: name for name in names if name.split(".")[0] in wanted}
