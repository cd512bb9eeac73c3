"""Recordings in the folders that spike sorters write: which sorter's a folder is, and what others are."""

from pathlib import Path

from lfads.checks import UserError, many
from lfads.formats.guarded import quoted
from lfads.formats.headers import header_of
from lfads.formats.others import about_sorters_file
from lfads.paths import printable
from lfads.recordings.folders.alf import from_alf, is_alf
from lfads.recordings.folders.kilosort import from_kilosort, is_kilosort
from lfads.recordings.layouts import chosen_layout, refuse_tables
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording

KILOSORT, ALF = LAYOUTS = ("kilosort", "alf")

EXPECTED = (
    "expected a file, or the folder of a sorter: of Kilosort or phy (`spike_times.npy` with "
    "`spike_clusters.npy`), or in ALF (`spikes.times.npy` with `spikes.clusters.npy`)"
)

OF_RUNS = "config.toml"
"""In the folder of a run, which is shown as one whatever lies within."""

MOST_NESTED = 100
"""Folders within a folder that are looked into."""


def from_folder(folder: Path, reading: Reading) -> Recording:
    """The recording in a folder, or in the only one of a sorter within it.

    Raises
    ------
    UserError
        If it is no sorter's, or several lie within it.
    """
    where = printable(folder)
    folders = sorters_within(folder)
    if len(folders) > 1:
        names = quoted([printable(one.relative_to(folder)) for one in folders])
        raise UserError(f"{where}: holds {len(folders)} folders of sorters: name one of {names}")
    if not folders:
        raise UserError(f"{where}: is a folder; {_about_folder(folder)}{EXPECTED}")
    found = folders[0]
    refuse_tables(printable(found), reading, "units_table")
    layout = chosen_layout(printable(found), _layouts_of(found), LAYOUTS, reading)
    return from_alf(found, reading) if layout == ALF else from_kilosort(found, reading)


def is_of_sorter(folder: Path) -> bool:
    """Whether a folder is a sorter's, or one lies within it."""
    return bool(sorters_within(folder))


def sorters_within(folder: Path) -> list[Path]:
    """The folder itself if it is a sorter's; else those that are, among its folders and theirs."""
    if _layouts_of(folder):
        return [folder]
    if (folder / OF_RUNS).exists():
        return []
    inside = _folders_in(folder)
    deeper = [one for outer in inside for one in _folders_in(outer)]
    return [one for one in [*inside, *deeper][:MOST_NESTED] if _layouts_of(one)]


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


def _about_folder(folder: Path) -> str:
    """What else a folder is, as far as that leads on."""
    names = _names_in(folder)
    if {"si_folder.json", "spikeinterface_info.json", "numpysorting_info.json"} & set(names):
        return (
            "SpikeInterface wrote it: `lfads.from_spikeinterface(spikeinterface.load(folder), trials=…)` "
            "takes what it holds; else "
        )
    archives = [name for name in names if name.endswith((".npz", ".nwb", ".mat"))]
    if archives:
        return f"it holds {many(len(archives), 'file')}, {quoted(archives)}, each of which may be one; "
    return ""
