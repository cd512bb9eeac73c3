"""The table of trials that a user puts beside a sorter's output: `trials.csv`, `.tsv` or `.npz`."""

from pathlib import Path
from typing import NamedTuple

from lfads.checks import UserError
from lfads.formats.headers import headers_of
from lfads.formats.npz import arrays_of
from lfads.paths import printable
from lfads.recordings.folders.text_tables import is_text_table, read_text_table
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Columns, table

NAMES = ("trials.csv", "trials.tsv", "trials.npz")


class TrialsBeside(NamedTuple):
    """Columns of the trials, files that they are from, and what was not used."""

    columns: Columns
    files: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def trials_beside(folder: Path, reading: Reading) -> TrialsBeside:
    """Trials from the file that `trials_table` names, in the folder or anywhere, or one of a usual name.

    Raises
    ------
    UserError
        If the file that was named is missing, or is no table.
    """
    if reading.trials_table is not None:
        inside = folder / reading.trials_table
        path = inside if inside.is_file() else Path(reading.trials_table)
        if not path.is_file():
            raise UserError(
                f"{printable(folder)}: `trials_table=`: there is no file `{reading.trials_table}`, neither "
                "in the folder nor by that path; it is to be a table of text (.csv, .tsv) or .npz with a "
                "column of times, such as `start_time`"
            )
    else:
        found = [folder / name for name in NAMES if (folder / name).is_file()]
        if not found:
            return TrialsBeside({})
        if len(found) > 1:
            raise UserError(
                f"{printable(folder)}: holds {len(found)} tables of trials: say "
                f"`trials_table={found[0].name!r}`, or {found[1].name!r}"
            )
        path = found[0]
    return _read(path)


def _read(path: Path) -> TrialsBeside:
    if path.suffix != ".npz":
        if not is_text_table(path):
            raise UserError(
                f"{printable(path)}: trials are read from .csv, .tsv or .npz: save the table as one"
            )
        return TrialsBeside(table("trials", read_text_table(path)), (path.name,))
    headers = headers_of(path)
    plain = [k for k, v in headers.items() if v.is_column and (v.is_numbers or v.is_text)]
    arrays = arrays_of(path, lambda _: {name: name for name in plain}, kind=".npz")
    columns = {name: array.reshape(len(array)) for name, array in arrays.items()}
    others = [f"`trials.{k}` ({v.in_words()})" for k, v in headers.items() if k not in plain]
    return TrialsBeside(table("trials", columns), (path.name,), tuple(others))
