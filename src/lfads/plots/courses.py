"""Factors of several sessions, averaged over conditions that the sessions name alike."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.data.companions import in_order
from lfads.evaluation.matching import values_of
from lfads.numerics.means import groups_of_labels, means_of_groups, on_same_bins
from lfads.stitching.alignment import TimeCourse


def shared_labels(posteriors: Mapping[str, xr.Dataset]) -> np.ndarray | None:
    """Conditions of all sessions as text, in order; None unless sessions can be compared by them.

    That is so if every session has labels, and at least one label is found in two sessions.
    """
    if not all("condition" in posterior.coords for posterior in posteriors.values()):
        return None
    counts = sessions_with(posteriors)
    if not counts or (len(posteriors) > 1 and max(counts.values()) < 2):
        return None
    return np.array(in_order(counts))


def sessions_with(posteriors: Mapping[str, xr.Dataset]) -> Counter[str]:
    """In how many sessions each label is found; sessions without labels have none."""
    return Counter(
        label
        for posterior in posteriors.values()
        if "condition" in posterior.coords
        for label in np.unique(posterior["condition"].to_numpy().astype(str)).tolist()
    )


def factor_courses(
    posteriors: Mapping[str, xr.Dataset], labels: np.ndarray | None, *, split: str | None = None
) -> dict[str, TimeCourse]:
    """Factors of each session, averaged over the trials of each condition.

    Parameters
    ----------
    posteriors
        Results by the name of the session, with the same factors.
    labels
        Conditions as text, in the order of the result; None averages over all trials.
    split
        Average over trials of this split alone, where the posterior tells splits apart.

    Returns
    -------
    dict[str, TimeCourse]
        All with the bins of the longest session; NaN where nothing is known.

    Raises
    ------
    UserError
        If sessions differ in their number of factors.
    """
    sizes = {name: p.sizes.get("factor", 0) for name, p in posteriors.items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{size} in `{name}`" for name, size in sizes.items())
        raise UserError(
            "sessions can be shown in one space if they have the same factors; got different numbers: "
            f"{found}. Infer all of them from one run"
        )
    courses = on_same_bins([_course(p, labels, split) for p in posteriors.values()])
    return dict(zip(posteriors, courses, strict=True))


def _course(posterior: xr.Dataset, labels: np.ndarray | None, split: str | None) -> TimeCourse:
    factors = values_of(posterior, "factors", "factor")
    group = np.zeros(len(factors), np.int64)
    if labels is not None:
        group = groups_of_labels(posterior["condition"].to_numpy(), labels)
    if split is not None and "split" in posterior.coords:
        group = np.where(posterior["split"].to_numpy().astype(str) == split, group, -1)
    return means_of_groups(factors, group, 1 if labels is None else len(labels))
