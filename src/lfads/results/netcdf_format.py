"""A posterior as NetCDF: one session at the root, several as a group each."""

from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from lfads.results.netcdf import FORMAT_VERSION, format_of, write_netcdf

FORMAT = "lfads posterior"


class NetCDF:
    """NetCDF-4 (HDF5 inside), which xarray, MATLAB, Octave, R, Julia and `open_posterior` read."""

    suffixes = (".nc", ".nc4")

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the file."""
        if len(sessions) == 1:
            write_netcdf(next(iter(sessions.values())), path)
            return
        about = {"format": FORMAT, "format_version": FORMAT_VERSION}
        write_netcdf(xr.Dataset(attrs={**about, "sessions": list(sessions)}), path)
        for name, session in sessions.items():
            write_netcdf(session, path, group=name)

    def is_own(self, path: Path) -> bool:
        """Whether the file says so."""
        return format_of(path) == FORMAT
