"""Labelled arrays in NetCDF files: the rules that results of every kind share.

Text is written as fixed-length characters (UTF-8), which Octave and MATLAB read as well as xarray does, and
read as text. A file says what it holds and in which version of the layout (`FORMAT_VERSION`).
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.format_versions import check_version
from lfads.guarded.links import held, lies_inside, what_lies_outside
from lfads.guarded.memory import Budget, stored_bytes
from lfads.guarded.messages import RAISED, one_message
from lfads.guarded.sound import opened
from lfads.paths import printable
from lfads.streams import raised_at_end

FORMAT_VERSION = 2
_AGAIN = "Infer again, or copy the file again"
_TIMES = 2.5  # its size that a variable takes while it is unpacked and becomes text
_OTHER = r"[^\w.+@-]"


def write_netcdf(arrays: xr.Dataset, path: Path, *, group: str | None = None) -> None:
    """Write arrays, compressed, to a new file, or beside what a file holds as a group.

    Raises
    ------
    OSError
        If the disk is full.
    """
    import h5netcdf
    from xarray.backends import H5NetCDFStore

    encoding = {
        name: {"zlib": True, "complevel": 1}
        for name, variable in arrays.data_vars.items()
        if variable.dtype.kind == "f" and variable.size
    }
    encoding |= {
        name: {"dtype": "S1", "char_dim_name": f"{name}_characters"}
        for name, variable in arrays.variables.items()
        if variable.dtype.kind == "U"
    }
    new = group is None
    fixed = arrays.assign_attrs(_as_characters(arrays.attrs))
    for name in fixed.variables:
        fixed[name].attrs = _as_characters(fixed[name].attrs)
    # `to_netcdf` takes a path alone, and of a full disk HDF5 takes the process down.
    with (
        raised_at_end(path, "w+b" if new else "r+b") as stream,
        h5netcdf.File(stream, "w" if new else "a") as file,
    ):
        store = H5NetCDFStore(file if new else file.create_group(group))
        fixed.dump_to_store(store, encoding=encoding)


def _as_characters(attributes: Mapping[Any, Any]) -> dict[Any, Any]:
    """Text as fixed-length characters, which Octave and older MATLAB read; an empty one has no length."""
    return {
        key: np.bytes_(value.encode()) if isinstance(value, str) and value else value
        for key, value in attributes.items()
    }


def _as_text(attributes: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        k: v.decode("utf-8", "replace") if isinstance(v, bytes) else v
        for k, v in attributes.items()
    }


def read_netcdf(path: Path, *, group: str | None = None) -> xr.Dataset:
    """Arrays of a file, in memory.

    Raises
    ------
    UserError
        If it cannot be read, leads out of itself, or is larger than memory.
    """
    with one_message(
        printable(path), "NetCDF", (Exception,), _AGAIN
    ):  # libraries raise what they meet
        _refuse_what_does_harm(path, group)
        with xr.open_dataset(path, engine="h5netcdf", group=group) as arrays:
            found = arrays.load()
        found.attrs = _as_text(found.attrs)
        for name, one in list(found.variables.items()):
            if one.dtype.kind in "OS":
                found[name] = one.astype(str)
            found[name].attrs = _as_text(found[name].attrs)
    return found


def _refuse_what_does_harm(path: Path, group: str | None) -> None:
    """A UserError where reading would leave the file, or take more than the memory."""
    where = printable(path)
    budget = Budget(where, "is this the right file? Else infer fewer trials", _TIMES)
    with opened(path) as file:
        if said := what_lies_outside(file):
            raise UserError(f"{where}: {said}; this is refused. {_AGAIN}")
        if group is not None and not lies_inside(file, group):
            raise UserError(f"{where}: there is no session `{printable(group)}`. {_AGAIN}")
        root: Any = file if group is None else file[group]
        for name in root:
            if isinstance(item := held(root, name), h5py.Dataset):
                budget.spend(stored_bytes(item), printable(name), item.shape or ())


def read_results(path: Path, form: str, what: str) -> xr.Dataset:
    """What lies at the root of a file of results.

    Parameters
    ----------
    path
        Of the file, which exists.
    form
        That its attribute `format` must be.
    what
        What that is, for messages.

    Raises
    ------
    UserError
        If it holds something else, or has another version of the layout.
    """
    root = read_netcdf(path)
    said = root.attrs.get("format")
    if not isinstance(said, str) or said != form:
        raise UserError(f"{printable(path)} is NetCDF but {what}")
    version = root.attrs.get("format_version", 1)
    check_version(printable(path), version, FORMAT_VERSION, "Infer again with `run.infer`")
    return root


def format_of(path: Path) -> str | None:
    """What a file says that it holds; None if it does not say, or is no HDF5."""
    try:
        with opened(path) as file:
            found = file.attrs.get("format")
    except RAISED:
        return None
    return (
        found.decode("utf-8", "replace")
        if isinstance(found, bytes)
        else None
        if found is None
        else str(found)
    )


class Names:
    """Gives every column of a file a name of its own that NetCDF allows.

    Characters that are neither letters nor digits nor one of `_.+-@` become `_`. A name that begins with
    none of letters, digits and `_`, or that is taken, gets a prefix; where that is taken too, a number.

    Parameters
    ----------
    taken
        Names of variables, coordinates and dimensions.

    Examples
    --------
    >>> names = Names({"time"})
    >>> names.free("time", "trial"), names.free("a/b c", "trial"), names.free("a b/c", "trial")
    ('trial_time', 'a_b_c', 'trial_a_b_c')
    """

    def __init__(self, taken: Collection[str]) -> None:
        self.taken = {name for one in taken for name in _with_dimensions(one)}

    def free(self, name: str, prefix: str) -> str:
        """A name for a column, which is taken from then on."""
        plain = re.sub(_OTHER, "_", name)
        candidates = [plain] if re.match(r"\w", plain) else []
        candidates += [f"{prefix}_{plain}"]
        candidates += [f"{prefix}_{plain}_{number}" for number in range(2, 2 + len(self.taken))]
        chosen = next(c for c in candidates if self.taken.isdisjoint(_with_dimensions(c)))
        self.taken |= _with_dimensions(chosen)
        return chosen


def is_plain(name: str) -> bool:
    """Whether NetCDF allows a name as it is."""
    return bool(re.match(r"\w", name)) and not re.search(_OTHER, name)


def _with_dimensions(name: str) -> set[str]:
    """A name, and those of the dimensions that it may bring along."""
    return {name, f"{name}_characters", f"{name}_channel"}


def plain_column(values: np.ndarray) -> np.ndarray:
    """Values in a type that NetCDF has: half precision becomes single, extended becomes double."""
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        return values.astype(np.float32 if values.dtype.itemsize < 4 else np.float64)
    return values
