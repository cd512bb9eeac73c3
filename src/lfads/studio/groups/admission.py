"""What a group may ask a job to do: with its own data alone, and with files that were read soundly before.

Jobs of all groups run as one user of the machine, so that no word of theirs may name a file.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfads.checks import NotThere, UserError
from lfads.files import PathLike, address_of
from lfads.jobs.asked import OF_JOB, TRAINED
from lfads.jobs.asking import is_name
from lfads.studio.groups.allowance import Allowance
from lfads.studio.looks import Looks

REFUSED = (
    "--address", "--config", "--coordinator", "--engine", "--num-processes", "--num-workers", "--out",
    "--process-id", "--resources", "--resume", "--track",
)  # fmt: skip
"""Flags by which a job would reach other machines, or go where it says by itself."""

POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Asked by a group's queue before it takes a job.

    Parameters
    ----------
    place
        Folder of the group.
    offered
        Folder that everybody may read; None for none.
    looks
        What reads files in limited processes.
    allowance
        What the group may use.
    """

    place: Path
    offered: Path | None
    looks: Looks
    allowance: Allowance

    def admit(
        self,
        command: str,
        inputs: Sequence[PathLike],
        settings: Mapping[str, Any],
        options: Sequence[str],
    ) -> None:
        """Refuse files of others, words that name files or machines, and data that cannot be read."""
        files = [
            self._file(word)
            for place, word in enumerate(inputs)
            if not is_name(command, place) and not str(word).startswith(OF_JOB)
        ]
        for word in (*map(str, options), *_texts_in(settings)):
            flag = word.partition("=")[0]
            if flag in REFUSED or any(one in word for one in ("/", "\\", "..")):
                raise UserError(
                    f"`{word[:60]}` cannot be asked for here: words of a job name no files, and no machines"
                )
        if command in TRAINED and files:
            self._require_readable(files, _width(options))

    def room(self, minutes: float | None) -> None:
        """Refuse what is beyond the quotas."""
        self.allowance.room(minutes)

    def _file(self, word: PathLike) -> Path:
        """A file of the group's, or one that everybody may read; all others are not there."""
        path = Path(word).absolute().resolve()
        allowed = [place.resolve() for place in (self.place, self.offered) if place is not None]
        if address_of(word) or not any(path.is_relative_to(place) for place in allowed):
            raise NotThere("these data are not here, or not any more")
        return path

    def _require_readable(self, files: Sequence[Path], width: float | None) -> None:
        """A limited process reads them first: afterwards they can be read here."""
        first, *others = files
        while True:
            look = self.looks.ask(first, "suits", width, [str(other) for other in others])
            if look.state == "failed":
                self.looks.again(first, "suits", width, [str(other) for other in others])
                raise UserError(look.text)
            if look.state == "ready":
                return
            time.sleep(POLL_S)


def _width(options: Sequence[str]) -> float | None:
    """The width of bins among the words of a command, as the forms send it."""
    words = [part for word in options for part in str(word).split("=", 1)]
    if "--bin-width-s" not in words[:-1]:
        return None
    try:
        return float(words[words.index("--bin-width-s") + 1])
    except ValueError:
        raise UserError("`--bin-width-s` must be a number of seconds") from None


def _texts_in(settings: Any) -> list[str]:
    """Names, as the flags that they may become, and texts of settings."""
    if isinstance(settings, str):
        return [settings]
    if isinstance(settings, Mapping):
        flags = [f"--{str(name).replace('_', '-')}" for name in settings]
        return [*flags, *(text for value in settings.values() for text in _texts_in(value))]
    if isinstance(settings, list | tuple):
        return [text for value in settings for text in _texts_in(value)]
    return []
