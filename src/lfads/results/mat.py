"""A posterior as a MATLAB file of version 5, for those who will not read NetCDF.

`posterior` is a struct with a field a session; each session is a struct of its variables and coordinates,
plain arrays with the axes of `posterior.nc` (`trial × time × neuron`). `axes`, `units`, `names` and
`attributes` stand beside them, structs whose fields bear the variables' names. Text is a cell array.
"""

import re
import struct
import zlib
from collections.abc import Collection, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import UserError

FORMAT = "lfads posterior"
_LONGEST = 31  # letters of a name of a struct's field, which every MATLAB since version 5 reads
_MOST_BYTES = 2**31 - 2**20
_HEADER_BYTES, _COMPRESSED, _START_OF_STRUCT = 128, 15, 64
_LOOKED_AT = 2**20  # of bytes; names of sessions stand before
_ABOUT = ("axes", "units", "names", "attributes")
_KEYWORDS = {
    "break", "case", "catch", "classdef", "continue", "else", "elseif", "end", "for", "function",
    "global", "if", "otherwise", "parfor", "persistent", "return", "spmd", "switch", "try", "while",
}  # fmt: skip


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
        from scipy.io import savemat

        names = readable_names(sessions)
        structs = {names[key]: _session(of) for key, of in sessions.items()}
        whole = {"format": FORMAT, "session_names": _text(list(sessions)), **structs}
        savemat(path, {"posterior": whole}, appendmat=False, do_compression=True, oned_as="column")

    def is_own(self, path: Path) -> bool:
        """Whether the file holds such a struct."""
        try:
            with path.open("rb") as file:
                order = "<" if file.read(_HEADER_BYTES)[126:128] == b"IM" else ">"
                kind, size = struct.unpack(f"{order}II", file.read(8))
                packed = file.read(min(size, _LOOKED_AT))
            start = zlib.decompressobj().decompress(packed, _LOOKED_AT)
        except (OSError, struct.error, zlib.error):
            return False
        # A struct of that name, whose first field says so.
        texts = FORMAT.encode(), FORMAT.encode("utf-16-le"), FORMAT.encode("utf-16-be")
        is_struct = kind == _COMPRESSED and b"posterior" in start[:_START_OF_STRUCT]
        return is_struct and any(text in start for text in texts)


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
        chosen, number = plain[:_LONGEST], 1
        while chosen in found.values() or chosen in taken:
            number += 1
            chosen = f"{plain[: _LONGEST - len(str(number)) - 1]}_{number}"
        found[name] = chosen
    return found


def _session(session: xr.Dataset) -> dict[str, Any]:
    """Arrays by readable names, then what is known of each."""
    names = readable_names(session.variables, _ABOUT)
    arrays = {names[key]: _array(str(key), one.values) for key, one in session.variables.items()}
    named = session.variables.items()
    about = {
        "axes": {names[key]: _text([str(d) for d in one.dims]) for key, one in named},
        "units": {
            names[key]: str(one.attrs["units"]) for key, one in named if "units" in one.attrs
        },
        "names": {names[key]: str(one.attrs.get("long_name", key)) for key, one in named},
        "attributes": _attributes(session.attrs),
    }
    return arrays | about


def _array(name: str, values: np.ndarray) -> np.ndarray:
    if values.nbytes > _MOST_BYTES:
        raise UserError(
            f"`{name}` has {values.nbytes / 2**30:.1f} GiB, and a .mat file of version 5 holds 2 GiB an "
            "array: write NetCDF, which MATLAB's `h5read` opens"
        )
    return _text(values.astype(str).tolist()) if values.dtype.kind in "OSU" else values


def _text(words: list[str]) -> np.ndarray:
    """A cell array of text, one word a row."""
    cells = np.empty((len(words), 1), object)
    cells[:, 0] = words
    return cells


def _attributes(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    names = readable_names(attributes)
    return {
        names[key]: value if isinstance(value, int | float | np.number) else str(value)
        for key, value in attributes.items()
    }
