"""Recordings from NWB files (Neurodata Without Borders), on this machine or at an address.

Read by pynwb. Tables are loaded; spike times and series stay in the file until they are asked for.
"""

import contextlib
import os
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError, reason_of
from lfads.config.paths import printable, regular_file
from lfads.data.guarded import memory_limit_bytes
from lfads.data.recordings.recording import (
    Columns,
    Recording,
    Series,
    as_column,
    union_of,
)
from lfads.storage import address_of

PathLike = str | os.PathLike[str]

MOST_CHANNELS = 10_000
LARGEST_TABLE = 10_000_000
"""Rows; a larger table is damaged or not meant to be one."""

NOT_COLUMNS = {"spike_times", "obs_intervals", "electrodes", "timeseries"}


@contextlib.contextmanager
def opened_nwb(place: PathLike) -> Iterator[Recording]:
    """The recording in an NWB file; arrays can be read as long as the block lasts.

    Parameters
    ----------
    place
        Path of the file, or its address (`https://`, `s3://`), which needs `lfads[remote]`.

    Raises
    ------
    UserError
        If pynwb is not installed, or the file is missing, damaged, or no NWB file.
    """
    pynwb = _pynwb()
    where = address_of(place) or printable(place)
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(_opened_hdf5(place, where))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pynwb warns of schema versions, cached ones too
                reader = stack.enter_context(
                    pynwb.NWBHDF5IO(file=file, mode="r", load_namespaces=True)
                )
                content = reader.read()
                recording = _recording(content, where)
        except UserError:
            raise
        except Exception as error:  # pynwb and hdmf raise what they meet
            raise UserError(
                f"{where}: cannot be read as NWB: {reason_of(error)}. Is the file whole? "
                "`nwbinspector` says what is wrong with an NWB file"
            ) from error
        yield recording


def is_nwb(place: PathLike) -> bool:
    """Whether a file says that it is NWB; of an address, its name decides."""
    if address_of(place):
        return os.fspath(place).endswith(".nwb")
    if not Path(place).is_file():  # a pipe would be waited for
        return False
    try:
        with h5py.File(place, "r") as file:
            return "nwb_version" in file.attrs
    except OSError:
        return False


def _pynwb() -> Any:
    try:
        return import_module("pynwb")  # an extra: type checkers need not find it
    except ImportError:
        raise UserError("NWB files need pynwb: pip install 'lfads[nwb]'") from None


@contextlib.contextmanager
def _opened_hdf5(place: PathLike, where: str) -> Iterator[h5py.File]:
    address = address_of(place)
    if address is None:
        with h5py.File(regular_file(place, "expected an NWB file"), "r") as file:
            yield file
        return
    try:
        fsspec = import_module("fsspec")
    except ImportError:
        raise UserError(f"{where} needs fsspec: pip install 'lfads[remote]'") from None
    try:
        remote = fsspec.open(address, "rb").open()
    except Exception as error:  # every kind of storage has errors of its own
        raise UserError(
            f"{where} cannot be opened: {reason_of(error)}. Is the address right?"
        ) from error
    with remote, h5py.File(remote, "r") as file:
        yield file


def _recording(content: Any, where: str) -> Recording:
    units = content.units
    trials = {} if content.trials is None else _columns(content.trials, where)
    series = _series_of(content, where)
    times = _RaggedTimes(units, where)
    columns = {} if units is None else _columns(units, where)
    return Recording(
        name=_name(where),
        source=where,
        spike_times_s=times,
        units={**columns, **_places(units, len(times))},
        trials=trials,
        events={
            name: np.asarray(one.times(0, one.num_samples), np.float64)
            for name, one in series.items()
            if one.rate_hz is None and one.num_channels == 1 and one.num_samples <= LARGEST_TABLE
        },
        series=series,
        observed_s=_observed(units),
    )


def _name(where: str) -> str:
    return Path(where).stem.replace("/", "_") or "session"


class _RaggedTimes:
    """Spike times of the units of an NWB file, read one unit at a time and sorted."""

    def __init__(self, units: Any, where: str) -> None:
        self.where = where
        self.ends = np.empty(0, np.int64)
        self.data: Any = np.empty(0)
        if units is None or "spike_times" not in units.colnames:
            return
        index = units["spike_times"]
        self.ends = np.asarray(index.data, np.int64)
        self.data = index.target.data
        if getattr(self.data, "external", None) or getattr(self.data, "is_virtual", False):
            raise UserError(
                f"{where}: its spike times are stored in another file; this is refused. Copy them into "
                "the file"
            )
        sorted_ends = np.all(np.diff(self.ends, prepend=0) >= 0)
        if not sorted_ends or (self.ends.size and self.ends[-1] > len(self.data)):
            raise UserError(f"{where}: the index of the spike times is damaged")

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, unit: int) -> np.ndarray:
        start = self.ends[unit - 1] if unit else 0
        times = np.asarray(self.data[start : self.ends[unit]], np.float64)
        if not np.isfinite(times).all():
            raise UserError(
                f"{self.where}: spike times of unit {unit} must be finite; got NaN or inf"
            )
        return times if np.all(times[1:] >= times[:-1]) else np.sort(times)


def _columns(table: Any, where: str) -> Columns:
    """Columns with one plain value a row."""
    if len(table) > LARGEST_TABLE:
        raise UserError(
            f"{where}: table `{table.name}` says it has {len(table)} rows: is it damaged?"
        )
    found: dict[str, np.ndarray] = {}
    for name in table.colnames:
        column = table[name]
        ragged = hasattr(column, "target")
        if name in NOT_COLUMNS or ragged:
            continue
        data = column.data if hasattr(column, "data") else column
        shape = getattr(data, "shape", (len(data),))
        if len(shape) == 1:
            found[name] = as_column(
                [getattr(x, "name", x) for x in data] if _objects(data) else data[:]
            )
    return found


def _objects(data: Any) -> bool:
    """Whether rows are groups of the file, such as electrode groups, rather than values."""
    return bool(len(data)) and hasattr(data[0], "name") and not isinstance(data[0], np.generic)


def _places(units: Any, num_units: int) -> dict[str, np.ndarray]:
    """`location` of each unit, that of its first electrode, where units have electrodes."""
    if units is None or "electrodes" not in units.colnames or "location" in units.colnames:
        return {}
    try:
        places = []
        for unit in range(num_units):
            rows = units["electrodes"][unit]
            places.append(str(rows["location"].iloc[0]) if len(rows) else "")
        return {"location": np.array(places)}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return {}  # a help only: the file is read without it


def _observed(units: Any) -> tuple[tuple[float, float], ...]:
    """When units were observed, where they say it: any of them."""
    if units is None or "obs_intervals" not in units.colnames or not len(units):
        return ()
    return union_of(units["obs_intervals"].target.data[:])


# --- series --------------------------------------------------------------------------------------


def _series_of(content: Any, where: str) -> dict[str, Series]:
    """Signals of the file by name; where names repeat, those of their containers stand before them."""
    found: list[tuple[list[str], Any]] = []
    for module in content.processing.values():
        for interface in module.data_interfaces.values():
            found += [([module.name, *path], one) for path, one in _time_series(interface)]
    for one in [*content.acquisition.values(), *content.stimulus.values()]:
        found += list(_time_series(one))
    names = [path[-1] for path, _ in found]
    series = {}
    for path, one in found:
        name = path[-1] if names.count(path[-1]) == 1 else "/".join(path)
        made = _series(name, one, where)
        if made is not None:
            series[name] = made
    return series


def _time_series(interface: Any) -> Iterator[tuple[list[str], Any]]:
    """A series, or those of a container, with their path."""
    if hasattr(interface, "data") and hasattr(interface, "timestamps"):
        yield [interface.name], interface
        return
    for attribute in ("time_series", "spatial_series"):
        for one in getattr(interface, attribute, {}).values():
            yield [interface.name, one.name], one


def _series(name: str, one: Any, where: str) -> Series | None:
    """One signal; None for what is no signal of numbers (images, text)."""
    data = one.data
    shape = getattr(data, "shape", None)
    kind = getattr(getattr(data, "dtype", None), "kind", "")
    if shape is None or kind not in "biuf" or len(shape) not in (1, 2) or not shape[0]:
        return None
    channels = 1 if len(shape) == 1 else shape[1]
    if channels > MOST_CHANNELS:
        return None
    scale, offset = float(one.conversion or 1.0), float(getattr(one, "offset", 0.0) or 0.0)

    def values(start: int, stop: int) -> np.ndarray:
        needed = max(0, stop - start) * channels * 8
        if needed > memory_limit_bytes():
            raise UserError(f"{where}: series `{name}` needs {needed / 2**30:.3g} GiB at once")
        part = np.asarray(data[start:stop], np.float64).reshape(-1, channels)
        return part * scale + offset

    rate = None if one.rate is None else float(one.rate)
    if rate is None and one.timestamps is None:
        return None
    stamps, begin = one.timestamps, float(one.starting_time or 0.0)

    def times(start: int, stop: int) -> np.ndarray:
        if rate is None:
            return np.asarray(stamps[start:stop], np.float64)
        return begin + np.arange(start, min(stop, shape[0])) / rate

    return Series(
        name=name, num_samples=int(shape[0]), num_channels=int(channels), times=times,
        values=values, unit=str(one.unit or ""), rate_hz=rate,
    )  # fmt: skip
