"""The command that lists parts by kind, those of other packages among them."""

import inspect
import warnings
from typing import Any

from lfads.checks import UserError, suggestion
from lfads.cli.answer import Answer, aligned
from lfads.parts import KINDS, Kind, Part
from lfads.parts import parts as parts_of


def parts(kind: str | None = None, /) -> Answer:
    """List the parts that models and workflows are made of, those of other packages among them.

    Parameters
    ----------
    kind
        observations, priors, generators, augmentations, simulations, analyses, baselines, formats or
        trackers; all of them by default.
    """
    if kind is not None and kind not in KINDS:
        raise UserError(f"there is no kind of parts `{kind}`.{suggestion(kind, KINDS)}")
    kinds: list[Kind] = [each for each in KINDS if kind in (None, each)]
    values: list[dict[str, Any]] = []
    tables = []
    for each in kinds:
        found = [_described(part) for part in parts_of(each).values()]
        values += found
        rows = [(one["name"], one["says"], one["from"]) for one in found]
        title = f"{each}:"
        tables.append(title if not rows else f"{title}\n{aligned(rows)}")
    return Answer({"parts": values}, "\n\n".join(tables))


def _described(part: Part) -> dict[str, str]:
    """A part with the first line of what it says of itself; a warning where it cannot be imported."""
    about = {"kind": part.kind, "name": part.name, "target": part.target, "from": part.source}
    try:
        return about | {"says": (inspect.getdoc(part.load()) or "").partition("\n")[0]}
    except UserError as error:
        warnings.warn(str(error), stacklevel=2)
        return about | {"says": "cannot be imported"}
