"""Stretches that an NWB file declares invalid (`/intervals/invalid_times`), with their tags as reasons."""

from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.recordings.nwb_units import LARGEST_TABLE, reading
from lfads.recordings.reading import in_seconds
from lfads.recordings.recording import Intervals, union_of

NAME = "intervals/invalid_times"


class Invalid(NamedTuple):
    """Invalid stretches in order, why each is, and what could not be used of the table."""

    stretches_s: Intervals = ()
    reasons: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def invalid_of(content: Any, where: str, per_second: float = 1.0) -> Invalid:
    """Invalid stretches of a recording; nothing if its file declares none.

    Parameters
    ----------
    content
        The `NWBFile` of pynwb.
    where
        The file, for messages.
    per_second
        How many of the units that its times are in make a second.

    Raises
    ------
    UserError
        If the table is damaged.
    """
    table = content.invalid_times
    if table is None or not len(table):
        return Invalid()
    if len(table) > LARGEST_TABLE:
        raise UserError(f"{where}: table `{NAME}` says it has {len(table)} rows: is it damaged?")
    with reading(where, NAME):
        ends = [np.asarray(table[name].data[:], np.float64) for name in ("start_time", "stop_time")]
        pairs = in_seconds(np.stack(ends, axis=1), per_second)
        tags = _tags(table)
    usable = np.isfinite(pairs).all(1) & (pairs[:, 1] > pairs[:, 0])
    stretches = union_of(pairs[usable])
    left_out = ()
    if not usable.all():
        rows = many(int((~usable).sum()), "row")
        left_out = (f"{rows} of `{NAME}` (without a start before its end: mend them in the file)",)
    return Invalid(stretches, _reasons(stretches, pairs[usable], tags, usable), left_out)


def _tags(table: Any) -> list[list[str]]:
    """The tags of each row; empty if the table has none."""
    if "tags" not in table.colnames:
        return []
    column = table["tags"]
    if not hasattr(column, "target"):  # not as the schema has it: a tag a row
        return [[_text(tag)] for tag in column.data[:]]
    ends = np.asarray(column.data[:]).astype(np.int64).tolist()
    words = [_text(tag) for tag in column.target.data[:]]
    return [words[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _text(tag: Any) -> str:
    return tag.decode("utf-8", "replace") if isinstance(tag, bytes) else str(tag)


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
