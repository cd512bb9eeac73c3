"""Files of the first version of NWB, which keeps things elsewhere and is not read."""

import h5py

from lfads.checks import UserError
from lfads.formats.others import about_nwb_1
from lfads.guarded.links import held, lies_inside
from lfads.recordings.nwb.contents import as_text

UNIT_TIMES = "UnitTimes"
"""What that version calls the spike times of a module."""


def refuse_version_1(file: h5py.File, where: str) -> None:
    """A UserError that says where the spike times of such a file lie, and how they can be used."""
    version = held(file, "nwb_version")
    if not isinstance(version, h5py.Dataset) or "nwb_version" in file.attrs:
        return
    modules = held(file, "processing")
    inside = modules if isinstance(modules, h5py.Group) else ()
    places = [
        f"processing/{k}/{UNIT_TIMES}" for k in inside if lies_inside(modules, f"{k}/{UNIT_TIMES}")
    ]
    text = as_text(version[()])
    said = about_nwb_1(text, places) if places else about_nwb_1(text)
    if said:
        raise UserError(f"{where}: {said}")
