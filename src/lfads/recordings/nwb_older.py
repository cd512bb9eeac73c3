"""Files of the first version of NWB, which keeps things elsewhere and is not read."""

import h5py

from lfads.checks import UserError, first_of
from lfads.recordings.nwb_contents import as_text

UNIT_TIMES = "UnitTimes"
"""What that version calls the spike times of a module."""


def refuse_version_1(file: h5py.File, where: str) -> None:
    """A UserError that says where the spike times of such a file lie, and how they can be used."""
    version = file.get("nwb_version")
    if not isinstance(version, h5py.Dataset) or "nwb_version" in file.attrs:
        return
    modules = file.get("processing")
    inside = modules if isinstance(modules, h5py.Group) else {}
    places = [f"`/processing/{name}/{UNIT_TIMES}`" for name in inside]
    places = [one for one in places if one.strip("`") in file] or [f"`/processing/*/{UNIT_TIMES}`"]
    raise UserError(
        f"{where}: is NWB of version 1 ({as_text(version[()])}), which is not read; expected NWB 2. Its "
        f"spike times lie in {first_of(places, 3)}, a list for each unit: save them in an .npz file, all "
        "times one behind the other as `spike_times` and the number of each time's unit as `unit`, with "
        "the columns of a table of trials as `trials.start_time` and so on"
    )
