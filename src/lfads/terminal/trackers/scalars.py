"""What trackers share: numbers by name, reasons in words, images, libraries that may be missing."""

import io
import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from lfads.checks import UserError, is_whole, reason_of
from lfads.training.defaults import Derived
from lfads.training.tracking import read_metrics

FIGURES_EVERY = 25
"""Epochs between figures."""

_DOTS_PER_INCH = 110


def scalars_of(record: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers of an epoch, grouped by what comes before the slash.

    >>> scalars_of({"epoch": 3, "train_nll": 0.5, "valid_sample_nll": math.nan, "ramp": 1.0})
    {'train/nll': 0.5, 'course/ramp': 1.0}
    """
    found = {}
    for name, value in record.items():
        if name == "epoch" or value is None or not math.isfinite(value):
            continue
        group, _, rest = name.partition("_")
        found[f"{group}/{rest}" if group in ("train", "valid") else f"course/{name}"] = value
    return found


def derived_in_words(derived: Sequence[Derived]) -> str:
    """What was derived from the data, a line each with its reason."""
    return "\n".join(f"[{d.table}] {d.name} = {d.value}  ({d.reason})" for d in derived)


def records_before(folder: Path, first_epoch: int) -> list[dict[str, Any]]:
    """The epochs of the run in a folder that stand before those to come."""
    return [r for r in read_metrics(folder / "metrics.jsonl") if r["epoch"] < first_epoch]


def png_of(figure: Any) -> bytes:
    """A figure as a PNG image."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DOTS_PER_INCH)
    return drawn.getvalue()


def library(module: str, package: str) -> Any:
    """A module of an optional package.

    Raises
    ------
    UserError
        If that is not installed, or something that it needs is not.
    """
    try:
        return import_module(module)  # an extra: type checkers need not find it
    except ImportError as error:
        raise UserError(
            f'{package} cannot be imported ({reason_of(error)}): pip install "lfads[tracking]"'
        ) from None


def epochs_between_figures(value: Any) -> int:
    """The choice `figures_every`, checked."""
    if not (is_whole(value) and value >= 0):
        raise UserError(
            f"`figures_every` must be a whole number of epochs, 0 for no figures; got {value!r}"
        )
    return int(value)
