"""Refuses NWB files that would have other files opened: a file of a stranger may name any file of yours.

Images and videos that an `ImageSeries` names as text are not opened by anyone here, and do no harm.
"""

from typing import Any

import h5py

from lfads.checks import UserError
from lfads.paths import printable

WHAT_TO_DO = (
    "this is refused. Copy the values into the file: `pynwb.NWBHDF5IO.export` with "
    "`write_args={'link_data': False}`"
)


def refuse_what_lies_outside(file: h5py.File, where: str) -> None:
    """A UserError that names the first link out of a file, or array that is stored in another one.

    Parameters
    ----------
    file
        Open, not yet read by pynwb, which follows links.
    where
        The file, for messages.
    """
    # What a visitor returns ends the visit; an error would be lost in the HDF5 library.
    said = file.visititems_links(_about_link) or file.visititems(_about_array)  # follow no link
    if said:
        raise UserError(f"{where}: {said}; {WHAT_TO_DO}")


def _about_link(name: str, link: Any) -> str | None:
    if isinstance(link, h5py.ExternalLink):
        return f"`/{name}` is a link to another file, {printable(link.filename)!r}"
    return None


def _about_array(name: str, item: Any) -> str | None:
    if isinstance(item, h5py.Dataset) and (item.is_virtual or item.external):
        return f"`/{name}` is stored in another file"
    return None
