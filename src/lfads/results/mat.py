"""A posterior as a MATLAB file of version 5; `mat_contents` says what it holds."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.results.mat_contents import FORMAT, ROOT, contents_of

_MOST_BYTES = 2**31 - 2**20
_HEADER_BYTES, _COMPRESSED, _START_OF_STRUCT = 128, 15, 64
_LOOKED_AT = 2**20  # of bytes; names of sessions stand before


class Mat:
    """MATLAB file of version 5 (`load` opens it): a struct a session, with units and names of axes."""

    suffixes = (".mat",)

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the file.

        Raises
        ------
        UserError
            If an array is larger than the format allows, 2 GiB.
        """
        write_version_5({ROOT: contents_of(sessions)}, path)

    def is_own(self, path: Path) -> bool:
        """Whether the file holds such a struct."""
        return begins_with_struct(path, ROOT, FORMAT)


def write_version_5(variables: Mapping[str, Any], path: Path) -> None:
    """Write structs, lists of text and arrays as `savemat` does."""
    from scipy.io import savemat

    plain = {name: _for_scipy(name, value) for name, value in variables.items()}
    savemat(
        path, plain, appendmat=False, do_compression=True, oned_as="column", long_field_names=True
    )


def begins_with_struct(path: Path, name: str, form: str) -> bool:
    """Whether a file begins with a compressed struct of that name, whose first field says that form."""
    try:
        with path.open("rb") as file:
            order = "<" if file.read(_HEADER_BYTES)[126:128] == b"IM" else ">"
            kind, size = struct.unpack(f"{order}II", file.read(8))
            packed = file.read(min(size, _LOOKED_AT))
        start = zlib.decompressobj().decompress(packed, _LOOKED_AT)
    except (OSError, struct.error, zlib.error):
        return False
    texts = form.encode(), form.encode("utf-16-le"), form.encode("utf-16-be")
    is_struct = kind == _COMPRESSED and name.encode() in start[:_START_OF_STRUCT]
    return is_struct and any(text in start for text in texts)


def _for_scipy(name: str, value: Any) -> Any:
    """Lists of text as cell arrays, a column each; arrays that are not too large."""
    if isinstance(value, Mapping):
        return {key: _for_scipy(key, inside) for key, inside in value.items()}
    if isinstance(value, list):
        cells = np.empty((len(value), 1), object)
        cells[:, 0] = [_for_scipy(name, one) for one in value]
        return cells
    if isinstance(value, np.ndarray) and value.nbytes > _MOST_BYTES:
        raise UserError(
            f"`{name}` has {value.nbytes / 2**30:.1f} GiB, and a .mat file of version 5 holds 2 GiB an "
            "array: write version 7.3 (`mat73`), or NetCDF, which MATLAB's `h5read` opens"
        )
    return value
