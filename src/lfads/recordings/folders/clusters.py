"""Tables of the clusters of a sorter, brought to the units that spike."""

import numpy as np

from lfads.recordings.gaps import of_rows
from lfads.recordings.recording import Columns

ID = ("cluster_id", "id")
"""Names of the column with the number of the cluster; early versions of phy have the latter."""


def labels_of(unit: np.ndarray) -> np.ndarray:
    """The unit of each spike as numbers or text."""
    return unit.astype(str) if unit.dtype.kind == "S" else unit


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
    if labels.dtype.kind == "U":
        ids = _as_text(ids)
    place = {number: row for row, number in enumerate(ids.tolist())}
    rows = np.array([place.get(label, -1) for label in labels.tolist()], np.int64)
    return {name: of_rows(column, rows) for name, column in columns.items() if name not in ID}


def _as_text(ids: np.ndarray) -> np.ndarray:
    """Numbers as text, whole ones without a point."""
    whole = ids.dtype.kind == "f" and np.isfinite(ids).all() and not (ids % 1).any()
    return (ids.astype(np.int64) if whole else ids).astype(str)
