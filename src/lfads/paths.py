"""Paths that users give: only regular files are opened, and names can be printed.

Opening a pipe waits for ever and reading a device never ends, so what lies at a path is asked first.
"""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.files import refuse_other_kinds

ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Characters that move the cursor, colour or turn round what is printed."""


def regular_file(path: Any, expected: str, *, missing: str = "there is no such file") -> Path:
    """`path`, if a regular file lies there.

    Parameters
    ----------
    path
        What the user gave.
    expected
        What should have come, for the message.
    missing
        What to say where nothing lies.

    Raises
    ------
    UserError
        If it is no path, leads nowhere, or leads to a folder, a pipe or a device.
    """
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(name, str):
        raise UserError(f"expected the path of a file as text; got {path!r}")
    if "\0" in name:
        raise UserError(f"expected the path of a file; got {name!r}: a path cannot hold NUL")
    where = printable(name)
    try:
        mode = Path(name).stat().st_mode
    except FileNotFoundError:
        raise UserError(f"{where}: {missing}; {expected}") from None
    except OSError as error:  # loops of links, names that are too long, folders that are closed
        raise UserError(f"{where}: cannot be opened: {error.strerror}; {expected}") from error
    except ValueError:  # characters that no file name holds
        raise UserError(f"{where}: {missing}; {expected}") from None
    if stat.S_ISDIR(mode):
        raise UserError(f"{where}: is a folder; {expected}")
    if not stat.S_ISREG(mode):
        raise UserError(
            f"{where}: is a pipe or a device, not a file: save its contents to a file; {expected}"
        )
    return Path(name)


def refuse_to_replace(
    path: Path,
    is_alike: Callable[[Path], bool] = lambda _: False,
    unlike: str = "",
    *,
    overwrite: bool = False,
) -> None:
    """Raise where a file would be written over unasked: it may be a recording.

    Parameters
    ----------
    path
        Of the file to write.
    is_alike
        Whether what lies there is an earlier result of the same kind, which is replaced.
    unlike
        How other files differ, for the message.
    overwrite
        Whether it was asked for: then only a folder or a device is refused.
    """
    refuse_other_kinds(path)
    if path.exists() and not overwrite and not is_alike(path):
        what = " and ".join(filter(None, ("exists already", unlike)))
        raise UserError(
            f"{printable(path)} {what}: choose another name, or `overwrite=True` to replace it"
        )


def printable(text: str | os.PathLike[str]) -> str:
    r"""The name of a file, or of something in one, as text that can be printed and saved.

    Bytes that are not UTF-8 are replaced, and characters that would act on a terminal are written out.

    >>> printable("caf\udce9.npz").encode("ascii", "namereplace")
    b'caf\\N{REPLACEMENT CHARACTER}.npz'
    >>> print(printable("\x1b[31mred"))
    \x1b[31mred
    """
    try:
        found = os.fsencode(text).decode("utf-8", "replace")
    except UnicodeEncodeError:  # no name of a file at all
        found = os.fspath(text).encode("utf-8", "replace").decode("utf-8")
    return ACTING.sub(lambda one: one[0].encode("unicode_escape").decode("ascii"), found)


def best_folder(folder: Path) -> Path:
    """The folder of a run: that of the best member, if a search is in `folder`; else the folder itself."""
    best = folder / "best"
    return best if (best / "config.toml").exists() else folder


def folder_of_search(best: Path) -> Path | None:
    """The folder of the search whose best member is in `best`, if it is one."""
    best = best.resolve()
    inside = best.name == "best" and (best.parent / "population.csv").is_file()
    return best.parent if inside else None


def batches_beside(out: Path) -> Path:
    """The hidden folder beside a file in which batches are kept until it is written.

    >>> batches_beside(Path("runs/first/posterior.nc")).as_posix()
    'runs/first/.posterior.nc.batches'
    """
    return out.with_name(f".{out.name}.batches")
