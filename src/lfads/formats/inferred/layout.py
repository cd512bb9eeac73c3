"""How a tool names what it infers, and how its numbers become ours, in both directions.

A layout is a list of `Field`s: our variable, the tool's array, and what becomes of the numbers. Rates
are expected counts per bin there, spikes/s here; several tools keep log-variances where we keep standard
deviations, or repeat for each trial what all trials share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr

from lfads.arrays import SPLITS

RATES = "rates"

LABELS = ("trial_index", "held_out")
"""What we write beside a tool's own arrays, so that trials and neurons are told again."""

Becomes = Literal["same", "log_variance"]


@dataclass(frozen=True)
class Field:
    """A variable of ours under a tool's name.

    Parameters
    ----------
    ours, theirs
        Names.
    axes
        Of ours, in our order.
    becomes
        `same`, or `log_variance` of what is a standard deviation here.
    each_trial
        Whether the tool repeats for each trial what all share here.
    """

    ours: str
    theirs: str
    axes: tuple[str, ...]
    becomes: Becomes = "same"
    each_trial: bool = False

    def written(self, session: xr.Dataset, num_trials: int) -> np.ndarray:
        """The tool's numbers, from ours."""
        values = np.asarray(session[self.ours].transpose(*self.axes).values, np.float64)
        if self.ours == RATES:
            values = values * bin_of(session)
        if self.becomes == "log_variance":
            with np.errstate(divide="ignore"):
                values = 2 * np.log(values)
        return np.repeat(values[None], num_trials, axis=0) if self.each_trial else values

    def read(self, values: np.ndarray) -> np.ndarray:
        """Our numbers, from the tool's; rates stay as they are, since their bins are not known here."""
        found = np.asarray(values, np.float64)
        found = found[0] if self.each_trial and len(found) else found
        return np.exp(found / 2) if self.becomes == "log_variance" else found


def bin_of(session: xr.Dataset) -> float:
    """What a predicted mean is multiplied by to be one per bin: 1 for what is no rate of counts."""
    counts = session[RATES].attrs.get("units") == "spikes/s"
    return float(session.attrs["bin_width_s"]) if counts else 1.0


TRIAL_TIME = ("trial", "time")


def over_time(ours: str, theirs: str, axis: str) -> Field:
    """A series of each trial."""
    return Field(ours, theirs, (*TRIAL_TIME, axis))


def of_trial(ours: str, theirs: str, axis: str, becomes: Becomes = "same") -> Field:
    """A vector of each trial."""
    return Field(ours, theirs, ("trial", axis), becomes)


def arrays_of(
    session: xr.Dataset, fields: Sequence[Field], dtype: type[np.floating]
) -> dict[str, np.ndarray]:
    """A session's results by a tool's names; what was not inferred is absent."""
    number = session.sizes["trial"]
    there = [one for one in fields if one.ours in session]
    return {one.theirs: one.written(session, number).astype(dtype) for one in there}


def by_split(session: xr.Dataset) -> dict[str, xr.Dataset]:
    """Trials of each split that there is, in their order."""
    names = session["split"].values.astype(str)
    return {
        split: session.isel(trial=np.flatnonzero(names == split))
        for split in SPLITS
        if (names == split).any()
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class Inferred:
    """What a file of another tool says of one session, in our names and order of axes.

    Parameters
    ----------
    name
        Of the session.
    layout
        Of the file, in words.
    variables
        By our names. `rates` are those of `rates_per`.
    split
        Of each trial; trials are in the order of the file, training ones first.
    rates_per
        `bin`: expected counts in a bin; `second`.
    trial_index
        Position of each trial in the source, where the file says it.
    held_out
        Mask of neurons that were not encoded, where the file says it.
    neuron_index
        Of each neuron its place in the data, where the tool keeps another order.
    joined_inputs
        Whether measured inputs stand behind the inferred ones.
    bin_width_s, start_s, first_bin
        As the file says them; None where it does not.
    condition
        Of each trial, where the file says it.
    not_read
        Names of arrays that are left in the file.
    """

    name: str
    layout: str
    variables: Mapping[str, np.ndarray]
    split: np.ndarray
    rates_per: Literal["bin", "second"] = "bin"
    trial_index: np.ndarray | None = None
    held_out: np.ndarray | None = None
    neuron_index: np.ndarray | None = None
    joined_inputs: bool = False
    bin_width_s: float | None = None
    start_s: float | None = None
    first_bin: int | None = None
    condition: np.ndarray | None = None
    not_read: tuple[str, ...] = ()


def axes_of(fields: Sequence[Field]) -> dict[str, tuple[str, ...]]:
    """Axes of our variables by name."""
    return {one.ours: one.axes for one in fields}
