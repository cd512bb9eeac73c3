"""Names of files in ALF (ALyx Files), which say what each of them holds.

They are `object.attribute.extension`, with a namespace before (`_ibl_trials.choice.npy`) and more parts in
between (`spikes.times.<uuid>.npy`).
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from lfads.checks import UserError, many
from lfads.guarded.messages import quoted
from lfads.paths import printable

OF_SPIKES = ("clusters", "templates")
"""Attributes of spikes that are their unit: as curated, else as sorted."""

ROOT = "alf"
"""The folder of a session, in whose folders those of probes lie; trials lie in it."""

DEEPEST = 3


class AlfFile(NamedTuple):
    """A file and what its name says."""

    object: str
    attribute: str
    path: Path

    @property
    def is_array(self) -> bool:
        """Whether it holds one array, by its name."""
        return self.path.suffix == ".npy"

    @property
    def name(self) -> str:
        """Of the file, for messages."""
        return printable(self.path.name)


def is_alf(names: Sequence[str]) -> bool:
    """Whether files of these names are spikes in ALF."""
    parsed = {
        (one.object, one.attribute)
        for one in map(parsed_name, names)
        if one is not None and one.is_array
    }
    return ("spikes", "times") in parsed and any(("spikes", of) in parsed for of in OF_SPIKES)


def parsed_name(name: str | Path) -> AlfFile | None:
    """What the name of a file says; None if it is none in ALF."""
    path = Path(name)
    parts = path.name.split(".")
    if len(parts) < 3 or path.name.startswith("."):
        return None
    return AlfFile(re.sub(r"^_[a-z0-9]+_", "", parts[0]), parts[1], path)


def files_of(folder: Path) -> list[AlfFile]:
    """The files of a folder whose names are in ALF, whatever lies there by these names."""
    return [one for one in map(parsed_name, sorted(folder.iterdir())) if one is not None]


def session_folders(folder: Path) -> Iterable[Path]:
    """The folder `alf` that a probe's folder lies in, if it lies in one."""
    outer = folder.absolute().parents[:DEEPEST]
    return [one for one in outer if one.name == ROOT][:1]


def only(files: Sequence[AlfFile], of: str, attribute: str, where: str) -> AlfFile | None:
    """The array of an attribute; several are of several probes or revisions.

    Raises
    ------
    UserError
        If there are several.
    """
    found = [
        one for one in files if (one.object, one.attribute) == (of, attribute) and one.is_array
    ]
    if len(found) > 1:
        raise UserError(
            f"{where}: holds {quoted([one.name for one in found])}: leave the one in the "
            "folder that is meant"
        )
    return found[0] if found else None


def told_apart(files: Sequence[AlfFile]) -> tuple[list[AlfFile], list[str]]:
    """Files without the arrays whose attribute is there several times, and what is to be said of these."""
    arrays: dict[tuple[str, str], list[AlfFile]] = {}
    for one in files:
        if one.is_array:
            arrays.setdefault((one.object, one.attribute), []).append(one)
    several = {key: found for key, found in arrays.items() if len(found) > 1}
    left_out = [
        f"`{of}.{attribute}` (there are {many(len(found), 'file')} of it, {_names(found)}: leave the one "
        "that is meant)"
        for (of, attribute), found in several.items()
    ]
    single = [one for one in files if not (one.is_array and (one.object, one.attribute) in several)]
    return single, left_out


def _names(files: Sequence[AlfFile]) -> str:
    """Names of files, with their folders where they lie in several."""
    apart = len({one.path.parent for one in files}) > 1
    return quoted(
        [f"{printable(one.path.parent.name)}/{one.name}" if apart else one.name for one in files]
    )
