"""Which row of a table each unit or trial is that spikes name: by its id, never by the order of names."""

from collections.abc import Iterable, Mapping

import numpy as np

from lfads.checks import UserError, first_of, many
from lfads.recordings.names import is_of_ids

LEAST_FOUND = 0.5
"""Share of the rows that spikes must name for their labels to count the rows."""


def labels_of_rows(
    found: np.ndarray,
    columns: Mapping[str, np.ndarray],
    lengths: Iterable[int],
    of: str,
    named: str,
) -> np.ndarray | None:
    """The label of each row, those without a spike among them; None if nothing tells which is which.

    A column of ids tells it; where there is none, labels that count the rows, from 0 or from 1.

    Parameters
    ----------
    found
        The different labels of spikes, sorted.
    columns
        Of the table.
    lengths
        How many rows it may have.
    of
        `units` or `trials`.
    named
        The array that labels each spike, for messages.

    Raises
    ------
    UserError
        If a column of ids lacks some of the labels, or columns of ids differ.

    Examples
    --------
    >>> found = np.array([5, 9, 12])
    >>> labels_of_rows(found, {"id": np.array([12, 5, 9])}, (), "units", "unit").tolist()
    [12, 5, 9]
    >>> labels_of_rows(found, {}, {3}, "units", "unit")
    >>> labels_of_rows(np.array([1, 3]), {}, {3}, "units", "unit").tolist()
    [1, 2, 3]
    """
    joined = _joined(found, columns, of, named)
    lengths = set(lengths)
    if joined is not None or not lengths:
        return found if joined is None else joined
    if not _are_whole(found):
        return None
    if len(found) in lengths and _count(found):
        return found
    fits = [
        (first, length)
        for length in lengths
        for first in (0, 1)
        if first <= found[0] and found[-1] < first + length and len(found) >= LEAST_FOUND * length
    ]
    if len(fits) != 1:  # more do not tell whether labels count from 0 or from 1
        return None
    first, length = fits[0]
    return np.arange(first, first + length)


def rows_of(labels: np.ndarray, each: np.ndarray) -> np.ndarray:
    """The row of each label.

    >>> rows_of(np.array([12, 5, 9]), np.array([9, 9, 12])).tolist()
    [2, 2, 0]
    """
    order = np.argsort(labels, kind="stable")
    return order[np.searchsorted(labels, each, sorter=order)]


def about_order(table: str, size: int, found: np.ndarray, of: str, named: str, ids: str) -> str:
    """Why columns cannot be joined to what spikes name.

    Parameters
    ----------
    table
        The columns, in words.
    size
        Their number of rows.
    found, of, named
        As of `labels_of_rows`.
    ids
        The name under which ids would be found.
    """
    those = f"the {many(len(found), of[:-1])} that `{named}` names ({_listed(found)})"
    return (
        f"{table} has {many(size, 'row')}, and nothing says which of them is which of {those}: save "
        f"`{ids}`, the label in `{named}` of each row, beside it"
    )


def _joined(
    found: np.ndarray, columns: Mapping[str, np.ndarray], of: str, named: str
) -> np.ndarray | None:
    """The column of ids that holds all labels."""
    alike = {
        name: column
        for name, column in columns.items()
        if (column.dtype.kind in "US") == (found.dtype.kind in "US")
        and len(np.unique(column)) == len(column)
    }
    ids = {name: column for name, column in alike.items() if is_of_ids(name, of)}
    holding = {name: column for name, column in ids.items() if np.isin(found, column).all()}
    if not holding and not _count(found):
        holding = {name: column for name, column in alike.items() if _holds(column, found)}
    if not holding:
        _refuse_others(found, ids, named)
        return None
    first, *others = holding.values()
    if any(not np.array_equal(first, other) for other in others):
        listed = " and ".join(f"`{name}`" for name in holding)
        raise UserError(
            f"{listed} each hold all labels of `{named}`, in orders that differ: take the one out that "
            "does not say which row is which"
        )
    return first


def _holds(column: np.ndarray, found: np.ndarray) -> bool:
    """Whether a column that is not named after ids holds them: numbers might by chance."""
    return len(column) >= len(found) and bool(
        np.isin(found, column).all() and (found.dtype.kind in "US" or len(column) == len(found))
    )


def _refuse_others(found: np.ndarray, ids: Mapping[str, np.ndarray], named: str) -> None:
    """A UserError if ids hold some labels and lack others; those that count rows are no such ids."""
    for name, column in ids.items():
        missing = found[~np.isin(found, column)]
        if len(missing) < len(found) and not _count(column):
            raise UserError(
                f"`{named}` names {_listed(missing)}, which `{name}` does "
                f"not hold: give `{name}` a row for each label of `{named}`"
            )


def _are_whole(labels: np.ndarray) -> bool:
    return labels.dtype.kind in "iuf" and len(labels) > 0 and not (labels % 1 != 0).any()


def _count(labels: np.ndarray) -> bool:
    """Whether labels are counted, from 0 or from 1."""
    return _are_whole(labels) and any(
        np.array_equal(labels, np.arange(first, first + len(labels))) for first in (0, 1)
    )


def _listed(labels: np.ndarray) -> str:
    return first_of((f"{one:g}" if isinstance(one, float) else one for one in labels.tolist()), 4)
