"""Labelled arrays in NetCDF files, and what such a file says that it holds."""

from pathlib import Path

import h5py
import xarray as xr

from lfads.checks import UserError


def write_netcdf(arrays: xr.Dataset, path: Path, *, group: str | None = None) -> None:
    """Write arrays, compressed, to a new file, or beside what a file holds as a group."""
    encoding = {
        name: {"zlib": True, "complevel": 1}
        for name, variable in arrays.data_vars.items()
        if variable.dtype.kind == "f" and variable.size
    }
    mode = "w" if group is None else "a"
    arrays.to_netcdf(path, mode=mode, group=group, engine="h5netcdf", encoding=encoding)


def read_netcdf(path: Path, *, group: str | None = None) -> xr.Dataset:
    """Arrays of a file, in memory.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    try:
        with xr.open_dataset(path, engine="h5netcdf", group=group) as arrays:
            return arrays.load()
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not a NetCDF file that can be read: {error}") from error


def format_of(path: Path) -> str | None:
    """What a file says that it holds; None if it does not say, or is no HDF5."""
    try:
        with h5py.File(path) as file:
            return str(file.attrs.get("format"))
    except OSError:
        return None
