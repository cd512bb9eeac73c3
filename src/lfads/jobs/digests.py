"""Digests of what a job is given, by which two jobs that ask for the same are known."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

OF_RUNS = (
    "config.toml", "summary.json", "checkpoints/best.npz", "best/config.toml", "best/checkpoints/best.npz",
    "posterior.nc",
)  # fmt: skip
"""Files of a run that its results depend on."""


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
