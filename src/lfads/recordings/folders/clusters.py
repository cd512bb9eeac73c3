"""Tables of the clusters of a sorter, brought to the units that spike."""

import numpy as np

from lfads.recordings.recording import Columns

ID = ("cluster_id", "id")
"""Names of the column with the number of the cluster; early versions of phy have the latter."""


def of_clusters(columns: Columns, labels: np.ndarray) -> dict[str, np.ndarray] | None:
    """Columns of a table of clusters for the units of these labels; None if no column says which is which.

    Examples
    --------
    >>> table = {"cluster_id": np.array([7, 3]), "group": np.array(["good", "mua"])}
    >>> of_clusters(table, np.array([3, 5, 7]))["group"].tolist()
    ['mua', '', 'good']
    """
    ids = next((columns[name] for name in ID if name in columns), None)
    if ids is None:
        return None
    place = {number: row for row, number in enumerate(ids.tolist())}
    rows = np.array([place.get(label, -1) for label in labels.tolist()], np.int64)
    return {name: _of_rows(column, rows) for name, column in columns.items() if name not in ID}


def _of_rows(column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values of rows; NaN or no text for row -1."""
    missing = rows < 0
    if not len(column):
        return np.full(len(rows), "")
    values = column[rows]
    if not missing.any():
        return values
    if column.dtype.kind in "biuf":
        return np.where(missing, np.nan, values.astype(np.float64))
    return np.where(missing, "", values)
