"""What HDF5 files of several tools have in common: a file a session, arrays by name, marked as ours."""

import re
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.formats.contents import as_count, as_scalar
from lfads.formats.guarded import GuardedGroup
from lfads.results.netcdf import format_of
from lfads.streams import packed, raised_at_end

_OTHER = r"[^\w.+@-]"


def mark_of(name: str) -> str:
    """What the attribute `format` of a file says that was written here in a tool's layout."""
    return f"lfads {name}"


def is_marked(path: Path, name: str) -> bool:
    """Whether a file was written here in a tool's layout."""
    return path.is_file() and format_of(path) == mark_of(name)


def only_session(sessions: Mapping[str, xr.Dataset]) -> tuple[str, xr.Dataset]:
    """The session of a file that holds one."""
    if len(sessions) != 1:
        raise UserError(
            f"this layout keeps each session in a file of its own; got {len(sessions)} sessions for one: "
            "give a folder to `Posterior.save`"
        )
    return next(iter(sessions.items()))


def file_name(session: str) -> str:
    """A session's name as part of the name of a file.

    >>> file_name("day 2/am")
    'day_2_am'
    """
    return re.sub(_OTHER, "_", session)


def write_arrays(
    path: Path, form: str, name: str, session: xr.Dataset, arrays: Mapping[str, np.ndarray]
) -> None:
    """Write a session's arrays, compressed, with what the tools' own files do not say as attributes."""
    with raised_at_end(path, "w+b") as stream, h5py.File(stream, "w") as file:
        file.attrs["format"] = mark_of(form)
        file.attrs["session"] = name
        for key, value in clock_of(session).items():
            file.attrs[key] = value
        for key, values in arrays.items():
            file.create_dataset(key, data=values, **packed(values))


def clock_of(session: xr.Dataset) -> dict[str, float | int]:
    """Width of a bin, time of the first, and bins that are not modelled."""
    width, first = float(session.attrs["bin_width_s"]), int(session.attrs.get("first_bin", 0))
    time_s = session["time"].values if "time" in session.coords else np.zeros(0)
    start = float(time_s[0]) - first * width if time_s.size else 0.0
    return {"bin_width_s": width, "start_s": start, "first_bin": first}


def clock_in(root: GuardedGroup, where: str) -> dict[str, float | int | None]:
    """The same as far as a file says it, as `Inferred` takes it."""
    first = root.attribute("first_bin")
    return {
        "bin_width_s": as_scalar(root.attribute("bin_width_s"), "bin_width_s", where),
        "start_s": as_scalar(root.attribute("start_s"), "start_s", where),
        "first_bin": None if first is None else as_count(first, "first_bin", where),
    }


def session_in(root: GuardedGroup, otherwise: str) -> str:
    """The name of the session: as the file says it, else from its name."""
    said = root.attribute("session")
    return said if isinstance(said, str) and said else otherwise


def held_out_in(root: GuardedGroup) -> np.ndarray | None:
    """Mask of held-out neurons where a file has it."""
    found = root.optional("held_out")
    return None if found is None else np.ravel(found).astype(bool)


def numbers(root: GuardedGroup, key: str, num_axes: int) -> np.ndarray:
    """An array of numbers with so many axes.

    Raises
    ------
    UserError
        If it is something else.
    """
    found = root.array(key)
    if found.ndim != num_axes or found.dtype.kind not in "biuf":
        raise UserError(
            f"{root.where}: `{key}` must be numbers with {num_axes} axes, trials first; got "
            f"{found.dtype} of shape {found.shape}"
        )
    return found
