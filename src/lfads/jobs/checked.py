"""What is known of a training before it is queued: whether it can run, on which data, and what it takes."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lfads.checks import UserError
from lfads.config import RunConfig
from lfads.formats.read import read
from lfads.jobs.predict import Predicted, predicted

OF_RUNS = (
    "config.toml", "summary.json", "checkpoints/best.npz", "best/config.toml", "best/checkpoints/best.npz",
    "posterior.nc",
)  # fmt: skip
"""Files of a run that its results depend on."""

TRAINED = ("train", "search", "leave-one-out")
"""Commands whose inputs are data files alone."""


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
) -> Checked | None:
    """Read data and settings of a training; None for other commands.

    Raises
    ------
    UserError
        If data or settings cannot be used: now, and not hours later.
    """
    if command not in TRAINED:
        return None
    tables = {"search": {}, **settings} if command == "search" else dict(settings)
    config = RunConfig.from_dict(tables)
    dataset = read([Path(word) for word in inputs], bin_width_s=_width(options))
    takes = predicted(dataset, config, cores)
    if command == "leave-one-out":
        each = takes.minutes * len(dataset.sessions)
        takes = Predicted(each, takes.memory_bytes)
    return Checked({"dataset": dataset.fingerprint()}, takes)


def digests_of(inputs: Sequence[str]) -> dict[str, str]:
    """Digests of files, and of what decides of the results of runs, by path."""
    found = {}
    for word in inputs:
        path = Path(word)
        if path.is_file():
            found[word] = _digest([path])
        elif path.is_dir():
            parts = [path / name for name in OF_RUNS]
            found[word] = _digest([part for part in parts if part.is_file()])
    return found


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in files:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    return digest.hexdigest()


def _width(options: Sequence[str]) -> float | None:
    words = [part for word in options for part in word.split("=", 1)]
    if "--bin-width-s" not in words[:-1]:
        return None
    try:
        return float(words[words.index("--bin-width-s") + 1])
    except ValueError as error:
        raise UserError("`--bin-width-s` must be a number of seconds") from error
