"""The process that decodes MATLAB's objects by mat-io: `python -m lfads.formats.matlab.child`.

Its arguments are a limit of memory in bytes, the file, a folder to write into, and the variables that hold
objects. It writes `objects.json`: by the place of each object (`trials.side`) the number of a `.npy` file,
or a struct of such numbers for a table, null for a column without a plain form. Text is text, durations
are seconds, dates are ISO 8601.
"""

import importlib
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SPARE_BYTES = 4 * 2**30
"""Of addresses, for libraries."""


def main(arguments: Sequence[str]) -> None:
    """Decode the objects of a file."""
    limit, path, folder, *names = arguments
    _limit_memory(int(limit))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of objects that it does not know, which are left out
        written = _Written(Path(folder))
        listed = {
            place: number
            for name, value in _loaded(path, names).items()
            for place, found in _objects(value, name)
            if (number := written.number(found)) is not None
        }
    (Path(folder) / "objects.json").write_text(json.dumps(listed), encoding="utf-8")


def _loaded(path: str, names: Sequence[str]) -> dict[str, Any]:
    """Variables as mat-io has them, those that it can read."""
    try:
        found = importlib.import_module("matio").load_from_mat(path, variable_names=list(names))
    except MemoryError:
        raise
    except Exception:  # it raises what it meets; the other variables may be well
        if len(names) == 1:
            return {}
        return {key: value for name in names for key, value in _loaded(path, [name]).items()}
    return {name: value for name, value in found.items() if name in names}


def _limit_memory(num_bytes: int) -> None:
    try:
        import resource
    except ImportError:
        return  # on Windows
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = num_bytes + SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _objects(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Decoded objects within a value, by the names that the readers of files give their places."""
    if _is_decoded(value):
        yield name, value
    elif isinstance(value, np.ndarray) and value.dtype.names:
        for place, record in enumerate(value.ravel(order="F")):
            at = name if value.size == 1 else f"{name}({place + 1})"
            for key in value.dtype.names:
                yield from _objects(record[key], f"{at}.{key}")
    elif type(value) is np.ndarray and value.dtype.kind == "O":
        for place, item in enumerate(value.ravel(order="F")):
            yield from _objects(item, f"{name}{{{place + 1}}}")


def _is_decoded(value: Any) -> bool:
    import pandas as pd

    if isinstance(value, pd.DataFrame | pd.Categorical):
        return True
    return isinstance(value, np.ndarray) and value.dtype.kind in "TMm"


class _Written:
    """Writes arrays under numbers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def number(self, value: Any) -> Any:
        """The number of the file with a value, or a struct of numbers; None for what has no plain form."""
        import pandas as pd

        if isinstance(value, pd.DataFrame):
            return {str(name): self.number(column) for name, column in _columns(value)}
        array = _plain(value)
        if array is None:
            return None
        np.save(self.folder / f"{self.count}.npy", array, allow_pickle=False)
        self.count += 1
        return self.count - 1


def _columns(table: Any) -> Iterator[tuple[str, Any]]:
    """Columns of a table, that of times or names of rows first, where it has one."""
    import pandas as pd

    if not isinstance(table.index, pd.RangeIndex):
        yield str(table.index.name or "Row"), np.asarray(table.index.to_numpy())[:, None]
    for name in table.columns:
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            yield str(name), pd.Categorical(column)
        else:
            yield str(name), column.to_numpy()[:, None]


def _plain(value: Any) -> np.ndarray | None:
    """Text, numbers, seconds or ISO 8601."""
    import pandas as pd

    if isinstance(value, pd.Categorical):
        codes = np.asarray(value.codes)
        texts = np.array([*map(str, value.categories), ""], dtype=str)
        return texts[codes]
    array = np.asarray(value)
    if array.dtype.kind == "m":
        return array.astype("timedelta64[ns]").astype(np.float64) / 1e9
    if array.dtype.kind == "M":
        return np.where(np.isnat(array), "", np.datetime_as_string(array, unit="ms"))
    if array.dtype.kind == "T":
        rows = ["" if text is None or text != text else str(text) for text in array.ravel()]
        return np.array(rows, dtype=str).reshape(array.shape)
    if array.dtype.kind in "biufU":
        return array
    return _of_objects(array)


def _of_objects(array: np.ndarray) -> np.ndarray | None:
    """A column of one text or number a row, which a table keeps as objects."""
    rows = [x.item() if isinstance(x, np.ndarray) and x.size == 1 else x for x in array.ravel()]
    rows = ["" if isinstance(x, np.ndarray) and not x.size else x for x in rows]
    if rows and all(isinstance(x, str) or _is_missing(x) for x in rows):
        texts = [x if isinstance(x, str) else "" for x in rows]
        return np.array(texts, dtype=str).reshape(array.shape)
    if rows and all(isinstance(x, int | float | np.number) for x in rows):
        return np.array(rows, np.float64).reshape(array.shape)
    wide = [x.ravel() for x in rows if isinstance(x, np.ndarray) and x.dtype.kind in "biuf"]
    if len(wide) == len(rows) and len({len(x) for x in wide}) == 1:
        return np.stack(wide)
    return None


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


if __name__ == "__main__":
    main(sys.argv[1:])
