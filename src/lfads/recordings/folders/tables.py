"""Tables in the folders of sorters: text, and parquet where pyarrow is installed."""

from importlib import import_module
from pathlib import Path
from typing import Any

from lfads.guarded.messages import one_message
from lfads.paths import printable, regular_file
from lfads.recordings.folders.text_tables import is_text_table, read_text_table
from lfads.recordings.folders.unreadable import read_or_said
from lfads.recordings.gaps import without_gaps
from lfads.recordings.recording import as_column

PARQUET = (".pqt", ".parquet")

SAFE_PYARROW = 15
"""Earlier ones may run code that a file holds (CVE-2023-47248)."""


def table_or_said(path: Path, of: str, left_out: list[str]) -> dict[str, Any] | None:
    """Columns of a table; None, and why among what is left out, where it cannot be read.

    Parameters
    ----------
    of
        The object whose table it is, for what is said.
    """
    if is_text_table(path):
        columns = read_or_said(read_text_table, path, left_out)
        return None if columns is None else dict(columns)
    name = printable(path.name)
    if path.suffix not in PARQUET:
        left_out.append(f"`{name}` (no table that is known)")
        return None
    parquet = parquet_reader()
    if parquet is None:
        left_out.append(
            f"`{name}` (a table in parquet, which needs `pip install pyarrow`; or save it as text: "
            f"`pandas.read_parquet('{name}').to_csv('{of}.csv', index=False)`)"
        )
        return None
    columns = read_or_said(lambda at: _columns(at, parquet), path, left_out)
    plain: dict[str, Any] = {}
    for key, values in (columns or {}).items():
        if any(isinstance(value, list | dict) for value in values):
            left_out.append(f"`{of}.{key}` (lists: one value a row is needed)")
        elif not key.startswith("__index"):
            plain[key] = as_column(without_gaps(values))
    return None if columns is None else plain


def _columns(path: Path, parquet: Any) -> dict[str, Any]:
    regular_file(path, "expected a table in parquet")
    with one_message(printable(path), "a table in parquet", (Exception,)):  # pyarrow has its own
        return parquet.read_table(path).to_pydict()


def parquet_reader() -> Any:
    """The reader of pyarrow, if it is installed and new enough to run no code of a file."""
    try:
        safe = int(import_module("pyarrow").__version__.split(".")[0]) >= SAFE_PYARROW
        return import_module("pyarrow.parquet") if safe else None
    except ImportError:
        return None
