"""Where a command writes, and where it may not."""

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.ending import at_sudden_end
from lfads.files import part_beside
from lfads.paths import printable


def refuse_unwritable(out: Path) -> None:
    """A UserError if a file cannot be made at `out`, said before the work; folders on the way are made."""
    folder = next(parent for parent in out.absolute().parents if os.path.lexists(parent))
    try:
        probe = part_beside(folder / out.name)
        with at_sudden_end(partial(probe.unlink, missing_ok=True)):
            probe.touch(exist_ok=False)
            probe.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"`out=` {printable(out)} cannot be written: {reason} ({printable(folder)}). Choose a folder "
            "that you may write to"
        ) from error


def wrote(dataset: Any, where: str, about: str = "") -> Answer:
    """What a command says that has written trials of one session."""
    from lfads.data.summary import sizes_in_words, sizes_of

    session = dataset.session
    return Answer(
        {"out": where, "sizes": sizes_of(session)},
        f"wrote {where}: {sizes_in_words(session)}{about}; `lfads show {where}` prints what it holds",
    )


def refuse_input(out: Path, inputs: Iterable[Path]) -> None:
    """A UserError if what would be written is what is read: it is never replaced, even if asked for."""
    for one in inputs:
        if out.exists() and one.exists() and out.samefile(one):
            raise UserError(f"`out=` {printable(out)} is what is read: choose another name")


def continuous_beside(posterior: Path, dataset: Any, given: bool, overwrite: bool) -> Path | None:
    """Where results merged over windows go: beside the posterior's file; None for other data."""
    from lfads.data.places import are_windows
    from lfads.windows.merge import refuse_other_than_continuous

    if len(dataset.sessions) > 1 or not are_windows(dataset.session.trial_table):
        return None
    name = f"{posterior.stem}.continuous.nc" if given else "continuous.nc"
    path = posterior.with_name(name)
    refuse_other_than_continuous(path, overwrite)
    return path


def refuse_to_mix(opened: Any, dataset: Any, out: Path) -> None:
    """A UserError if results on other data would take the place of those on the training data."""
    if dataset.fingerprint() != opened.data["fingerprint"]:
        raise UserError(
            f"{out} is for the training data, whole, and {dataset.source} is not: say where to write "
            f"with `--out FILE{out.suffix}`"
        )
