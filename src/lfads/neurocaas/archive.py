"""`autolfads.zip`: written in one piece, and unpacked only to where it says nothing else."""

import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from lfads.checks import UserError, reason_of
from lfads.files import written_beside
from lfads.paths import printable

ARCHIVE = "autolfads.zip"
PACKED = (".h5", ".npz", ".nc")
"""Of files that are compressed already."""

MOST_MEMBERS = 10_000
MOST_RATIO = 200
"""Bytes that come out of one that went in: more is no result, but fills the disk."""

FEW_BYTES = 10_000_000
"""Of what may come out whatever went in."""


def write_archive(files: Mapping[str, Path], path: Path) -> None:
    """Write files under their names in the archive."""
    with written_beside(path) as beside, zipfile.ZipFile(beside, "w", allowZip64=True) as archive:
        for name, file in files.items():
            packed = file.suffix.lower() in PACKED
            how = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.write(file, name, compress_type=how)


def unpack(path: Path, folder: Path) -> list[Path]:
    """Write what an archive holds into a folder, and nowhere else.

    Raises
    ------
    UserError
        If it is damaged, leads out of the folder, or holds links or far more than its size.
    """
    where = printable(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            refuse_strange(members, path.stat().st_size, where)
            for one in members:
                with (
                    archive.open(one) as source,
                    written_beside(folder / one.filename) as beside,
                    beside.open("wb") as target,
                ):
                    shutil.copyfileobj(source, target)
            return [folder / one.filename for one in members]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{where}: is no whole .zip: {reason_of(error)}; fetch it again") from error


def refuse_strange(members: list[zipfile.ZipInfo], num_bytes: int, where: str) -> None:
    """A UserError for members that are no files within a folder, or that are too much."""
    for one in members:
        parts = PurePosixPath(one.filename).parts
        leaves = one.filename.startswith("/") or ".." in parts or not parts
        if leaves or any(mark in one.filename for mark in "\\:\0"):
            raise UserError(
                f"{where}: `{printable(one.filename)}` in it leads out of the folder; nothing was unpacked"
            )
        if stat.S_ISLNK(one.external_attr >> 16):
            raise UserError(
                f"{where}: `{printable(one.filename)}` in it is a link; nothing was unpacked"
            )
    names = [one.filename for one in members]
    if len(names) > MOST_MEMBERS or len({*names}) < len(names):
        raise UserError(f"{where}: holds too many files, or one twice; nothing was unpacked")
    total = sum(one.file_size for one in members)
    if total > max(FEW_BYTES, MOST_RATIO * num_bytes):
        raise UserError(
            f"{where}: {num_bytes} bytes that would become {total}; nothing was unpacked"
        )
