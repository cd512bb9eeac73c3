"""What a simulation knows, regressed on what was inferred: latents on factors, inputs on inferred inputs.

Factors and inferred inputs are defined up to an invertible linear map, so the truth is regressed on them
(with an intercept, on training trials) and scored on the trials of the other splits.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lfads.evaluation.matching import Matched, holds, values_of
from lfads.numerics.regression import fit_linear_map, r_squared


class Truth(NamedTuple):
    """Names of what is known, of what it is regressed on, and of the dimension of the latter."""

    known: str
    inferred: str
    dimension: str


LATENTS = Truth("true_latents", "factors", "factor")
INPUTS = Truth("true_inputs", "inferred_inputs", "input")


class Recovered(NamedTuple):
    """What is known of each session, its estimate, and R² of each column by split."""

    known: list[np.ndarray]
    estimate: list[np.ndarray]
    r2: dict[str, tuple[float, ...]]


def recovered(parts: Sequence[Matched], truth: Truth) -> Recovered:
    """Estimate what is known of some sessions by one linear map, and score it.

    The map is fitted on training trials. Without any it is fitted on all, and nothing is scored.
    """
    known = [np.asarray(getattr(part.session, truth.known), np.float64) for part in parts]
    found = [values_of(part.found, truth.inferred, truth.dimension) for part in parts]

    def rows(values: Sequence[np.ndarray], *splits: str) -> np.ndarray:
        chosen = [p.session.valid_bins() & p.session.of_split(*splits)[:, None] for p in parts]
        return np.concatenate([each[where] for each, where in zip(values, chosen, strict=True)])

    fitted = ("train",) if _obstacle_to_fit(parts, known) == "" else ("train", "valid", "test")
    linear_map = fit_linear_map(rows(found, *fitted), rows(known, *fitted))
    estimate = [linear_map(each) for each in found]
    scored = [s for s in ("valid", "test") if any(p.session.of_split(s).any() for p in parts)]
    r2 = {
        split: tuple(r_squared(rows(known, split), rows(estimate, split)).tolist())
        for split in scored
        if len(fitted) == 1
    }
    return Recovered(known, estimate, r2)


def obstacle(parts: Sequence[Matched], truth: Truth) -> str:
    """Why the truth, which all sessions have, cannot be scored; empty if it can."""
    known = [getattr(part.session, truth.known) for part in parts]
    if len({each.shape[2] for each in known}) > 1:
        return "sessions differ in their number"
    if not all(holds(part.found, truth.inferred) for part in parts):
        return f"the posterior has no {truth.inferred.replace('_', ' ')}"
    return _obstacle_to_fit(parts, known)


def _obstacle_to_fit(parts: Sequence[Matched], known: Sequence[np.ndarray]) -> str:
    pairs = zip(parts, known, strict=True)
    training = [each[part.session.of_split("train")] for part, each in pairs]
    if not any(map(len, training)):
        return "its linear map is fitted on training trials, and the posterior has none"
    if all(np.isnan(each).any(-1).all() for each in training):
        return "its linear map is fitted on training trials, and their truth is NaN"
    return ""
