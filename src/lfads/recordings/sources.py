"""Recordings in files and folders of every kind, behind one door."""

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lfads.checks import UserError, first_of
from lfads.files import PathLike, address_of
from lfads.formats.matlab.file import is_matlab
from lfads.paths import printable, regular_file
from lfads.recordings.archives.file import from_archive, is_archive
from lfads.recordings.folders.sorters import about_array, from_folder, is_of_sorter
from lfads.recordings.layouts import chosen_layout
from lfads.recordings.matlab.file import holds_times, opened_matlab
from lfads.recordings.nwb.dandi import address_on_dandi, asset_of, is_on_dandi
from lfads.recordings.nwb.file import is_nwb, opened_nwb
from lfads.recordings.reading import Reading, TimeUnit
from lfads.recordings.recording import Recording
from lfads.recordings.temporaldata import is_temporaldata, opened_temporaldata
from lfads.recordings.variables import EXPECTED

NWB, TEMPORALDATA = "nwb", "temporaldata"
"""The only layout of some sources."""

MOST_NAMED = 8
"""Things that are not used, in the one warning of them; `lfads show` lists all."""


@contextlib.contextmanager
def open_recording(
    place: PathLike,
    *,
    layout: str | None = None,
    trials_table: str | None = None,
    units_table: str | None = None,
    time_unit: TimeUnit | None = None,
    trial_time_unit: TimeUnit | None = None,
    sampling_rate_hz: float | None = None,
) -> Iterator[Recording]:
    """The recording in a file or folder; its arrays can be read as long as the block lasts.

    What was taken without being said, and what the source holds and is not used, is named in a warning.

    Parameters
    ----------
    place
        NWB (also at an address, or on DANDI: `dandi:000128/sub-…/….nwb`), MATLAB of any version, `.npz`, or
        the folder of a sorter.
    layout
        Which of several layouts that suit is meant, by the name that messages give.
    trials_table, units_table
        Which table of intervals holds the trials, which table holds the units, where there are several.
    time_unit
        The unit of spike times: `s`, `ms`, `us` or `samples`. Without it they are taken as seconds, and
        refused where they can hardly be that.
    trial_time_unit
        The unit of times of trials and events, where it differs from that of the spikes.
    sampling_rate_hz
        Samples per second, for times in samples and for rasters.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind, or holds no such table.

    Examples
    --------
    >>> np.savez(folder / "session.npz", spike_times=[0.1, 0.4, 0.2], unit=[0, 0, 1])
    >>> with lfads.open_recording(folder / "session.npz") as recording:
    ...     recording.num_units, recording.spike_times_s[0].tolist()
    (2, [0.1, 0.4])
    """
    reading = Reading(
        layout=layout, trials_table=trials_table, units_table=units_table, time_unit=time_unit,
        trial_time_unit=trial_time_unit, sampling_rate_hz=sampling_rate_hz,
    )  # fmt: skip
    with opened_recording(place, reading) as recording:
        warn_of_left_out(recording, stacklevel=4)
        yield recording


def warn_of_left_out(recording: Recording, *, stacklevel: int = 3) -> None:
    """Warn of what was taken without being said, and of what the source holds and is not used."""
    if recording.remarks:
        warnings.warn(
            f"{recording.source}: {'; '.join(recording.remarks)}",
            UserWarning,
            stacklevel=stacklevel,
        )
    if recording.left_out:
        warnings.warn(
            f"{recording.source}: not used: {first_of(recording.left_out, MOST_NAMED)}",
            UserWarning,
            stacklevel=stacklevel,
        )


@contextlib.contextmanager
def opened_recording(place: PathLike, reading: Reading) -> Iterator[Recording]:
    """`open_recording` without a word on what is not used, which `Recording.left_out` has."""
    with _opened(place, reading) as recording:
        yield replace(
            recording,
            reading=reading.said,
            is_in_seconds=recording.is_in_seconds or reading.time_unit is not None,
        )


@contextlib.contextmanager
def _opened(place: PathLike, reading: Reading) -> Iterator[Recording]:
    if is_on_dandi(place):
        asset = asset_of(place)
        with opened_nwb(address_on_dandi(asset), reading, known_as=str(asset)) as recording:
            yield recording
        return
    if address_of(place) or is_nwb(place):
        chosen_layout(address_of(place) or printable(place), [NWB], [NWB], reading)
        with opened_nwb(place, reading) as recording:
            yield recording
        return
    if Path(place).is_dir():
        yield from_folder(Path(place), reading)
        return
    path = regular_file(place, EXPECTED)
    if is_matlab(path):
        yield opened_matlab(path, reading)
    elif path.suffix == ".npz":
        yield from_archive(path, reading)
    elif path.suffix == ".npy":
        raise UserError(f"{printable(path)}: {about_array(path)}")
    elif is_temporaldata(path):
        chosen_layout(printable(path), [TEMPORALDATA], [TEMPORALDATA], reading)
        with opened_temporaldata(path, reading) as recording:
            yield recording
    elif path.suffix == ".nwb":
        with opened_nwb(path, reading) as recording:  # which says what is wrong with it
            yield recording
    else:
        raise UserError(f"{printable(path)}: is no recording; {EXPECTED}")


def is_recording(path: Path) -> bool:
    """Whether `lfads show` lists what can be chosen of a file."""
    if is_on_dandi(path):
        return True
    if address_of(path) or is_nwb(path):
        return is_nwb(path)
    if is_matlab(path):
        return holds_times(path)
    path = Path(path)
    if path.is_dir():
        return is_of_sorter(path)
    if not path.is_file():  # a pipe would be waited for
        return False
    return is_archive(path) if path.suffix == ".npz" else is_temporaldata(path)
