"""Recordings in the folders that spike sorters write: which sorter's a folder is, and what others are."""

from pathlib import Path

from lfads.checks import UserError, first_of, many
from lfads.data.counts import SAVE_TRIPLETS
from lfads.formats.headers import header_of
from lfads.formats.others import about_sorters_file
from lfads.guarded.messages import quoted
from lfads.paths import printable
from lfads.recordings.folders.alf import from_alf
from lfads.recordings.folders.alf_files import ROOT, is_alf, parsed_name
from lfads.recordings.folders.kilosort import CLUSTERS, TIMES, from_kilosort, is_kilosort
from lfads.recordings.folders.suite2p import from_suite2p, planes_within
from lfads.recordings.layouts import chosen_layout, refuse_tables
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording

KILOSORT, ALF, SUITE2P = LAYOUTS = ("kilosort", "alf", "suite2p")

OF_RECORDINGS = (".npz", ".nwb", ".mat")

OF_ALF = ("spikes", "clusters", "trials")
"""Objects by which a folder is known as one in ALF."""

EXPECTED = (
    "expected a file, or the folder of a sorter: of Kilosort or phy (`spike_times.npy` with "
    "`spike_clusters.npy`), or in ALF (`spikes.times.npy` with `spikes.clusters.npy`); or that of suite2p "
    "(`F.npy` with `iscell.npy`)"
)

OF_RUNS = ("config.toml", "best/config.toml", "baseline.json", "population.csv")
"""In the folder of a run, which is shown as one whatever lies within."""

MOST_NESTED = 100
"""Folders within a folder that are looked into."""

DEEPEST_SESSION = 5
"""Folders down to that of a session in ALF: of a lab, an animal, a day, a number."""

DEEPEST_PROBE = 2
"""Folders within that of a session down to the spikes of a probe."""


def from_folder(folder: Path, reading: Reading) -> Recording:
    """The recording in a folder, or in the only one of a sorter within it.

    Raises
    ------
    UserError
        If it is no sorter's, or several lie within it.
    """
    where = printable(folder)
    if planes := planes_within(folder):
        refuse_tables(where, reading, "units_table")
        chosen_layout(where, [SUITE2P], LAYOUTS, reading)
        return from_suite2p(planes, folder, reading)
    folders = sorters_within(folder)
    if len(folders) > 1:
        names = quoted([printable(one.relative_to(folder)) for one in folders])
        raise UserError(f"{where}: holds {len(folders)} folders of sorters: name one of {names}")
    if not folders:
        raise UserError(f"{where}: is a folder; {about_folder(folder)}; {EXPECTED}")
    found = folders[0]
    refuse_tables(printable(found), reading, "units_table")
    layout = chosen_layout(printable(found), _layouts_of(found), LAYOUTS, reading)
    return from_alf(found, reading) if layout == ALF else from_kilosort(found, reading)


def is_of_sorter(folder: Path) -> bool:
    """Whether a folder is a sorter's or of suite2p, or one lies within it."""
    return bool(planes_within(folder) or sorters_within(folder))


def holds_run(folder: Path) -> bool:
    """Whether a folder is that of a run or of a search."""
    return any((folder / name).exists() for name in OF_RUNS)


def refuse_neither(folder: Path) -> None:
    """A UserError that leads on, for a folder that is neither of a run nor of a recording."""
    raise UserError(
        f"no run in {printable(folder)} (it has no config.toml), and no recording: "
        f"{about_folder(folder)}; {EXPECTED}"
    )


def sorters_within(folder: Path) -> list[Path]:
    """The folder itself if it is a sorter's; else those that are, among its folders and theirs.

    Where there are none, sessions in ALF are looked for further down.
    """
    if _layouts_of(folder):
        return [folder]
    if holds_run(folder):
        return []
    found = [one for one in _nested(folder, 2) if _layouts_of(one)]
    if not found:
        within = [(one, *_nested(one, DEEPEST_PROBE)) for one in _sessions_below(folder)]
        found = [one for session in within for one in session if _layouts_of(one)]
    return found


def _sessions_below(folder: Path) -> list[Path]:
    return [one for one in _nested(folder, DEEPEST_SESSION) if one.name == ROOT]


def _nested(folder: Path, deepest: int) -> list[Path]:
    """Folders within a folder and theirs, those higher up first."""
    found, level = list[Path](), [folder]
    for _ in range(deepest):
        level = [one for outer in level[:MOST_NESTED] for one in _folders_in(outer)]
        found += level
        if len(found) > MOST_NESTED:
            break
    return found[:MOST_NESTED]


def about_array(path: Path) -> str:
    """What to do with an `.npy` file that was given as a recording."""
    if said := about_sorters_file(path):
        return said
    said = f"is one array, {header_of(path).in_words()}"
    if _layouts_of(path.parent):
        return (
            f"{said}, of a sorter's output: name its folder, {printable(path.parent)}, which also says the "
            "unit of each spike"
        )
    header = header_of(path)
    if header.is_numbers and len(header.shape) == 2 and header.shape[1] == 3:
        return f"{said}; {SAVE_TRIPLETS}"
    return (
        f"{said}; a recording needs the times of spikes and the unit of each: save both in one file, "
        "`np.savez('spikes.npz', spike_times=times_in_seconds, unit=units)`"
    )


def _layouts_of(folder: Path) -> list[str]:
    kinds = ((KILOSORT, is_kilosort), (ALF, is_alf))
    names = _names_in(folder)
    return [layout for layout, is_one in kinds if is_one(names)]


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:  # closed to this user
        return []


def _folders_in(folder: Path) -> list[Path]:
    hidden = (".", "_phy")
    return [
        path
        for name in _names_in(folder)
        if not name.startswith(hidden) and (path := folder / name).is_dir()
    ]


def about_folder(folder: Path) -> str:
    """What a folder holds that is no recording, as far as that leads on."""
    names = _names_in(folder)
    if {"si_folder.json", "spikeinterface_info.json", "numpysorting_info.json"} & set(names):
        return (
            "SpikeInterface wrote it: `lfads.from_spikeinterface(spikeinterface.load(folder), trials=…)` "
            "takes what it holds"
        )
    if missing := _missing_of_sorter(folder):
        return missing
    archives = [name for name in names if name.endswith(OF_RECORDINGS)]
    if archives:
        return (
            f"it holds {many(len(archives), 'file')}, {quoted(archives)}, each of which may be one"
        )
    inside = _nested(folder, 2)
    deeper = [
        printable((one / name).relative_to(folder))
        for one in inside
        for name in _names_in(one)
        if name.endswith(OF_RECORDINGS)
    ]
    if deeper:
        return f"its folders hold {quoted(deeper)}, each of which may be one"
    for one in [*inside, *_sessions_below(folder)]:
        if missing := _missing_of_sorter(one):
            return f"in `{printable(one.relative_to(folder))}`, {missing}"
    seen = [
        f"{printable(name)}{'/' if (folder / name).is_dir() else ''}"
        for name in names
        if not name.startswith(".")
    ]
    return f"it holds {first_of(seen, 6)}" if seen else "it is empty"


def _missing_of_sorter(folder: Path) -> str:
    """What is missing in the folder of a sorter that is not whole; empty if it is none."""
    names = set(_names_in(folder))
    units = [name for name in CLUSTERS if name in names]
    if TIMES in names:
        return (
            f"it holds `{TIMES}`, and neither `{CLUSTERS[0]}` nor `{CLUSTERS[1]}`, which say the unit of "
            "each spike: put one beside it"
        )
    if units:
        return f"it holds `{units[0]}` and no `{TIMES}`, the times of the spikes: put it beside"
    arrays = [one for one in map(parsed_name, sorted(names)) if one is not None and one.is_array]
    objects = dict.fromkeys(one.object for one in arrays if one.object in OF_ALF)
    if not objects:
        return ""
    return (
        f"it holds files in ALF, of {quoted(list(objects))}, and not both of `spikes.times.npy` and "
        "`spikes.clusters.npy`, the times of the spikes and the unit of each: put them beside, or in a "
        "folder of the probe"
    )
