"""What is known of a training before it is queued: whether it can run, on which data, and what it takes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lfads.checks import UserError
from lfads.config import RunConfig
from lfads.formats.read import read
from lfads.jobs.predict import Predicted, predicted


class Checked(NamedTuple):
    """Fingerprints of the data, and what the training takes."""

    data: Mapping[str, str]
    takes: Predicted


def checked(
    command: str,
    inputs: Sequence[str],
    settings: Mapping[str, Any],
    options: Sequence[str],
    cores: int,
) -> Checked:
    """Read data and settings of a training (`TRAINED`).

    Raises
    ------
    UserError
        If data or settings cannot be used: now, and not hours later.
    """
    tables = {"search": {}, **settings} if command == "search" else dict(settings)
    config = RunConfig.from_dict(tables)
    dataset = read([Path(word) for word in inputs], bin_width_s=_width(options))
    takes = predicted(dataset, config, cores)
    if command == "leave-one-out":
        each = takes.minutes * len(dataset.sessions)
        takes = Predicted(each, takes.memory_bytes)
    return Checked({"dataset": dataset.fingerprint()}, takes)


def _width(options: Sequence[str]) -> float | None:
    words = [part for word in options for part in word.split("=", 1)]
    if "--bin-width-s" not in words[:-1]:
        return None
    try:
        return float(words[words.index("--bin-width-s") + 1])
    except ValueError as error:
        raise UserError("`--bin-width-s` must be a number of seconds") from error
