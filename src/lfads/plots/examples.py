"""Which trials of a posterior to show, what they are called, and the times of their bins."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.evaluation.matching import bin_width_of, holds, values_of
from lfads.numerics.evenly import evenly
from lfads.plots.style import as_label, bin_edges_s


def example_trials(posterior: xr.Dataset, group: np.ndarray, num: int) -> np.ndarray:
    """Trials to show: not trained on if possible, of conditions spread over all, and not empty."""
    candidates = np.arange(posterior.sizes["trial"])
    if "split" in posterior.coords:
        unseen = np.flatnonzero(posterior["split"].to_numpy().astype(str) != "train")
        candidates = unseen if len(unseen) else candidates
    if holds(posterior, "factors"):
        begun = np.isfinite(values_of(posterior, "factors", "factor")[candidates, 0]).all(1)
        candidates = candidates[begun] if begun.any() else candidates
    _, first = np.unique(group[candidates], return_index=True)
    first_of_each = candidates[np.sort(first)]
    pool = first_of_each if len(first_of_each) >= num else candidates
    return pool[evenly(len(pool), num)]


def chosen_trials(
    posterior: xr.Dataset, group: np.ndarray, trials: Sequence[int] | None, num: int
) -> np.ndarray:
    """The trials that a user named, by position, or `example_trials`."""
    if trials is None:
        return example_trials(posterior, group, num)
    num_trials = posterior.sizes["trial"]
    wrong = [t for t in trials if not 0 <= t < num_trials]
    if wrong or not len(trials):
        raise UserError(
            f"`trials` must be positions from 0 to {num_trials - 1} in the posterior; got {trials}"
        )
    return np.asarray(trials)


def trial_name(posterior: xr.Dataset, trial: int, between: str | None = None) -> str:
    """The trial's number in the source and, after `between`, its condition, if it has one."""
    number = int(posterior["trial_index"][trial]) if "trial_index" in posterior.coords else trial
    if between is None or "condition" not in posterior.coords:
        return f"trial {number}"
    label = posterior["condition"].to_numpy()[trial]
    return f"trial {number}{between}condition {as_label(label, 14)}"


def method_of(posterior: xr.Dataset) -> str:
    """What inferred the results: LFADS, or the name of a baseline."""
    return str(posterior.attrs.get("baseline", "LFADS"))


def unit_of(posterior: xr.Dataset) -> str:
    """Unit of predicted means, as axes bear it: spikes/s for counts."""
    unit = str(posterior["rates"].attrs.get("units", "spikes/s"))
    return "arbitrary unit" if unit == "1" else unit


def middles_s(posterior: xr.Dataset) -> np.ndarray:
    """Middle of each bin."""
    return posterior["time"].to_numpy() + 0.5 * bin_width_of(posterior)


def edges_s(posterior: xr.Dataset) -> tuple[float, float]:
    """Start of the first bin and end of the last."""
    return bin_edges_s(posterior["time"].to_numpy(), bin_width_of(posterior))
