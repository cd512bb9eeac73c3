"""One message, which names the file, for whatever libraries raise of what a user gave."""

import contextlib
from collections.abc import Iterator

from lfads.checks import UserError, first_of, reason_of
from lfads.paths import printable

COPY_AGAIN = "Copy or download the file again"

RAISED = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError)
"""What h5py and NumPy raise of damaged files."""


@contextlib.contextmanager
def one_message(
    where: str,
    kind: str = "HDF5",
    errors: tuple[type[Exception], ...] = RAISED,
    advice: str = COPY_AGAIN,
) -> Iterator[None]:
    """One message for whatever libraries raise of a file that cannot be read as what it should be."""
    try:
        yield
    except MemoryError as error:
        raise UserError(f"{where}: does not fit into memory: {error}") from error
    except errors as error:
        if isinstance(error, UserError):
            raise
        if in_use := why_in_use(error):
            raise UserError(f"{where}: {in_use}") from error
        raise UserError(
            f"{where}: cannot be read as {kind}, it may be damaged or cut short "
            f"({reason_of_parser(error)}). {advice}"
        ) from error


def reason_of_parser(error: BaseException) -> str:
    """What an error of a parser says, without advice to programmers.

    >>> reason_of_parser(ValueError("too many digits; use sys.set_int_max_str_digits()"))
    'too many digits'
    """
    return reason_of(error).partition("; use sys.")[0]


def why_in_use(error: Exception) -> str:
    """What to say if HDF5 refuses a file since a program has it open for writing; empty for other errors.

    >>> why_in_use(OSError("file signature not found"))
    ''
    """
    said = str(error)
    if isinstance(error, BlockingIOError) or "unable to lock file" in said:
        return (
            "is open in another program, which keeps it locked: close it there (also in notebooks), or set "
            "the environment variable HDF5_USE_FILE_LOCKING=FALSE to read it as it is now"
        )
    if "already open for write" in said:
        return (
            "is being written, or was not closed by the program that wrote it: close it there; if none has "
            "it open any more, `h5clear -s FILE`, which comes with HDF5, removes the mark"
        )
    return ""


def quoted(names: list[str]) -> str:
    """Names for a message, the first twenty of them.

    >>> quoted(["a", "b"])
    '`a`, `b`'
    """
    return first_of((f"`{printable(name)}`" for name in names), 20) or "nothing"
