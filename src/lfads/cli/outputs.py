"""What a command may write over, and what it may not."""

import os
import tempfile
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.files import refuse_address, refuse_other_kinds
from lfads.paths import printable


def refuse_existing(out: Path) -> None:
    """A UserError if there is anything at `out`: it may be a recording."""
    refuse_address(out)
    if out.exists():
        raise UserError(
            f"{out} exists already: choose another name for `--out`, or delete it first"
        )


def refuse_unwritable(out: Path) -> None:
    """A UserError if a file cannot be made at `out`, said before the work; folders on the way are made."""
    folder = next(parent for parent in out.absolute().parents if os.path.lexists(parent))
    try:
        # A name like that under which the file is written first.
        with tempfile.NamedTemporaryFile(prefix=f".{out.name}.", suffix=out.suffix, dir=folder):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"`out=` {printable(out)} cannot be written: {reason} ({printable(folder)}). Choose a folder "
            "that you may write to"
        ) from error


def refuse_other_than_posterior(out: Path) -> None:
    """A UserError if `out` is anything but free, or an earlier result of `lfads infer`."""
    from lfads.results.writers import format_for

    refuse_other_kinds(out)
    if not format_for(out).is_own(out) and out.exists():
        raise UserError(
            f"{out} exists already and is not a result of `lfads infer`: choose another name for `--out`"
        )


def continuous_beside(posterior: Path, dataset: Any, given: bool) -> Path | None:
    """Where results merged over windows go: beside the posterior's file; None for other data.

    A UserError if anything but an earlier such result lies there.
    """
    from lfads.arrays import CHOP_COLUMNS
    from lfads.windows.merge import is_continuous

    if len(dataset.sessions) > 1 or not set(CHOP_COLUMNS) <= set(dataset.session.trial_table):
        return None
    name = f"{posterior.stem}.continuous.nc" if given else "continuous.nc"
    path = posterior.with_name(name)
    if path.exists() and not is_continuous(path):
        raise UserError(
            f"{path} exists already and does not hold merged results of `lfads infer`, which would be "
            "written there: move it, or choose another name for `--out`"
        )
    return path


def refuse_to_mix(opened: Any, dataset: Any, out: Path) -> None:
    """A UserError if results on other data would take the place of those on the training data."""
    if dataset.fingerprint() != opened.data["fingerprint"]:
        raise UserError(
            f"{out} is for the training data, whole, and {dataset.source} is not: say where to write "
            f"with `--out FILE{out.suffix}`"
        )
