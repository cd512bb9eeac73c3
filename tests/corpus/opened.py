"""Where files of a release are unpacked."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VERSIONS = sorted(path.parent.name for path in HERE.glob("*/files.zip"))


def unpacked(version: str, place: Path) -> Path:
    """All files of a version, in a folder of the place."""
    folder = place / version
    with zipfile.ZipFile(HERE / version / "files.zip") as archive:
        archive.extractall(folder)
    return folder


def expected(version: str) -> dict[str, Any]:
    """What was said of them when they were written."""
    return json.loads((HERE / version / "expected.json").read_text(encoding="utf-8"))


def copied(path: Path, place: Path) -> Path:
    """A copy of a file or folder, to be changed."""
    copy = place / path.name
    shutil.copytree(path, copy) if path.is_dir() else shutil.copy(path, copy)
    return copy
