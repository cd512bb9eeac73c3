"""Scores as a table for spreadsheets and statistics: a row for each score of a session and a split.

CSV, or Parquet (extra `parquet`). Columns: `method` (`this run`, or a baseline beside it), `session`,
`area` (empty: all), `split`, `score`, `channel` (of latents, inputs and decoded behaviour), `value`.
"""

import csv
import io
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from lfads.checks import UserError
from lfads.files import write_text, written_beside
from lfads.paths import printable, refuse_to_replace

CSV, PARQUET = ".csv", ".parquet"
THIS_RUN = "this run"


class Row(NamedTuple):
    """One score."""

    method: str
    session: str
    area: str
    split: str
    score: str
    channel: str
    value: float


def rows_of(scores: Mapping[str, Any], method: str = THIS_RUN) -> list[Row]:
    """Rows of scores as `Scores.to_dict` gives them; those of baselines last, without what is not known.

    >>> [tuple(row) for row in rows_of({"session": "a", "splits": {"valid": {"latent_r2": [0.9, None]}}})]
    [('this run', 'a', '', 'valid', 'latent_r2', '0', 0.9)]
    """
    name, found = str(scores["session"]), list[Row]()
    found += _of_splits(scores["splits"], method, name, "")
    for area, splits in scores.get("areas", {}).items():
        found += _of_splits(splits, method, name, area)
    for series, signals in scores.get("decoding", {}).items():
        for signal, channels in signals.items():
            score = f"decoding_r2 of {series} from {signal}"
            found += [
                Row(method, name, "", "left out", score, str(channel), float(value))
                for channel, value in channels.items()
                if _is_known(value)
            ]
    for each in scores.get("sessions", {}).values():
        found += rows_of(each, method)
    for baseline, of in scores.get("baselines", {}).items():
        found += _of_splits(of["splits"], baseline, name, "")
    return found


def _of_splits(splits: Mapping[str, Any], method: str, session: str, area: str) -> Iterator[Row]:
    for split, values in splits.items():
        for score, value in values.items():
            several = enumerate(value) if isinstance(value, list | tuple) else [("", value)]
            for channel, one in several:
                if _is_known(one):
                    yield Row(method, session, area, split, score, str(channel), float(one))


def _is_known(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def refuse_other_tables(path: Path, *, overwrite: bool = False) -> None:
    """A UserError, before the work, where a table cannot be written at a path."""
    if path.suffix.lower() not in (CSV, PARQUET):
        raise UserError(
            f"{printable(path)}: scores are written as {CSV} or {PARQUET}; got `{path.suffix}`"
        )
    refuse_to_replace(path, _is_table, "is no table of scores", overwrite=overwrite)
    if path.suffix.lower() == PARQUET:
        _pyarrow()


def write_scores(
    rows: Sequence[Row], path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a table, in one piece.

    Parameters
    ----------
    rows
        As `rows_of` gives them.
    path
        `.csv`, or `.parquet`.
    overwrite
        Replace another file, too; an earlier table of scores is replaced in any case.

    Raises
    ------
    UserError
        If the suffix is another one, another file is there, or pyarrow is not installed.
    """
    path = Path(path)
    refuse_other_tables(path, overwrite=overwrite)
    if path.suffix.lower() == CSV:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(rows)
        write_text(path, text.getvalue())
        return path
    pyarrow, parquet = _pyarrow()
    columns = {name: [getattr(row, name) for row in rows] for name in Row._fields}
    with written_beside(path) as beside:
        parquet.write_table(pyarrow.table(columns), beside)
    return path


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise UserError(
            "Parquet needs pyarrow: pip install 'lfads[parquet]'; .csv needs nothing"
        ) from None


def _is_table(path: Path) -> bool:
    """Whether a file is an earlier table of scores."""
    try:
        if path.suffix.lower() == CSV:
            with path.open(encoding="utf-8") as file:
                return file.readline().strip() == ",".join(Row._fields)
        _, parquet = _pyarrow()
        return tuple(parquet.read_schema(path).names) == Row._fields
    except (OSError, ValueError):
        return False
