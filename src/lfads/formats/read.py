"""Opens data files of every layout: one door, `read`, for the library and the command line."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import Problems, UserError
from lfads.data.dataset import Dataset
from lfads.data.session import STORED, Session
from lfads.data.validation import check_bin_width, check_start
from lfads.files import address_of
from lfads.formats.contents import FileContents, as_text
from lfads.formats.guarded import GuardedGroup, opened_hdf5
from lfads.formats.hdf5 import FORMAT, read_lfads_hdf5
from lfads.formats.inferred.lfads_torch import is_of_output
from lfads.formats.inferred.opened import results_in
from lfads.formats.layouts import READ_INS, read_lfads_torch, read_tensorflow
from lfads.formats.matlab.file import is_matlab
from lfads.formats.matlab.trials import read_mat
from lfads.formats.nlb import read_nlb
from lfads.formats.npz import read_npy, read_npz
from lfads.formats.others import about_folder_of_sorter, about_nwb_1, hdf5_of, recording_by
from lfads.formats.unread import shape_of_values, warn_of_unread
from lfads.guarded.messages import quoted
from lfads.paths import printable, regular_file

PathLike = str | os.PathLike[str]

EXPECTED = (
    "expected HDF5 written by `lfads`, or HDF5 with `train_encod_data` (lfads-torch), `train_data` "
    "(TensorFlow LFADS) or `train_spikes_heldin` (NLB'21), or .npz or .mat with `spikes` or `signals`, or "
    ".npy of counts"
)
MAKE_ONE = (
    f"{EXPECTED}. From other files, make an array of counts (trial, time, neuron) and save it with "
    "`np.savez('data.npz', spikes=counts, bin_width_s=0.01)`, see docs/data.md"
)


def read(
    paths: PathLike | Sequence[PathLike],
    *,
    bin_width_s: float | None = None,
    default_bin_width_s: float | None = None,
    for_inference: bool = False,
) -> Dataset:
    """Open a data file, or several as several sessions.

    Parameters
    ----------
    paths
        HDF5 of this library, of lfads-torch, TensorFlow LFADS or NLB'21; `.npz`; `.npy`; `.mat`.
    bin_width_s
        Width of a bin in seconds, for files that do not say it; a UserError if one says another.
    default_bin_width_s
        The same without a claim on files that say their width, such as the width of a run.
    for_inference
        Accept data without training trials.

    Raises
    ------
    UserError
        If a file is missing, damaged or of another kind, or its arrays are not as they should be.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> counts = np.random.default_rng(0).poisson(1.0, (20, 50, 8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/data.npz", spikes=counts, bin_width_s=0.01)
    ...     read(f"{folder}/data.npz")
    Dataset(Session('data': 20 trials, 50 bins, 8 neurons); 10 ms bins)
    """
    several = listed_paths(paths)
    if not several:
        raise UserError("expected at least one data file; got none")
    contents = [read_contents(path) for path in several]
    for found in contents if not for_inference else ():
        found.require_training_trials()
    widths = {printable(c.path): _bin_width(c, bin_width_s, default_bin_width_s) for c in contents}
    _agree(widths, "bin_width_s")
    _agree({printable(c.path): float(c.num_forward_bins) for c in contents}, "num_forward_bins")
    _agree({printable(c.path): c.start_s for c in contents}, "start_s")
    for what in ("unit", "observation"):
        _same({printable(c.path): getattr(c, what) for c in contents}, what)
    where, paths = printable(contents[0].path), tuple(os.fspath(c.path) for c in contents)
    width = widths[where]
    sessions = [s for c in contents for s in c.checked(width, for_inference=for_inference)]
    _refuse_same_names(contents, sessions)
    _same({s.name: STORED[s.kind] for s in sessions}, "kind of values")
    return Dataset(
        sessions=tuple(sessions),
        bin_width_s=width,
        num_forward_bins=contents[0].num_forward_bins,
        start_s=contents[0].start_s,
        unit=contents[0].unit,
        observation=contents[0].observation,
        source=", ".join(widths),
        files=paths if len(paths) > 1 or where not in paths else (),
        prepared=contents[0].prepared if len(contents) == 1 else {},
    )


def listed_paths(paths: Any) -> list[Any]:
    """One path or several as a list; a UserError for anything else."""
    if isinstance(paths, str | os.PathLike):
        return [paths]
    if isinstance(paths, bytes) or not isinstance(paths, Iterable):
        raise UserError(f"expected the path of a data file, or a list of paths; got {paths!r}")
    return list(paths)


def read_contents(path: PathLike) -> FileContents:
    """What a file holds, before its arrays are checked and its bin width is known.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind.
    """
    if isinstance(path, str | os.PathLike) and (said := _about_folder(path)):
        raise UserError(f"{printable(path)}: {said}")
    contents = _contents(regular_file(path, EXPECTED, missing=_missing(path)))
    problems = Problems(printable(contents.path))
    if contents.bin_width_s is not None:
        check_bin_width(contents.bin_width_s, problems)
    check_start(contents.start_s, problems)
    problems.raise_if_any()
    return contents


def _about_folder(path: PathLike) -> str:
    """What to say of a folder from which trials are yet to be cut; else empty."""
    try:
        return about_folder_of_sorter(Path(path)) if Path(path).is_dir() else ""
    except (OSError, ValueError):  # no path at all, or closed: said elsewhere
        return ""


def _missing(path: Any) -> str:
    """What to say where no file lies: recordings can be read where they are kept, data files cannot."""
    name = str(path) if isinstance(path, str | os.PathLike) else ""
    on_dandi = name[:6].lower() == "dandi:"
    address = name if on_dandi else address_of(name)
    if address is None:
        return "there is no such file"
    return (
        "is no path of this machine: of a recording at an address, cut trials with `lfads prepare "
        f"{address}`, and give the file that this writes"
    )


def _contents(path: Path) -> FileContents:
    where = printable(path)
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise UserError(f"{where}: cannot be opened: {error.strerror}") from error
    if is_matlab(path):
        return read_mat(path)
    if start.startswith(b"PK"):
        return read_npz(path)
    if start.startswith(b"\x93NUMPY"):
        return read_npy(path)
    if start.startswith(b"\x89HDF") or h5py.is_hdf5(path):
        with opened_hdf5(path) as root:
            return _read_hdf5(root, path)
    if said := recording_by(start, path):
        raise UserError(f"{where}: is {said}")
    raise UserError(f"{where}: is {_kind(start)}; {MAKE_ONE}")


def _read_hdf5(root: GuardedGroup, path: Path) -> FileContents:
    where, form = printable(path), root.attribute("format")
    if isinstance(form, str) and form == FORMAT:
        return read_lfads_hdf5(root, path)
    if isinstance(form, str) and form == "lfads posterior":
        raise UserError(f"{where}: is a posterior written by `lfads infer`, not data; {EXPECTED}")
    names = root.names()
    for first, others, reader in (
        ("train_encod_data", ("valid_encod_data", "test_encod_data"), read_lfads_torch),
        ("train_spikes_heldin", ("eval_spikes_heldin",), read_nlb),
        ("train_data", ("valid_data", "test_data"), read_tensorflow),
    ):
        if first in names or set(others) & set(names):
            contents = reader(root, path)
            unread = root.unread().items()
            of_training = {name for names in READ_INS for name in names}  # read there, if asked for
            unread = {k: v for k, v in unread if not is_of_output(k) and k not in of_training}
            values = shape_of_values(contents.sessions[0].arrays)
            warn_of_unread(printable(path), unread, unread, values)
            lacks = "" if first in names else f"`{first}` is missing; the file has {quoted(names)}"
            return replace(contents, lacks=lacks)
    version = root.attribute("nwb_version")
    if version is None and "nwb_version" in names:
        version = as_text(root.array("nwb_version"), "nwb_version", path)
    if said := about_nwb_1(version):
        raise UserError(f"{where}: {said}")
    if version is not None:
        raise UserError(
            f"{where}: is an NWB file, a recording of which trials must be cut first: `lfads show {where}` "
            "prints what can be chosen, `lfads.prepare` makes trials of counts"
        )
    if tool := results_in(names):
        raise UserError(
            f"{where}: holds results of {tool}, not data: `lfads.import_results` reads them, with the data"
        )
    if said := hdf5_of(names, root.attributes()):
        raise UserError(f"{where}: is {said}")
    raise UserError(f"{where}: is HDF5 of an unknown layout; it has {quoted(names)}; {MAKE_ONE}")


def _kind(start: bytes) -> str:
    """What a file is, from its first bytes."""
    if not start:
        return "an empty file"
    for magic, kind in (
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"CDF", "a NetCDF 3 file"),
    ):
        if start.startswith(magic):
            return kind
    if start[0] == 0x80 and len(start) > 1 and start[1] <= 5:
        return "a Python pickle, which can run code when opened and is refused"
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # a character may be cut at the end
            return "a file of an unknown kind"
    return "a text file" if b"\0" not in start else "a file of an unknown kind"


def _bin_width(contents: FileContents, given: float | None, default: float | None) -> float:
    """The bin width from the file or the arguments; never guessed."""
    where = printable(contents.path)
    problems = Problems(where)
    in_file = contents.bin_width_s
    for width in (given, default):
        if width is not None:
            check_bin_width(width, problems, "`bin_width_s=`")
    problems.raise_if_any()
    if in_file is not None and given is not None and not _close(in_file, float(given)):
        raise UserError(
            f"{where}: the file says bins of {in_file:g} s, but {given:g} s were given: "
            "leave out `bin_width_s=`, or mend the file"
        )
    width = next((w for w in (in_file, given, default) if w is not None), None)
    if width is None:
        raise UserError(
            f"{where}: the bin width is not in the file ({contents.layout} layout): give "
            "it in seconds, `bin_width_s=0.01`"
        )
    return float(width)


def _close(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=1e-6, atol=1e-12))


def _agree(values: dict[str, float], what: str) -> None:
    first = next(iter(values.values()))
    if not all(_close(value, first) for value in values.values()):
        named = ", ".join(f"{path} has {value:g}" for path, value in values.items())
        raise UserError(f"sessions must share `{what}`; {named}")


def _same(texts: dict[str, str], what: str) -> None:
    if len(set(texts.values())) > 1:
        named = ", ".join(f"{who} has {text or 'none'}" for who, text in texts.items())
        raise UserError(f"sessions must share their {what}; {named}")


def _refuse_same_names(contents: Sequence[FileContents], sessions: Sequence[Session]) -> None:
    """A UserError if sessions cannot be told apart: runs know them by their names."""
    names = [session.name for session in sessions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not twice:
        return
    places = [printable(c.path) for c in contents if any(s.name in twice for s in c.sessions)]
    raise UserError(
        f"sessions must have different names, since a run knows them by these; `{twice[0]}` is in "
        f"{' and in '.join(places)}. Give each session once. One that says no name is named after its "
        "file; `session` in .npz and .mat names it, and `lfads.Dataset.from_arrays(..., name=...)`"
    )
