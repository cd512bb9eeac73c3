"""Where the toolbox lies, and which functions it has."""

from pathlib import Path

from lfads.checks import UserError
from lfads.paths import printable

PACKAGE = "+lfads"


def toolbox_folder() -> Path:
    """The folder to `addpath`: within the installed package, or beside the sources of a checkout.

    Raises
    ------
    UserError
        If neither is there.
    """
    here = Path(__file__).resolve()
    places = [here.parent / "toolbox", here.parents[3] / "matlab"]
    for place in places:
        if (place / PACKAGE).is_dir():
            return place
    raise UserError(
        f"the toolbox is not there; expected in {printable(places[0])}: install lfads again"
    )


def function_names() -> list[str]:
    """The functions `lfads.NAME`."""
    return sorted(path.stem for path in (toolbox_folder() / PACKAGE).glob("*.m"))
