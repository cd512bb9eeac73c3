"""Which table of an NWB file holds the units, and their columns."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lfads.checks import UserError, many, suggestion
from lfads.recordings.gaps import of_rows
from lfads.recordings.nwb.contents import Contents, Table, by_name, shape_of
from lfads.recordings.nwb.tables import columns_of
from lfads.recordings.nwb.units import SPIKE_TIMES, first_electrodes
from lfads.recordings.recording import Columns, with_names

UNITS = ("units",)
"""Where the table of units lies, by the rules of NWB."""


class ChosenUnits(NamedTuple):
    """The table of units, if there is one, those it could be instead, and what is to be said."""

    table: Table | None
    others: Mapping[str, str]
    remarks: Sequence[str]
    left_out: Sequence[str]


def units_of(contents: Contents, where: str, wanted: str | None) -> ChosenUnits:
    """The table of units that was chosen, else that called so, else the only one with spike times.

    Raises
    ------
    UserError
        If there is no table of that name.
    """
    named = {
        name: one
        for name, one in by_name(contents.tables).items()
        if SPIKE_TIMES in one.columns or one.path == UNITS
    }
    spiking = [name for name, one in named.items() if SPIKE_TIMES in one.columns]
    chosen = next((name for name in spiking if named[name].path == UNITS), None)
    remarks: list[str] = []
    if wanted is not None:
        if wanted not in named:
            raise UserError(
                f"{where}: `units_table=`: there is no table of units `{wanted}`."
                f"{suggestion(wanted, named)}"
            )
        chosen = wanted
    elif chosen is None and len(spiking) == 1:
        chosen = spiking[0]
        remarks.append(
            f"units are those of `{'/'.join(named[chosen].path)}`, the only table with spike times "
            f"(`units_table='{chosen}'` says so)"
        )
    others = {name: _about(named[name]) for name in spiking if name != chosen}
    if chosen is None:
        main = next((one for one in named.values() if one.path == UNITS), None)
        return ChosenUnits(main, others, remarks, [])
    left_out = [
        f"`{name}` (another table of units: {said}; `units_table='{name}'` takes it)"
        for name, said in others.items()
    ]
    return ChosenUnits(named[chosen], {}, remarks, left_out)


def _about(table: Table) -> str:
    spikes = shape_of(table.columns[SPIKE_TIMES].data)
    return f"{many(table.num_rows, 'unit')}, {many(spikes[0] if spikes else 0, 'spike')}"


def unit_columns(units: Table, where: str) -> tuple[Columns, list[str]]:
    """Columns of the units, and those of the first electrode of each that units do not have themselves.

    Also what is to be said of the units' other columns.
    """
    found, left_out = columns_of(units, where)
    rows, electrodes = first_electrodes(units, where)
    if electrodes is not None:
        of_electrodes, more = columns_of(electrodes, where)
        left_out += more
        for name, column in of_electrodes.items():
            if name != "id":
                found.setdefault(name, of_rows(column, rows))
    return with_names(found), left_out
