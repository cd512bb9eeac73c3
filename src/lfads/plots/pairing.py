"""Bring the trials and bins of a recording into the order of a posterior."""

from dataclasses import replace

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.data.session import FIELDS, Session


def paired(session: Session, posterior: xr.Dataset) -> Session:
    """The session with exactly the posterior's trials and bins, in its order.

    Trials are told by `trial_index`; a posterior that starts after the session says so in its
    attribute `first_bin`. The truth is NaN behind a trial's end.

    Raises
    ------
    UserError
        If trials, bins or neurons of the two do not fit together.
    """
    start, num_bins = int(posterior.attrs.get("first_bin", 0)), posterior.sizes["time"]
    expected = (session.num_bins - start, session.num_neurons)
    found = (num_bins, posterior.sizes.get("neuron", session.num_neurons))
    if expected != found:
        raise UserError(
            f"the posterior of session `{session.name}` has {found[0]} bins and {found[1]} "
            f"neurons; the data have {expected[0]} and {expected[1]}: infer it again from them"
        )

    part = session.take(_trials(session, posterior)).along("time", slice(start, None))
    part = replace(part, trial_length=np.maximum(part.trial_length - start, 0))
    within = part.valid_bins()[:, :, None]
    truth = {
        f.name: f.each(getattr(part, f.name), lambda array: np.where(within, array, np.nan))
        for f in FIELDS
        if f.known_truth
    }
    return replace(part, **truth)


def _trials(session: Session, posterior: xr.Dataset) -> np.ndarray:
    """Where each trial of the posterior stands in the session."""
    num_trials = posterior.sizes["trial"]
    if "trial_index" not in posterior.coords:
        wanted = session.trial_index[:num_trials]
    else:
        wanted = posterior["trial_index"].to_numpy()
    if np.array_equal(wanted, session.trial_index):
        return np.arange(num_trials)
    place = {int(index): k for k, index in enumerate(session.trial_index)}
    unique = len(place) == session.num_trials
    if not unique or len(wanted) != num_trials or any(int(i) not in place for i in wanted):
        raise UserError(
            f"the posterior has trials that session `{session.name}` of the data does not: "
            "infer it again from these data"
        )
    return np.array([place[int(i)] for i in wanted])


def values_of(posterior: xr.Dataset, name: str, feature: str) -> np.ndarray:
    """A variable as an array `trial time feature`, or a UserError that says what there is."""
    if name not in posterior or posterior[name].size == 0:
        raise UserError(f"no `{name}` in this posterior; it holds {', '.join(map(str, posterior))}")
    dims = [d for d in ("trial", "time", feature) if d in posterior[name].dims]
    return posterior[name].transpose(*dims).to_numpy()


def bin_width_of(posterior: xr.Dataset) -> float:
    """Width of a bin in seconds."""
    if "bin_width_s" in posterior.attrs:
        return float(posterior.attrs["bin_width_s"])
    time_s = posterior["time"].to_numpy()
    if len(time_s) < 2:
        raise UserError("the posterior does not say how wide a bin is: `attrs['bin_width_s']`")
    return float(time_s[1] - time_s[0])


def example_trials(posterior: xr.Dataset, group: np.ndarray, num: int) -> np.ndarray:
    """Trials to show: not trained on if possible, of conditions spread over all, and not empty."""
    candidates = np.arange(posterior.sizes["trial"])
    if "split" in posterior.coords:
        unseen = np.flatnonzero(posterior["split"].to_numpy().astype(str) != "train")
        candidates = unseen if len(unseen) else candidates
    if "factors" in posterior and posterior["factors"].size:
        begun = np.isfinite(values_of(posterior, "factors", "factor")[candidates, 0]).all(1)
        candidates = candidates[begun] if begun.any() else candidates
    _, rank = np.unique(group[candidates], return_inverse=True)
    within = np.zeros(len(candidates), int)
    for g in np.unique(rank):
        within[rank == g] = np.arange((rank == g).sum())
    first_of_each = candidates[within == 0]
    pool = first_of_each if len(first_of_each) >= num else candidates
    return pool[np.linspace(0, len(pool) - 1, min(num, len(pool))).round().astype(int)]
