"""What a training or search that was stopped goes on with: the command that began it, and its data."""

from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.matlab.request import Request
from lfads.storage.run_folder import run_folder
from lfads.training.checkpoint import checkpoint_in, read_header
from lfads.training.folder import data_of


def resumed(request: Request) -> Request:
    """The request that goes on with the run that `run` names; other arguments are passed on.

    Raises
    ------
    UserError
        If there is nothing to go on with, or its data have moved and are not given.
    """
    asked = dict(request.arguments) if isinstance(request.arguments, dict) else {}
    place = asked.pop("run", None)
    if not isinstance(place, str) or not place:
        raise UserError("`run=` is missing: the folder of the run to go on with")
    header, data = _about(place)
    adapted_from = data.get("adapted_from")
    command = "adapt" if adapted_from else "search" if "rows" in header else "train"
    if adapted_from:
        asked = {"run": adapted_from, **asked}
    files = asked.pop("data", None) or _there(data["paths"], place)
    return Request(
        command, {**asked, "data": files, "out": place, "resume": True}, {}, request.bytes_as_text
    )


def _about(place: str) -> tuple[dict[str, Any], dict[str, Any]]:
    with run_folder(place) as kept:
        path = checkpoint_in(kept.path)
        if not path.is_file():
            raise UserError(
                f"there is nothing to resume in {place}: no training or search began there"
            )
        header = read_header(path)
        return header, data_of(header, path)


def _there(paths: list[str], place: str) -> list[str]:
    moved = [path for path in paths if not Path(path).exists()]
    if moved or not paths:
        raise UserError(
            f"the training data of {place} are no longer at {', '.join(moved) or 'any path'}: say where "
            "they are with `data=`"
        )
    return list(paths)
