"""Results written into a copy of the recording that they were inferred from, on its clock.

The module of processing `ecephys` gets a `TimeSeries` for each variable that runs over time, such as
`lfads_rates`, with the centres of bins as its times; a table of the units that columns of rates are of;
and one of the trials, whose description tells that this wrote it. Trials leave gaps between them; where
one begins before the one before has ended, the earlier one ends there. Windows of a continuous recording
are merged (`lfads.merge`).
"""

import contextlib
import shutil
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from lfads.checks import UserError, many
from lfads.data.dataset import Dataset
from lfads.data.places import are_windows
from lfads.guarded.links import held
from lfads.guarded.messages import RAISED, one_message
from lfads.paths import printable, regular_file
from lfads.recordings.choices import OF_RECORDING, Choices
from lfads.recordings.nwb.added import MARK, MODULE, TRIALS, VARIABLES, OnClock, add_results
from lfads.recordings.nwb.file import is_nwb, opened_nwb, refuse_what_lies_outside
from lfads.recordings.prepare import prepare_alike
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.trials import chosen_trials
from lfads.windows.merge import merge


class NWB:
    """A copy of the recording's NWB file with the results in it, on the recording's clock (`--source`)."""

    suffixes = (".nwb",)
    by_name_alone = True

    def __init__(self, source: Path | str, dataset: Dataset) -> None:
        self.source, self.dataset = Path(source), dataset

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the copy; the source is only read.

        Raises
        ------
        UserError
            If the data were not cut from the source, or it leads out of itself.
        """
        if len(sessions) != 1:
            raise UserError(f"an NWB file is of one session; the results are of {len(sessions)}")
        session = next(iter(sessions.values()))
        where = printable(regular_file(self.source, "expected the NWB file of the recording"))
        if not is_nwb(self.source):
            raise UserError(f"{where}: is no NWB file: results are written into a copy of one")
        with h5py.File(self.source, "r") as file:
            refuse_what_lies_outside(file, where)
            if held(file, f"processing/{MODULE}/{TRIALS}") is not None:
                raise UserError(
                    f"{where}: has results already (`{TRIALS}`): give the recording itself, without them"
                )
            _warn_of_videos(file, where, path)
        rows = _on_clock(session, self.dataset, self.source)
        shutil.copyfile(self.source, path)
        with one_message(where, "NWB", (Exception,), "`nwbinspector` says what is wrong with it"):
            add_results(path, rows, session, self.dataset)

    def is_own(self, path: Path) -> bool:
        """Whether the file has results that this wrote."""
        try:
            with h5py.File(path, "r") as file:
                table = held(file, f"processing/{MODULE}/{TRIALS}")
                said = "" if table is None else table.attrs.get("description", "")
        except RAISED:
            return False
        return isinstance(said, str) and said.startswith(MARK)


def _on_clock(session: xr.Dataset, dataset: Dataset, source: Path) -> OnClock:
    """Results on the clock of the recording; a UserError where the data were not cut from it."""
    half = dataset.bin_width_s / 2
    with _recording(dataset, source) as recording:
        rows, starts_s = _starts(recording, dataset, source)
        if are_windows(session.coords):
            merged = merge(session)
            known = np.isfinite(merged["rates"].values).any(axis=1)
            found = merged.isel(time=np.flatnonzero(known))
            variables = {name: found[name].variable for name in _names(found)}
            return OnClock(found["time"].values + half, variables, None)
    zero = dict(zip(rows.tolist(), starts_s.tolist(), strict=True))
    return _trials_in_a_row(session, zero, dataset.bin_width_s)


def _trials_in_a_row(session: xr.Dataset, starts_s: Mapping[int, float], width_s: float) -> OnClock:
    """Bins of all trials in order of time, each within its trial and none behind the start of the next."""
    index = session["trial_index"].values
    first = int(session.attrs.get("first_bin", 0))
    start = np.array([starts_s[int(one)] for one in index]) + first * width_s
    length = session["trial_length"].values - first
    order = np.argsort(start, kind="stable")
    following = np.append(start[order][1:], np.inf)
    room = np.floor((following - start[order]) / width_s + 1e-6)
    bins = np.minimum(length[order], room).astype(int)
    cut = int((bins < length[order]).sum())
    if cut:
        warnings.warn(
            f"{cut} of {many(len(order), 'trial')} reach beyond the start of the next: in the copy they "
            "end there",
            UserWarning,
            stacklevel=2,
        )
    rows = np.repeat(order, bins)
    columns = np.concatenate([np.arange(number) for number in bins])
    variables = {
        name: xr.Variable(
            ("time", *session[name].dims[2:]),
            session[name].values[rows, columns],
            session[name].attrs,
        )
        for name in _names(session)
    }
    return OnClock(start[rows] + (columns + 0.5) * width_s, variables, index[rows])


def _names(session: xr.Dataset) -> list[str]:
    both = [f"{name}{suffix}" for name in VARIABLES for suffix in ("", "_std")]
    return [name for name in both if name in session]


@contextlib.contextmanager
def _recording(dataset: Dataset, source: Path) -> Iterator[Recording]:
    if not dataset.prepared:
        raise UserError(
            f"{dataset.source}: does not say how its trials were cut from a recording: `lfads.prepare` "
            "keeps that in the file that it writes"
        )
    reading = Reading(**dataset.prepared.get("reading", {}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said when the trials were cut
        with opened_nwb(source, reading) as recording:
            yield recording


def _starts(recording: Recording, dataset: Dataset, source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the trials, and when the first bin of each starts on the clock of the recording.

    The trials are cut again, so that another recording is refused.
    """
    session, where = dataset.session, printable(source)
    again = prepare_alike(recording, dataset.prepared)
    place = {int(row): number for number, row in enumerate(again.session.trial_index)}
    rows = [place.get(int(row), -1) for row in session.trial_index]
    if min(rows, default=-1) < 0 or not np.array_equal(again.session.values[rows], session.values):
        raise UserError(
            f"{where}: trials that are cut from it are not those of {dataset.source}: give the "
            "recording that they were cut from"
        )
    remembered = {k: v for k, v in dataset.prepared.items() if k not in OF_RECORDING}
    if remembered.get("chop_s") is not None:
        return np.empty(0, np.int64), np.empty(0)
    window = remembered.get("window_s")
    choices = Choices(**{**remembered, "window_s": None if window is None else tuple(window)})
    chosen, _, bins = chosen_trials(recording, choices)
    return chosen, bins.starts_s


def _warn_of_videos(file: h5py.File, where: str, path: Path) -> None:
    """Say that files which are named by where they lie from the source are not found from elsewhere."""
    named: list[str] = []

    def look(name: str, item: Any) -> None:
        if name.rpartition("/")[2] == "external_file" and isinstance(item, h5py.Dataset):
            named.append(name.removesuffix("/external_file"))

    file.visititems(look)
    if named and Path(where).resolve().parent != path.resolve().parent:
        warnings.warn(
            f"{where}: `{named[0]}` names files that lie beside the recording; the copy, in another "
            "folder, names the same ones, which are looked for beside it",
            UserWarning,
            stacklevel=3,
        )
