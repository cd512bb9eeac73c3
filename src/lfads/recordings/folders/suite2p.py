"""Folders of suite2p: fluorescence of regions of interest, and the events deconvolved from it.

`F.npy`, `Fneu.npy` and `spks.npy` hold a row for each region; `iscell.npy` says which are cells. `ops.npy`
and `stat.npy` hold Python objects and are not opened, so the frame rate must be said.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.headers import mapped
from lfads.guarded.memory import require_memory
from lfads.paths import printable
from lfads.recordings.folders.beside import WHERE, trials_beside
from lfads.recordings.folders.unreadable import others_in
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.series import OF_EVENTS, Series

FLUORESCENCE, NEUROPIL, EVENTS, CELLS = "F.npy", "Fneu.npy", "spks.npy", "iscell.npy"
OF_PYTHON = ("stat.npy", "ops.npy")

NEUROPIL_SHARE = 0.7
"""Of the surround that is taken off the fluorescence."""

BASELINE_S = 60.0
"""Over which the baseline is the highest of the lowest values."""

SMOOTHED_S = 10.0


class _Plane(NamedTuple):
    """Arrays of one plane, `region frame`, and the rows that are cells."""

    folder: Path
    arrays: dict[str, np.ndarray]
    cells: np.ndarray
    num_frames: int


def is_suite2p(names: Sequence[str]) -> bool:
    """Whether files of these names are what suite2p writes of a plane."""
    return FLUORESCENCE in names and (EVENTS in names or CELLS in names)


def planes_within(folder: Path) -> list[Path]:
    """The folder itself if it is of a plane; else the planes in it, or in its `suite2p`."""

    def is_plane(path: Path) -> bool:
        return path.is_dir() and is_suite2p([one.name for one in path.iterdir()])

    try:
        if is_plane(folder):
            return [folder]
        for outer in (folder, folder / "suite2p"):
            found = sorted(path for path in outer.glob("plane*") if is_plane(path))
            if found:
                return found
    except OSError:  # closed to this user
        return []
    return []


def from_suite2p(planes: Sequence[Path], folder: Path, reading: Reading) -> Recording:
    """The recording in one or more planes of a folder; the first frame is at 0 s.

    Planes are scanned one after another, in the order of their numbers, within a frame.

    Series are `events` (`spks.npy`), `fluorescence`, `neuropil` and `dff`: fluorescence less 0.7 of the
    neuropil, about and divided by a running baseline.

    Raises
    ------
    UserError
        If the frame rate was not said, or files are damaged or do not fit together.
    """
    where = printable(folder)
    rate = reading.sampling_rate_hz
    if rate is None:
        raise UserError(
            f"{where}: a folder of suite2p; its frame rate stands in `ops.npy`, which holds Python objects "
            "and is not opened: give `sampling_rate_hz=30`, or whatever it was, for each plane"
        )
    found = [_plane(folder) for folder in planes]
    num_frames = min(plane.num_frames for plane in found)
    labels = tuple(
        f"{plane.folder.name}/{row}" if len(found) > 1 else str(row)
        for plane in found
        for row in plane.cells
    )
    delays_s = _delays_s(found, rate)
    series = [
        _series(name, file, found, num_frames, rate, labels, delays_s)
        for name, file in (
            ("events", EVENTS),
            ("fluorescence", FLUORESCENCE),
            ("neuropil", NEUROPIL),
        )
        if all(file in plane.arrays for plane in found)
    ]
    by_name = {one.name: one for one in series}
    by_name["dff"] = _relative(by_name["fluorescence"], by_name.get("neuropil"), rate)
    trials = trials_beside(folder, reading)
    used = [FLUORESCENCE, NEUROPIL, EVENTS, CELLS, *OF_PYTHON, *trials.files]
    regions = sum(len(plane.arrays[FLUORESCENCE]) for plane in found)
    usual = "events" if "events" in by_name else "dff"
    return Recording(
        name=printable(folder.name) or "session",
        source=where,
        spike_times_s=(),
        trials=trials.columns,
        where_trials=WHERE,
        trial_seconds=1 / reading.per_second_of_trials,
        series=by_name,
        usual_signals=(usual,),
        is_in_seconds=True,
        read_as=f"output of suite2p: {many(len(found), 'plane')}{'' if delays_s is None else ' in turn'}, "
        f"{num_frames:,} frames at {rate:g} Hz, "
        f"{many(len(labels), 'cell')} of {many(regions, 'region')} (`{CELLS}`)",
        left_out=(
            *trials.left_out,
            *(others_in(planes[0], used, "files of suite2p that no trial is cut from")
              if len(planes) == 1 else ()),
        ),
    )  # fmt: skip


def _plane(folder: Path) -> _Plane:
    """The arrays of one plane."""
    where = printable(folder)
    there = {path.name for path in folder.iterdir()}
    arrays = {
        name: mapped(folder / name) for name in (FLUORESCENCE, NEUROPIL, EVENTS) if name in there
    }
    shape = arrays[FLUORESCENCE].shape
    for name, array in arrays.items():
        if array.ndim != 2 or array.shape != shape or array.dtype.kind not in "iuf":
            raise UserError(
                f"{where}: `{name}` must hold numbers, one row for each region and as many as "
                f"`{FLUORESCENCE}`, {shape}; got {array.dtype} {array.shape}"
            )
    cells = np.arange(shape[0])
    if CELLS in there:
        judged = np.asarray(mapped(folder / CELLS))
        if judged.dtype.kind not in "biuf" or judged.shape[:1] != shape[:1]:
            raise UserError(
                f"{where}: `{CELLS}` must have a row for each of {many(shape[0], 'region')}; got "
                f"{judged.dtype} {judged.shape}"
            )
        cells = np.flatnonzero(judged.reshape(len(judged), -1)[:, 0] > 0.5)
    if not cells.size:
        raise UserError(f"{where}: `{CELLS}` says that no region is a cell: curate them in suite2p")
    return _Plane(folder, arrays, cells, shape[1])


def _delays_s(planes: Sequence[_Plane], rate: float) -> np.ndarray | None:
    """By how much later than the first plane each cell is sampled; None where all are at once."""
    numbers = [plane.folder.name.removeprefix("plane") for plane in planes]
    if len(planes) == 1 or not all(number.isdecimal() for number in numbers):
        return None
    turns = np.array([int(number) for number in numbers])
    return np.repeat(turns / (turns.max() + 1) / rate, [len(plane.cells) for plane in planes])


def _series(
    name: str, file: str, planes: Sequence[_Plane], num_frames: int, rate: float,
    labels: tuple[str, ...], delays_s: np.ndarray | None,
) -> Series:  # fmt: skip
    """Rows of cells as channels."""

    def values(start: int, stop: int) -> np.ndarray:
        stop = min(stop, num_frames)
        require_memory(
            16.0 * max(0, stop - start) * len(labels),
            f"series `{name}`, {stop - start:,} frames of it at once,",
            "choose shorter trials",
        )
        parts = [plane.arrays[file][plane.cells, start:stop] for plane in planes]
        return np.concatenate(parts).T.astype(np.float64)

    return Series(
        name=name, num_samples=num_frames, num_channels=len(labels), labels=labels, values=values,
        times=lambda start, stop: np.arange(start, min(stop, num_frames)) / rate, rate_hz=rate,
        unit=OF_EVENTS if file == EVENTS else "", delays_s=delays_s,
    )  # fmt: skip


def _relative(fluorescence: Series, neuropil: Series | None, rate: float) -> Series:
    """dF/F of the whole recording, made when it is first asked for."""

    @cache
    def traces() -> np.ndarray:
        from scipy.ndimage import gaussian_filter1d, maximum_filter1d, minimum_filter1d

        whole = fluorescence.num_samples
        raw = fluorescence.values(0, whole)
        found = raw if neuropil is None else raw - NEUROPIL_SHARE * neuropil.values(0, whole)
        width = max(1, round(BASELINE_S * rate))

        def baseline(of: np.ndarray) -> np.ndarray:
            smooth = gaussian_filter1d(of, SMOOTHED_S * rate, axis=0)
            return maximum_filter1d(minimum_filter1d(smooth, width, axis=0), width, axis=0)

        least = np.maximum(np.abs(np.median(raw, axis=0)) * 1e-3, 1e-9)
        return (found - baseline(found)) / np.maximum(baseline(raw), least)

    def part(start: int, stop: int) -> np.ndarray:
        return traces()[start:stop]

    return replace(fluorescence, name="dff", values=part, unit="dF/F")
