"""Posteriors in files that were written here for MATLAB, of version 5 or 7.3, as they were."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.format_versions import check_version
from lfads.formats.matlab.values import Cell
from lfads.paths import printable
from lfads.results.mat_contents import COUNTED, FORMAT, FORMAT_VERSION, ROOT

_SIZES = ("axes", "names", "sizes", "attributes")


def is_ours(variables: Mapping[str, Any]) -> bool:
    """Whether variables of a file are a posterior of ours."""
    found = variables.get(ROOT)
    return isinstance(found, dict) and found.get("format") == FORMAT


def read_ours(variables: Mapping[str, Any], path: Path) -> dict[str, xr.Dataset]:
    """The sessions of a file.

    Raises
    ------
    UserError
        If a struct lacks what says what its arrays are.
    """
    root: Mapping[str, Any] = variables[ROOT]
    said = root.get("format_version", FORMAT_VERSION)  # 0.1.0 had none
    if np.size(said) == 1:
        said = np.ravel(said).tolist()[0]
    check_version(printable(path), said, FORMAT_VERSION, "Export the posterior again")
    structs = [value for value in root.values() if isinstance(value, dict)]
    if not structs:
        raise UserError(f"{printable(path)}: `{ROOT}` holds no session")
    names = _texts(root.get("session_names"))
    if len(names) != len(structs):
        raise UserError(
            f"{printable(path)}: `{ROOT}.session_names` must name {len(structs)} sessions; got {len(names)}"
        )
    # MATLAB keeps the order of fields in version 5; in 7.3 they are told by the attribute `session`.
    found = [_session(struct, path) for struct in structs]
    by_name = {
        str(one.attrs.get("session", name)): one for name, one in zip(names, found, strict=True)
    }
    return {name: by_name[name] for name in names if name in by_name}


def _session(struct: Mapping[str, Any], path: Path) -> xr.Dataset:
    for key in _SIZES:
        if not isinstance(struct.get(key), dict):
            raise UserError(
                f"{printable(path)}: a session lacks `{key}`, so that nothing says what it holds"
            )
    sizes = {axis: int(np.ravel(size)[0]) for axis, size in struct["sizes"].items()}
    units, longs = struct.get("units", {}), struct.get("long_names", {})
    coordinates = set(_texts(struct.get("coordinates")))
    values: dict[str, Any] = {}
    coords: dict[str, Any] = {}
    for key, name in struct["names"].items():
        dims = tuple(reversed(_texts(struct["axes"].get(key))))
        about = {"units": units[key]} if key in _of(units) else {}
        about |= {"long_name": longs[key]} if key in _of(longs) else {}
        array = _array(struct[key], [sizes[dim] for dim in dims], f"{printable(path)}: `{key}`")
        (coords if key in coordinates else values)[str(name)] = (
            dims, array - 1 if name in COUNTED else array, about
        )  # fmt: skip
    return xr.Dataset(
        values, coords, {k: _attribute(k, v) for k, v in struct["attributes"].items()}
    )


def _of(struct: Any) -> Mapping[str, Any]:
    return struct if isinstance(struct, dict) else {}


def _array(value: Any, shape: list[int], where: str) -> np.ndarray:
    """An array in our order of axes, whatever MATLAB made of axes of one."""
    if isinstance(value, Cell | list | str):
        return np.array(_texts(value), dtype=str).reshape(shape)
    array = np.asarray(value)
    if array.size != np.prod(shape, dtype=int):
        raise UserError(f"{where} must have shape {tuple(shape[::-1])}; got {array.shape}")
    return array.ravel(order="F").reshape(shape)


def _texts(value: Any) -> list[str]:
    """A cell array of text as a list; one text as one."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    return [one if isinstance(one, str) else "" for one in value]


def _attribute(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value
    number = float(np.ravel(value)[0]) - (name in COUNTED)
    return int(number) if number.is_integer() and name != "bin_width_s" else number
