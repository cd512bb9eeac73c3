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
    """Arrays of one session as a file has them; fields as in `Session`.

    `true_counts` are expected counts per bin, which become rates with the bin width.
    """

    name: str
    spikes: np.ndarray
    split: np.ndarray | None = None
    trial_length: np.ndarray | None = None
    trial_index: np.ndarray | None = None
    observed: np.ndarray | None = None
    held_out_neurons: np.ndarray | None = None
    condition: np.ndarray | None = None
    external_inputs: np.ndarray | None = None
    behavior: Mapping[str, np.ndarray] = field(default_factory=dict)
    true_counts: np.ndarray | None = None
    true_rates_hz: np.ndarray | None = None
    true_latents: np.ndarray | None = None
    true_inputs: np.ndarray | None = None
    trial_table: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, kw_only=True)
class FileContents:
    """Sessions of one file, and what the file says of all of them; None where it says nothing."""

    path: Path
    layout: str
    sessions: tuple[SessionArrays, ...]
    bin_width_s: float | None = None
    num_forward_bins: int = 0
    start_s: float = 0.0
    prepared: Mapping[str, Any] = field(default_factory=dict)

    def checked(self, bin_width_s: float, *, for_inference: bool) -> tuple[Session, ...]:
        """Checked sessions; a UserError names everything that is wrong with one."""
        return tuple(self._checked(s, bin_width_s, for_inference) for s in self.sessions)

    def _checked(self, arrays: SessionArrays, bin_width_s: float, for_inference: bool) -> Session:
        several = len(self.sessions) > 1
        where = printable(self.path)
        rates = arrays.true_rates_hz
        if arrays.true_counts is not None:
            with np.errstate(over="ignore"):  # inf is reported by the check of `true_rates_hz`
                rates = arrays.true_counts / bin_width_s
        return checked_session(
            arrays.spikes, name=arrays.name, split=arrays.split, trial_length=arrays.trial_length,
            observed=arrays.observed, held_out_neurons=arrays.held_out_neurons,
            num_forward_bins=self.num_forward_bins, condition=arrays.condition,
            external_inputs=arrays.external_inputs, behavior=arrays.behavior, true_rates_hz=rates,
            true_latents=arrays.true_latents, true_inputs=arrays.true_inputs,
            trial_index=arrays.trial_index, trial_table=arrays.trial_table,
            where=f"{where}, session `{arrays.name}`" if several else where,
            for_inference=for_inference,
        )  # fmt: skip


def as_scalar(values: Any, key: str, where: str | os.PathLike[str]) -> float | None:
    """One number from an array or attribute of one element; None stays None."""
    if values is None:
        return None
    array = np.asarray(values)
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise UserError(f"{where}: `{key}` must be one number; got {array.dtype} {array.shape}")
    return float(array.reshape(()))


def as_count(values: Any, key: str, where: str | os.PathLike[str]) -> int:
    """One whole number from an array or attribute of one element; 0 for None."""
    number = as_scalar(values, key, where)
    if number is None:
        return 0
    if not np.isfinite(number) or number != round(number):
        raise UserError(f"{where}: `{key}` must be a whole number; got {number:g}")
    return int(number)
