"""Tables of text, `.csv` and `.tsv`, as columns of numbers or text."""

import csv
from pathlib import Path

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.guarded import one_message, require_memory
from lfads.paths import printable, regular_file
from lfads.recordings.recording import Columns

TRUE_OR_FALSE = {"true": True, "false": False}
NO_NUMBER = ("", "na", "nan", "n/a", "none", "null")


def is_text_table(path: Path) -> bool:
    """Whether a file is a table of text, by its name."""
    return path.suffix.lower() in (".csv", ".tsv")


def read_text_table(path: Path) -> Columns:
    """Columns of a table by the names in its first line.

    Raises
    ------
    UserError
        If the file is missing, is no text, or lines have more or fewer values than there are names.
    """
    where = printable(path)
    regular_file(path, "expected a table of text with the names of columns in its first line")
    require_memory(20.0 * path.stat().st_size, where, "is it a table? Else leave out columns")
    with (
        one_message(where, "a table of text", (OSError, UnicodeError, csv.Error)),
        path.open(encoding="utf-8-sig", newline="") as file,
    ):
        lines = list(csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ","))
    names, rows = (lines[0] if lines else []), [line for line in lines[1:] if line]
    for row in rows:
        if len(row) != len(names):
            raise UserError(
                f"{where}: the first line names {many(len(names), 'column')}, and a line has "
                f"{many(len(row), 'value')}: are columns separated by "
                f"{'tabs' if path.suffix.lower() == '.tsv' else 'commas'}?"
            )
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    # A column without a name is the index that pandas writes.
    return {
        name.strip(): _column(list(values))
        for name, values in zip(names, columns, strict=True)
        if name.strip()
    }


def _column(values: list[str]) -> np.ndarray:
    """Whole numbers, numbers with NaN for missing ones, true and false, or text."""
    words = [value.strip() for value in values]
    lower = [word.lower() for word in words]
    if words and all(word in TRUE_OR_FALSE for word in lower):
        return np.array([TRUE_OR_FALSE[word] for word in lower])
    try:
        return np.array([int(word) for word in words], np.int64)
    except (ValueError, OverflowError):
        pass
    try:
        numbers = [np.nan if low in NO_NUMBER else float(low) for low in lower]
    except ValueError:
        return np.array(words, str)
    return np.array(numbers) if any(words) else np.array(words, str)
