"""Files of other tools that are not read, named as what they are, with the way from there.

Told by the first bytes, the suffix, or what lies at the root of an HDF5 file; nothing else is looked at.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from lfads.checks import first_of
from lfads.paths import printable

SORT_THEM = (
    "sort its spikes if they are not sorted, and open the sorting with SpikeInterface: "
    "`lfads.from_spikeinterface` makes a recording of it, of which `lfads.prepare` makes trials of counts"
)
_NOT_COUNTS = "a recording by {}, not trials of counts: " + SORT_THEM

BY_FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"NEURALEV", "Blackrock (.nev)"),
    (b"BREVENTS", "Blackrock (.nev)"),
    (b"NEURALSG", "Blackrock (.nsx)"),
    (b"NEURALCD", "Blackrock (.nsx)"),
    (b"BRSMPGRP", "Blackrock (.nsx)"),
    (b"PLEX", "Plexon (.plx)"),
    (b"NEX1", "NeuroExplorer (.nex)"),
    (b"NEX5", "NeuroExplorer (.nex5)"),
    (b"\x02\x27\x91\xc6", "Intan (.rhd)"),
    (b"\xac\x27\x91\xd6", "Intan (.rhs)"),
    (b"######## Neuralynx", "Neuralynx"),
    (b"header.format = 'Open Ephys", "Open Ephys (.continuous, .spikes)"),
    (b"ABF ", "Axon (.abf)"),
    (b"ABF2", "Axon (.abf)"),
)

BY_SUFFIX = {
    ".ap.bin": "SpikeGLX", ".lf.bin": "SpikeGLX", ".nidq.bin": "SpikeGLX", ".pl2": "Plexon",
    ".smr": "Spike2", ".smrx": "Spike2", ".tev": "Tucker-Davis", ".tsq": "Tucker-Davis",
    ".edf": "EDF", ".xdat": "NeuroNexus", ".dat": "Open Ephys, Kilosort or Intan (raw samples)",
}  # fmt: skip

BY_ATTRIBUTE = {
    "McsHdf5ProtocolVersion": "Multi Channel Systems", "kwik_version": "Klusta or Open Ephys (Kwik)",
}  # fmt: skip

BY_NAMES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"3BRecInfo", "3BData"}), _NOT_COUNTS.format("3Brain (BRW)")),
    (frozenset({"mapping", "sig", "settings"}), _NOT_COUNTS.format("MaxWell")),
    (frozenset({"wells", "recordings"}), _NOT_COUNTS.format("MaxWell")),
    (
        frozenset({"estimates", "params"}),
        "a result of CaImAn: save traces of its trials as `signals` (trial, time, neuron) in an .npz",
    ),
    (
        frozenset({"df_with_missing"}),
        "tracking by DeepLabCut, not spikes: save the positions in each bin of each trial as "
        "`behavior/NAME` beside `spikes` in an .npz",
    ),
)

_OF_SORTERS = ("spike_times.npy", "spike_clusters.npy", "spike_templates.npy")


def recording_by(start: bytes, path: Path) -> str:
    """What to say of a recording of another tool; empty if it is none that is known.

    >>> recording_by(b"NEURALEV", Path("a.nev"))[:40]
    'a recording by Blackrock (.nev), not tri'
    """
    name = path.name.lower()
    makers = [maker for magic, maker in BY_FIRST_BYTES if start.startswith(magic)]
    text = start.isascii() and b"\0" not in start  # a table may be called .dat, too
    makers += [
        maker
        for suffix, maker in BY_SUFFIX.items()
        if name.endswith(suffix) and not (text and suffix == ".dat")
    ]
    return _NOT_COUNTS.format(makers[0]) if makers else ""


def hdf5_of(names: Collection[str], attributes: Collection[str]) -> str:
    """What to say of an HDF5 file of another tool; empty if it is none that is known."""
    for attribute, maker in BY_ATTRIBUTE.items():
        if attribute in attributes:
            return _NOT_COUNTS.format(maker)
    found = [said for needed, said in BY_NAMES if needed <= set(names)]
    return found[0] if found else ""


def about_nwb_1(version: object, places: Sequence[str] = ("processing/*/UnitTimes",)) -> str:
    """What to say of NWB of version 1; empty for later ones.

    Parameters
    ----------
    version
        As the file says it.
    places
        Of its spike times.

    Examples
    --------
    >>> about_nwb_1("2.7.0"), about_nwb_1("NWB-1.0.5")[:36]
    ('', 'is NWB of version 1 (NWB-1.0.5), whi')
    """
    text = str(version)
    if not text.upper().startswith(("NWB-1", "NWB-0", "1.", "0.")):
        return ""
    named = first_of((f"`/{place}`" for place in places), 3)
    return (
        f"is NWB of version 1 ({text}), which is not read; expected NWB 2. Its spike times lie in {named}, "
        "a list for each unit: save them in an .npz file, all times one behind the other as `spike_times` "
        "and the number of each time's unit as `unit`, with the columns of a table of trials as "
        "`trials.start_time` and so on"
    )


def about_sorters_file(path: Path) -> str:
    """What to say of a file within a folder of Kilosort or Phy, such as `spike_times.npy`; else empty."""
    there = [name for name in _OF_SORTERS if (path.parent / name).is_file() and name != path.name]
    if not there:
        return ""
    return (
        f"is one file of a folder of Kilosort or Phy (`{there[0]}` lies beside it): give the folder, "
        f"`lfads show {printable(path.parent)}`"
    )


def about_folder_of_sorter(path: Path) -> str:
    """What to say of the folder of a spike sorter, or one around it, that was given as data; else empty."""
    names = (*_OF_SORTERS, "spikes.times*.npy", "_*_spikes.times*.npy")
    if not any(next(path.glob(f"{at}{name}"), None) for at in ("", "*/", "*/*/") for name in names):
        return ""
    where = printable(path)
    return (
        f"is the folder of a spike sorter, or holds one: cut trials with `lfads prepare {where}`, and "
        f"give the file that this writes; `lfads show {where}` lists what can be chosen"
    )
