"""What a user asks for, made whole: paths absolute, jobs by their ids, data by fingerprint, all checked."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from lfads.checks import UserError
from lfads.files import PathLike, address_of
from lfads.jobs.asked import OF_JOB, ON_RUNS, TRAINED, Asked
from lfads.jobs.digests import digests_of


class Expected(NamedTuple):
    """What a training is expected to take."""

    minutes: float
    memory_bytes: int


def made_whole(
    command: str,
    inputs: Sequence[PathLike],
    settings: Mapping[str, Any],
    options: Sequence[str],
    out: str,
    *,
    id_of: Callable[[str], str],
    cores: int,
) -> tuple[Asked, Expected | None]:
    """What is asked, and what it is expected to take if it is a training.

    Parameters
    ----------
    command, inputs, settings, options, out
        As of `Jobs.submit`.
    id_of
        The id of a job by how it begins.
    cores
        That it has.

    Raises
    ------
    UserError
        If it is no job, a file is not there, or settings do not fit the data.
    """
    for name, given in (("inputs", inputs), ("options", options)):
        if isinstance(given, str | bytes) or not isinstance(given, Sequence):
            raise UserError(f"`{name}=` must be a list of words; got {given!r}")
    tables, options = _without_none(settings), tuple(map(str, options))
    Asked(command=command, settings=tables, options=options, out=out)
    words = tuple(_input(command, word, place, id_of) for place, word in enumerate(inputs))
    found = None
    if command in TRAINED:  # JAX comes with it, which nothing else must wait for
        from lfads.jobs.checked import checked

        found = checked(command, words, tables, options, cores)
    asked = Asked(
        command=command, inputs=words, settings=tables, options=options, out=out,
        data=digests_of(words) if found is None else found.data, version=version("lfads"),
    )  # fmt: skip
    return asked, None if found is None else Expected(found.takes.minutes, found.takes.memory_bytes)


def is_name(command: str, place: int) -> bool:
    """Whether an input of a command is the name of a part or of an experiment, and no file.

    >>> is_name("analyse", 0), is_name("analyse", 1)
    (False, True)
    """
    return command == "reproduce" or (command, place) in (("baseline", 0), ("analyse", 1))


def _input(command: str, word: PathLike, place: int, id_of: Callable[[str], str]) -> str:
    """A file by its absolute path; names of parts and of experiments as they are."""
    text = str(word)
    if is_name(command, place):
        return text
    if text.startswith(OF_JOB):
        return f"{OF_JOB}{id_of(text.removeprefix(OF_JOB))}"
    if address := address_of(word):
        return address
    if Path(text).exists():
        return str(Path(text).absolute())
    what = "run" if command in ON_RUNS and place == 0 else "file"
    raise UserError(f"{command}: there is no {what} {text}")


def _without_none(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that are given: None stands for one that is not."""
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in settings.items()
        if value is not None
    }
