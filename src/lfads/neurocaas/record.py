"""What a server keeps of a submission on its own disk, so that the next one goes on where it was killed."""

import contextlib
import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from lfads.checks import UserError
from lfads.files import write_json
from lfads.format_versions import unversioned, versioned
from lfads.guarded.texts import read_json
from lfads.neurocaas.layout import Folder
from lfads.neurocaas.status import Status, logged
from lfads.paths import printable

Stage = Literal["claimed", "valid", "fetched", "running", "closing", "ended"]
"""What has been done; each stage's work may be done twice without harm."""

FILE_NAME = "record.json"
FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A data set of a submission.

    Parameters
    ----------
    key
        Of the data.
    name
        In the name of its status file.
    job
        Its job's id; empty before it has one.
    status
        How it ended, once its results are in the bucket.
    """

    key: str
    name: str
    job: str = ""
    status: Status = "INITIALIZING"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A submission as it stands.

    Parameters
    ----------
    id
        Name of its folder on the disk of the server.
    identity
        Key and version of its file: another upload is another submission.
    group
        Whose it is.
    text
        What was submitted.
    results
        Prefix of its folder of results.
    seen_at
        Seconds since 1970.
    stage
        What has been done.
    lines
        Of the certificate's log.
    datasets
        Jobs of it.
    config
        Key of its settings; empty until it is known.
    hours
        That each of its jobs may run.
    reserved_hours
        Of its group's budget, by all of them together.
    """

    id: str
    identity: str
    group: str
    text: str
    results: str
    seen_at: float
    stage: Stage = "claimed"
    lines: tuple[str, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    config: str = ""
    hours: float = 0.0
    reserved_hours: float = 0.0

    @property
    def folder(self) -> Folder:
        """Of results."""
        return Folder(self.results)

    @property
    def has_failed(self) -> bool:
        """Whether something of it came to no result."""
        return not self.datasets or any(one.status == "FAILED" for one in self.datasets)

    def said(self, *texts: str) -> "Record":
        """With further lines of the log."""
        took = time.time() - self.seen_at
        return replace(self, lines=(*self.lines, *(logged(text, took) for text in texts)))

    def with_dataset(self, place: int, **values: Any) -> "Record":
        """With other values of one of its data sets."""
        changed = list(self.datasets)
        changed[place] = replace(changed[place], **values)
        return replace(self, datasets=tuple(changed))


def id_of(identity: str) -> str:
    """The name of a submission's folder, by key and version of its file."""
    return hashlib.blake2b(identity.encode(), digest_size=10).hexdigest()


class Records:
    """Records of all submissions that a server has seen, in a folder."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        self._seen = {one.id for one in self.all()}  # what cannot be read is begun anew

    def folder(self, record: Record) -> Path:
        """Of a submission: its data and settings."""
        return self.place / record.id

    def knows(self, identity: str) -> bool:
        """Whether a submission has been seen."""
        return id_of(identity) in self._seen

    def put(self, record: Record) -> Record:
        """Keep a record, in one piece."""
        write_json(self.folder(record) / FILE_NAME, versioned(asdict(record), FORMAT_VERSION))
        self._seen.add(record.id)
        return record

    def all(self) -> list[Record]:
        """Of every submission, the oldest first."""
        found = [self._read(path) for path in self.place.glob(f"*/{FILE_NAME}")]
        there = [one for one in found if one is not None]
        return sorted(there, key=lambda one: (one.seen_at, one.id))

    def _read(self, path: Path) -> Record | None:
        """What a file says; None if it is damaged, a UserError if a newer version of `lfads` wrote it."""
        try:
            said = read_json(path, "")
        except UserError:
            return None
        said = unversioned(printable(path), said, FORMAT_VERSION)
        with contextlib.suppress(KeyError, TypeError):
            return _record_of(said)
        return None


def _record_of(values: Mapping[str, Any]) -> Record:
    datasets = tuple(Dataset(**one) for one in values["datasets"])
    return Record(**{**values, "datasets": datasets, "lines": tuple(values["lines"])})
