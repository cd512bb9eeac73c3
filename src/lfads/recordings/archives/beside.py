"""Arrays of an archive beside its spikes: columns of trials and of units, and the ids that join them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.headers import Header
from lfads.guarded.messages import quoted
from lfads.recordings.ids import about_order, labels_of_rows
from lfads.recordings.names import is_said_of, line_for, table_of

Read = Callable[[list[str]], dict[str, np.ndarray]]
"""Arrays by name."""


class Beside(NamedTuple):
    """By `trials` and `units`: labels of their rows, and columns; and what is no column."""

    labels: dict[str, np.ndarray]
    tables: dict[str, dict[str, np.ndarray]]
    left_out: list[str]


def beside(
    read: Read,
    others: Mapping[str, Header],
    named: Mapping[str, str],
    each: Mapping[str, np.ndarray],
    where: str,
) -> Beside:
    """What arrays beside the spikes tell of trials and units.

    Parameters
    ----------
    read
        Reads arrays of the file.
    others
        The arrays beside the spikes.
    named, each
        By `trials`, if there are any, and `units`: the name of the array that labels each spike, and its
        values.
    where
        The file, for messages.

    Raises
    ------
    UserError
        If arrays are named after trials or units, and nothing says in which order they are.
    """
    num_spikes = len(each["units"])
    try:
        found = {of: np.unique(one) for of, one in each.items()}
        told = {of: _labels(read, others, found[of], of, named[of]) for of in found}
        labels = {of: found[of] if one is None else one for of, one in told.items()}
        sizes = {of: len(one) for of, one in labels.items()}
        plain, names = plain_of(others), {of: list[str]() for of in labels}
        left_out = []
        for name, header in others.items():
            of = table_of(name, plain[name], sizes) if name in plain else None
            is_ordered = of is not None and told[of] is not None
            if of is not None and not is_ordered and is_said_of(name, of):
                raise UserError(_unordered(name, of, found[of], named[of], others))
            if of is None or not is_ordered:
                reason = _reason(name, header, plain.get(name), sizes, of, num_spikes)
                left_out.append(f"`{name}` ({reason})")
            else:
                names[of].append(name)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    arrays = read([name for table in names.values() for name in table])
    tables = {
        of: {name.removeprefix(f"{of}."): arrays[name].reshape(-1) for name in table}
        for of, table in names.items()
    }
    return Beside(labels, tables, left_out)


def _labels(
    read: Read, others: Mapping[str, Header], found: np.ndarray, of: str, named: str
) -> np.ndarray | None:
    """The label of each row; None if nothing tells the order of rows."""
    said = [name for name in plain_of(others) if is_said_of(name, of)]
    columns = {name: array.reshape(-1) for name, array in read(said).items()}
    lengths = {len(column) for column in columns.values()} or {len(found)}
    return labels_of_rows(found, columns, lengths, of, named)


def plain_of(others: Mapping[str, Header]) -> dict[str, int]:
    """Number of values of the vectors of numbers or text, by name."""
    return {
        name: header.shape[0]
        for name, header in others.items()
        if header.is_column and (header.is_numbers or header.is_text)
    }


def line_beside(name: str, header: Header, num_spikes: int = -1) -> str:
    """How to save a vector of numbers as a column of trials; empty for others.

    >>> line_beside("goCue", Header((40,), np.dtype(float)))
    '; to use it, save it as `trials.goCue`'
    """
    fits = header.is_column and (header.is_numbers or header.is_text) and "." not in name
    return f"; {line_for(name)}" if fits and header.shape[0] not in (1, num_spikes) else ""


def _unordered(
    name: str, of: str, found: np.ndarray, named: str, others: Mapping[str, Header]
) -> str:
    """Why a column cannot be joined."""
    ids = f"{named.removesuffix('s').removesuffix('_id')}_ids"
    ids = f"{of}.id" if ids in (named, *others) else ids
    return about_order(quoted([name]), len(found), found, of, named, ids)


def _reason(
    name: str,
    header: Header,
    size: int | None,
    sizes: Mapping[str, int],
    of: str | None,
    num_spikes: int,
) -> str:
    if header.dtype.hasobject or not (header.is_numbers or header.is_text):
        return header.in_words()
    if of is not None:
        return f"{header.in_words()}: as many as {of}, in an order that nothing tells"
    fitting = [table for table, number in sizes.items() if number == size]
    if fitting:
        alike = f"as many as {' and '.join(fitting)}, after which it is not named"
        return f"{header.in_words()}: {alike}; {line_for(name, fitting[0])}"
    if list(sizes) == ["units"]:
        return header.in_words() + line_beside(name, header, num_spikes)
    words = " or of ".join(many(number, table[:-1]) for table, number in sizes.items())
    return f"{header.in_words()}: not one value for each of {words}"
