"""Links in HDF5 files of others, none of which is followed.

A link may name any file of this machine, also a pipe that is waited for without end; only what a file
itself holds is read.
"""

from typing import Any

import h5py

from lfads.paths import printable


def lies_inside(group: Any, place: str) -> bool:
    """Whether a group itself holds something at a place, such as `spikes/unit_index`.

    Parameters
    ----------
    group
        Of an open file; what is no group holds nothing.
    place
        Names, the one within the other. No link is followed on the way.
    """
    name, _, rest = place.partition("/")
    if not isinstance(group, h5py.Group):
        return False
    try:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            return False
    except TypeError:  # a link of a kind that h5py does not know
        return False
    return not rest or lies_inside(group[name], rest)


def held(group: Any, place: str) -> Any:
    """What a group itself holds at a place; None where there is nothing, or a link."""
    return group[place] if lies_inside(group, place) else None


def what_lies_outside(file: h5py.File) -> str:
    """The first link out of a file, or array that is stored in another one; empty if there is none.

    Parameters
    ----------
    file
        Open, not yet read by a library that follows links.
    """
    # What a visitor returns ends the visit; an error would be lost in the HDF5 library.
    return file.visititems_links(_about_link) or file.visititems(_about_array) or ""


def _about_link(name: str, link: Any) -> str | None:
    if isinstance(link, h5py.ExternalLink):
        return f"`/{printable(name)}` is a link to another file, {printable(link.filename)!r}"
    return None


def _about_array(name: str, item: Any) -> str | None:
    if isinstance(item, h5py.Dataset) and (item.is_virtual or item.external):
        return f"`/{printable(name)}` is stored in another file"
    return None
