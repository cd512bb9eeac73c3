"""Recordings from NWB files (Neurodata Without Borders), on this machine or at an address.

Read by pynwb, and by HDF5 alone where pynwb refuses a file as a whole. Tables are loaded; spike times and
series stay in the file until they are asked for.
"""

import contextlib
import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py

from lfads.checks import UserError
from lfads.files import PathLike, address_of
from lfads.guarded.links import lies_inside, what_lies_outside
from lfads.guarded.messages import RAISED, one_message, why_in_use
from lfads.guarded.sound import opened
from lfads.paths import printable, regular_file
from lfads.recordings.nwb.contents import Contents, by_name
from lfads.recordings.nwb.events import events_of
from lfads.recordings.nwb.intervals import tables_of
from lfads.recordings.nwb.older import refuse_version_1
from lfads.recordings.nwb.series import series_of
from lfads.recordings.nwb.stored import arrays_apart, contents_as_stored, ids_of_parts
from lfads.recordings.nwb.through_pynwb import about_refusal, contents_of
from lfads.recordings.nwb.unit_tables import unit_columns, units_of
from lfads.recordings.nwb.units import RaggedTimes, observed_of_units
from lfads.recordings.nwb.validity import invalid_of
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Recording, union_of
from lfads.storage.stores import opened_for_reading

OF_REGIONS = "RoiResponseSeries"
"""The kind of signals that regions of interest have: fluorescence, dF/F, or events."""

WHAT_TO_DO = (
    "this is refused. Copy the values into the file: `pynwb.NWBHDF5IO.export` with "
    "`write_args={'link_data': False}`"
)


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
    _pynwb()  # said before anything is fetched
    where = known_as or address_of(place) or printable(place)
    advice = "`nwbinspector` says what is wrong with an NWB file"
    with contextlib.ExitStack() as stack:
        # pynwb and hdmf raise what they meet.
        with one_message(where, "NWB", (Exception,), advice), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pynwb warns of schema versions, cached ones too
            file = stack.enter_context(_opened_hdf5(place, where))
            refuse_what_lies_outside(file, where)
            refuse_version_1(file, where)
            contents = _contents(file, stack)
            recording = _recording(contents, where, reading or Reading())
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
    if said := what_lies_outside(file):
        raise UserError(f"{where}: {said}; {WHAT_TO_DO}")


def is_nwb(place: PathLike) -> bool:
    """Whether a file says that it is NWB; of an address, its name decides."""
    if address_of(place):
        return os.fspath(place).endswith(".nwb")
    if not Path(place).is_file():  # a pipe would be waited for
        return False
    try:
        with opened(Path(place)) as file:
            return "nwb_version" in file.attrs or lies_inside(file, "nwb_version")  # version 1
    except RAISED as error:  # of damaged files; the reader of what it is says what is wrong
        if said := why_in_use(error):
            raise UserError(f"{printable(place)}: {said}") from error
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
        with opened(regular_file(place, "expected an NWB file")) as file:
            yield file
        return
    with opened_for_reading(address, where) as remote, h5py.File(remote, "r") as file:
        yield file


def _contents(file: h5py.File, stack: contextlib.ExitStack) -> Contents:
    """What pynwb reads of a file; what HDF5 stores where pynwb refuses it, or leaves something out."""
    remarks: list[str] = []
    found: Contents | None = None
    try:
        reader = stack.enter_context(_pynwb().NWBHDF5IO(file=file, mode="r", load_namespaces=True))
        content = reader.read()
        if ids_of_parts(file) <= content.objects.keys():
            found = contents_of(content)
    except Exception as error:  # pynwb and hdmf raise what they meet
        if "nwb_version" not in file.attrs:
            raise
        remarks = [f"pynwb refuses the file ({about_refusal(error)}), which is read without it"]
    found = contents_as_stored(file) if found is None else found
    return replace(found, left_out=[*found.left_out, *arrays_apart(file)], remarks=remarks)


def _recording(contents: Contents, where: str, reading: Reading) -> Recording:
    units = units_of(contents, where, reading.units_table)
    signals = by_name(contents.signals)
    tables = tables_of(contents, signals, where, reading.trials_table)
    per_second = reading.per_second_of_trials
    series, no_series = series_of(signals, where, lambda times: in_seconds(times, per_second))
    regions = [name for name, one in signals.items() if one.kind == OF_REGIONS and name in series]
    events = events_of(contents, tables.by_name, signals, series, reading)
    times = RaggedTimes(units.table, where, reading.seconds)
    columns, no_columns = ({}, []) if units.table is None else unit_columns(units.table, where)
    observed = observed_of_units(units.table, where, reading.seconds)
    invalid = invalid_of(contents.invalid_times, where, per_second)
    return Recording(
        name=Path(where).stem or "session",
        source=where,
        spike_times_s=times,
        units=columns,
        trials={} if tables.trials is None else tables.by_name[tables.trials],
        events=events.times,
        series=series,
        usual_signals=regions if len(regions) == 1 else (),
        observed_s=union_of([interval for intervals in set(observed) for interval in intervals]),
        units_observed_s=observed,
        invalid_s=invalid.stretches_s,
        invalid_reasons=invalid.reasons,
        tables=tables.by_name,
        unit_tables=units.others,
        trial_seconds=1 / per_second,
        remarks=[*contents.remarks, *units.remarks, *tables.remarks],
        left_out=[
            *contents.left_out, *units.left_out, *no_series, *events.left_out, *tables.left_out,
            *no_columns, *times.left_out, *invalid.left_out,
        ],
    )  # fmt: skip
