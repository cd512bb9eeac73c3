"""What a data file holds before it is checked: the same for every layout.

A reader fills this in; `FileContents.checked` makes sessions of it once the bin width is known.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.data.session import Session
from lfads.data.validation import checked_session
from lfads.paths import printable


@dataclass(frozen=True, eq=False, kw_only=True)
class SessionArrays:
    """Arrays of one session as a file has them, by the names of `lfads.data.session.ARRAYS`.

    `true_counts` are expected counts per bin, which become rates with the bin width.
    """

    name: str
    arrays: Mapping[str, Any]
    true_counts: np.ndarray | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class FileContents:
    """Sessions of one file, and what the file says of all of them; None where it says nothing.

    `lacks` says what is missing for training, where a layout keeps training trials apart.
    """

    path: Path
    layout: str
    sessions: tuple[SessionArrays, ...]
    bin_width_s: float | None = None
    num_forward_bins: int = 0
    start_s: float = 0.0
    unit: str = ""
    observation: str = ""
    prepared: Mapping[str, Any] = field(default_factory=dict)
    lacks: str = ""

    def checked(self, bin_width_s: float, *, for_inference: bool) -> tuple[Session, ...]:
        """Checked sessions; a UserError names everything that is wrong with one."""
        if not for_inference:
            self.require_training_trials()
        return tuple(self._checked(s, bin_width_s, for_inference) for s in self.sessions)

    def require_training_trials(self) -> None:
        """A UserError where the layout keeps training trials apart, and they are not there."""
        if self.lacks:
            raise UserError(f"{printable(self.path)}: {self.lacks}")

    def where(self, session: str) -> str:
        """What messages about a session begin with."""
        where = printable(self.path)
        return f"{where}, session `{session}`" if len(self.sessions) > 1 else where

    def _checked(self, found: SessionArrays, bin_width_s: float, for_inference: bool) -> Session:
        arrays = dict(found.arrays)
        if found.true_counts is not None:
            with np.errstate(over="ignore"):  # inf is reported by the check of `true_rates_hz`
                arrays["true_rates_hz"] = found.true_counts / bin_width_s
        return checked_session(
            found.name, arrays, num_forward_bins=self.num_forward_bins,
            where=self.where(found.name), for_inference=for_inference,
        )  # fmt: skip


def as_scalar(values: Any, key: str, where: str | os.PathLike[str]) -> float | None:
    """One number from an array or attribute of one element; None stays None."""
    if values is None:
        return None
    array = np.asarray(values)
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise UserError(f"{where}: `{key}` must be one number; got {array.dtype} {array.shape}")
    return float(array.reshape(()))


def as_text(values: Any, key: str, where: str | os.PathLike[str]) -> str:
    """Text from an array or attribute of one element; empty for None."""
    if values is None:
        return ""
    array = np.asarray(values)
    text = array.reshape(-1)[0] if array.size == 1 else None
    if not isinstance(text, str | bytes):
        raise UserError(f"{where}: `{key}` must be one text; got {array.dtype} {array.shape}")
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def as_count(values: Any, key: str, where: str | os.PathLike[str]) -> int:
    """One whole number from an array or attribute of one element; 0 for None."""
    number = as_scalar(values, key, where)
    if number is None:
        return 0
    if not np.isfinite(number) or number != round(number):
        raise UserError(f"{where}: `{key}` must be a whole number; got {number:g}")
    return int(number)
