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

from lfads.checks import UserError
from lfads.files import PathLike, address_of
from lfads.formats.guarded import Budget, one_message
from lfads.paths import printable, regular_file
from lfads.recordings.nwb_series import series_of
from lfads.recordings.nwb_units import (
    LARGEST_TABLE,
    RaggedTimes,
    first_electrodes,
    observed_of_units,
)
from lfads.recordings.nwb_validity import invalid_of
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Columns, Recording, as_column, union_of, with_names
from lfads.recordings.series import Series
from lfads.storage import opened_for_reading

WHAT_TO_DO = (
    "this is refused. Copy the values into the file: `pynwb.NWBHDF5IO.export` with "
    "`write_args={'link_data': False}`"
)

NOT_COLUMNS = {"spike_times", "obs_intervals", "electrodes", "timeseries", "group"}


@contextlib.contextmanager
def opened_nwb(
    place: PathLike, reading: Reading | None = None, known_as: str | None = None
) -> Iterator[Recording]:
    """The recording in an NWB file; arrays can be read as long as the block lasts.

    Parameters
    ----------
    place
        Path of the file, or its address (`https://`, `s3://`), which needs `lfads[remote]`.
    reading
        How it is to be read.
    known_as
        What users call the file; its place by default.

    Raises
    ------
    UserError
        If pynwb is not installed, or the file is missing, damaged, or no NWB file.
    """
    pynwb = _pynwb()
    where = known_as or address_of(place) or printable(place)
    advice = "`nwbinspector` says what is wrong with an NWB file"
    with contextlib.ExitStack() as stack:
        # pynwb and hdmf raise what they meet.
        with one_message(where, "NWB", (Exception,), advice), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pynwb warns of schema versions, cached ones too
            file = stack.enter_context(_opened_hdf5(place, where))
            refuse_what_lies_outside(file, where)
            reader = stack.enter_context(pynwb.NWBHDF5IO(file=file, mode="r", load_namespaces=True))
            recording = _recording(reader.read(), where, reading or Reading())
        yield recording


def refuse_what_lies_outside(file: h5py.File, where: str) -> None:
    """A UserError that names the first link out of a file, or array that is stored in another one.

    A file of a stranger may name any file of yours. Images and videos that an `ImageSeries` names as text
    are not opened by anyone here, and do no harm.

    Parameters
    ----------
    file
        Open, not yet read by pynwb, which follows links.
    where
        The file, for messages.
    """
    # What a visitor returns ends the visit; an error would be lost in the HDF5 library.
    said = file.visititems_links(_about_link) or file.visititems(_about_array)  # follow no link
    if said:
        raise UserError(f"{where}: {said}; {WHAT_TO_DO}")


def _about_link(name: str, link: Any) -> str | None:
    if isinstance(link, h5py.ExternalLink):
        return f"`/{name}` is a link to another file, {printable(link.filename)!r}"
    return None


def _about_array(name: str, item: Any) -> str | None:
    if isinstance(item, h5py.Dataset) and (item.is_virtual or item.external):
        return f"`/{name}` is stored in another file"
    return None


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
    with opened_for_reading(address, where) as remote, h5py.File(remote, "r") as file:
        yield file


def _recording(content: Any, where: str, reading: Reading) -> Recording:
    units = content.units
    trials = {} if content.trials is None else _columns(content.trials, where)
    series = series_of(content, where)
    times = RaggedTimes(units, where, reading.seconds)
    columns = {} if units is None else _unit_columns(units, where)
    if units is not None and len(times) not in (0, len(units)):
        raise UserError(
            f"{where}: has spike times of {len(times)} units, where its table has {len(units)}: is it "
            "damaged?"
        )
    observed = observed_of_units(units, where)
    invalid = invalid_of(content, where, reading.per_second_of_trials)
    return Recording(
        name=Path(where).stem or "session",
        source=where,
        spike_times_s=times,
        units=columns,
        trials=trials,
        events={
            name: in_seconds(one.times(0, one.num_samples), reading.per_second_of_trials)
            for name, one in series.items()
            if _is_event(one)
        },
        series=series,
        observed_s=union_of([interval for intervals in set(observed) for interval in intervals]),
        units_observed_s=observed,
        invalid_s=invalid.stretches_s,
        invalid_reasons=invalid.reasons,
        left_out=invalid.left_out,
        trial_seconds=1 / reading.per_second_of_trials,
    )


def _is_event(one: Series) -> bool:
    """Whether the times of a signal may be what it is about."""
    small = one.num_samples <= LARGEST_TABLE and one.num_channels == 1
    return one.rate_hz is None and small and not one.problem


def _columns(table: Any, where: str) -> Columns:
    """Columns with one plain value a row."""
    if len(table) > LARGEST_TABLE:
        raise UserError(
            f"{where}: table `{table.name}` says it has {len(table)} rows: is it damaged?"
        )
    found: dict[str, np.ndarray] = {}
    budget = Budget(where, "is the table damaged? Else leave out columns that are not needed")
    for name in table.colnames:
        column = table[name]
        ragged = hasattr(column, "target")
        if name in NOT_COLUMNS or ragged:
            continue
        data = column.data if hasattr(column, "data") else column
        shape = getattr(data, "shape", (len(data),))
        if len(shape) == 1:
            if shape[0] != len(table):
                raise UserError(
                    f"{where}: column `{name}` of table `{table.name}` has {shape[0]} rows, the table "
                    f"{len(table)}: is the file damaged?"
                )
            size = getattr(getattr(data, "dtype", None), "itemsize", 8)
            budget.spend(2 * shape[0] * size, f"{table.name}/{name}", shape)
            found[name] = as_column(
                [getattr(x, "name", x) for x in data] if _objects(data) else data[:]
            )
    return found


def _objects(data: Any) -> bool:
    """Whether rows are groups of the file, such as electrode groups, rather than values."""
    return bool(len(data)) and hasattr(data[0], "name") and not isinstance(data[0], np.generic)


def _unit_columns(units: Any, where: str) -> Columns:
    """Columns of the units, and those of the first electrode of each that units do not have themselves."""
    found = {"id": np.asarray(units.id[:]), **_columns(units, where)}
    rows, electrodes = first_electrodes(units, where)
    if electrodes is not None:
        for name, column in _columns(electrodes, where).items():
            found.setdefault(name, _of_rows(column, rows))
    return with_names(found)


def _of_rows(column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values of rows; NaN or no text for row -1."""
    values = column[rows]
    if (rows < 0).any():
        values = values.astype(np.float64) if column.dtype.kind in "biuf" else values
        values[rows < 0] = np.nan if column.dtype.kind in "biuf" else ""
    return values
