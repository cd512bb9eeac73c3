"""Stretches that an NWB file declares invalid (`/intervals/invalid_times`), with their tags as reasons."""

from typing import NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.recordings.nwb.contents import LARGEST_TABLE, Table, part_of
from lfads.recordings.nwb.units import reading
from lfads.recordings.reading import in_seconds
from lfads.recordings.recording import Intervals, union_of

NAME = "intervals/invalid_times"


class Invalid(NamedTuple):
    """Invalid stretches in order, why each is, and what could not be used of the table."""

    stretches_s: Intervals = ()
    reasons: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def invalid_of(table: Table | None, where: str, per_second: float = 1.0) -> Invalid:
    """Invalid stretches of a recording; nothing if its file declares none.

    Parameters
    ----------
    table
        Of the file, if it has one.
    where
        The file, for messages.
    per_second
        How many of the units that its times are in make a second.

    Raises
    ------
    UserError
        If the table is damaged.
    """
    if table is None or not table.num_rows:
        return Invalid()
    if table.num_rows > LARGEST_TABLE:
        raise UserError(
            f"{where}: table `{NAME}` says it has {table.num_rows} rows: is it damaged?"
        )
    with reading(where, NAME):
        ends = [part_of(table.columns[name].data) for name in ("start_time", "stop_time")]
        pairs = in_seconds(np.stack(ends, axis=1), per_second)
        tags = _tags(table)
    usable = np.isfinite(pairs).all(1) & (pairs[:, 1] > pairs[:, 0])
    stretches = union_of(pairs[usable])
    left_out = ()
    if not usable.all():
        rows = many(int((~usable).sum()), "row")
        left_out = (f"{rows} of `{NAME}` (without a start before its end: mend them in the file)",)
    return Invalid(stretches, _reasons(stretches, pairs[usable], tags, usable), left_out)


def _tags(table: Table) -> list[list[str]]:
    """The tags of each row; empty if the table has none."""
    column = table.columns.get("tags")
    if column is None or column.data is None or column.nested:
        return []
    words = part_of(column.data).astype(str).tolist()
    if column.ends is None:  # not as the schema has it: a tag a row
        return [[word] for word in words]
    ends = part_of(column.ends).astype(np.int64).tolist()
    return [words[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _reasons(
    stretches: Intervals, pairs: np.ndarray, tags: list[list[str]], usable: np.ndarray
) -> tuple[str, ...]:
    """The different tags of the rows that make up each stretch; empty if there are none."""
    if not any(tags):
        return ()
    starts = [start for start, _ in stretches]
    place = np.searchsorted(starts, pairs[:, 0], side="right") - 1
    found: list[dict[str, None]] = [{} for _ in stretches]
    for stretch, row in zip(place.tolist(), np.flatnonzero(usable).tolist(), strict=True):
        found[stretch].update(dict.fromkeys(tags[row]))
    return tuple(", ".join(words) for words in found)
