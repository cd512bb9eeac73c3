"""The commands behind the MATLAB toolbox: where it lies, and one call of it."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfads.checks import UserError, suggestion
from lfads.cli import run_jobs
from lfads.cli.answer import Answer

if TYPE_CHECKING:
    from lfads.matlab.reply import Reply

HELP = "The toolbox for MATLAB and Octave: where it lies, and what it calls."


def path() -> Answer:
    """Print the folder to add to MATLAB's path: `addpath('FOLDER')`."""
    from lfads.matlab.toolbox import toolbox_folder

    folder = str(toolbox_folder())
    return Answer({"path": folder}, folder)


def call(folder: Path, /) -> Answer:
    """Answer the request in a folder; the toolbox calls this.

    Parameters
    ----------
    folder
        It holds `request.json` and will hold `reply.json`.
    """
    from lfads.matlab.call import call as answer_request
    from lfads.matlab.toolbox import function_names

    if not folder.is_dir():
        raise UserError(f"expected a folder with `request.json`; got {folder}")
    return Answer({}, "", answer_request(folder, _Commands(), function_names()))


COMMANDS: dict[str, Callable[..., Answer]] = {"path": path, "call": call}


class _Commands:
    """The commands, as MATLAB's calls take them; names with a space are of the queue."""

    def __init__(self) -> None:
        self._command = ""

    def parameters(self, command: str) -> tuple[Callable[..., Any], Collection[str]]:
        from lfads.cli.commands import BY_NAME
        from lfads.cli.main import flags_of

        queue = {f"jobs {name}": function for name, function in run_jobs.COMMANDS.items()}
        known = {**BY_NAME, **queue}
        if command not in known:
            raise UserError(f"there is no command `{command}`.{suggestion(command, known)}")
        return known[command], flags_of(command)

    def answer(self, words: Sequence[str], said: Callable[[str], str]) -> "Reply":
        from lfads.cli.main import answer_of, command_of
        from lfads.matlab.reply import Reply

        self._command = command_of(words)
        found = answer_of(words, lambda text, _: said(text))
        return Reply(found.values, {}, found.text, found.status)

    def message(self, error: Exception) -> str | None:
        from lfads.cli.main import mistake

        return mistake(error, self._command, said_by=lambda text, _: text)
