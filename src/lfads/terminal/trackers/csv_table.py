"""`metrics.csv`: a row an epoch, for spreadsheets and whatever reads tables."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from lfads.config import RunSettings
from lfads.files import write_text
from lfads.terminal.trackers.scalars import records_before
from lfads.training.defaults import Derived
from lfads.training.tracking import EpochRecord, finite

COLUMNS = tuple(f.name for f in fields(EpochRecord))


class CSV:
    """A row an epoch in `metrics.csv` in the run's folder; what is not finite is left empty.

    Parameters
    ----------
    folder
        Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "metrics.csv"

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Write the table anew, with the epochs that the run has already."""
        rows = [_line(record) for record in records_before(self.path.parent, first_epoch)]
        write_text(self.path, "".join([_as_csv(COLUMNS), *rows]))

    def epoch(self, record: EpochRecord) -> None:
        """Append a row, which is handed to the system as a whole."""
        with self.path.open("ab", buffering=0) as file:
            file.write(_line(finite(asdict(record))).encode())

    def end(self, stopped_by: str) -> None:
        """Nothing is left to do."""


def _line(record: Mapping[str, Any]) -> str:
    return _as_csv([record.get(name) for name in COLUMNS])


def _as_csv(values: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
