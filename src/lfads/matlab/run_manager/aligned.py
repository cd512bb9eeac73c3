"""Multi-session alignment of what `generateCountsForDataset` returns."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.matlab.run_manager.counts import RawCounts
from lfads.stitching.global_components import (
    GlobalComponents,
    averages_of,
    regress_on_global_components,
)

APPROACHES = {"regressGlobalPCs": False, "ridgeRegressGlobalPCs": True}
"""Names of lfads-run-manager, and whether the regression is a ridge regression."""


class Aligned(NamedTuple):
    """Datasets in one space, with the averages that they were aligned by."""

    conditions: list[str]
    averages: list[np.ndarray]
    components: GlobalComponents

    def arrays(self) -> dict[str, Any]:
        """Fields of MultisessionAlignmentTool, in MATLAB's order: `component × time × condition`."""
        sessions = self.components.sessions
        return {
            "conditions": self.conditions,
            "pcAvgGlobal": self.components.scores.T,
            "varianceFraction": self.components.variance_fraction,
            "alignmentMatrices": [one.matrix for one in sessions],
            "alignmentBiases": [one.bias for one in sessions],
            "pcAvgReconstruction": [
                one.project(average).T for one, average in zip(sessions, self.averages, strict=True)
            ],
            "ridgePenalties": np.array([one.penalty for one in sessions]),
        }


def aligned(
    binned: Sequence[RawCounts], num_components: int, approach: str, z_score: bool
) -> Aligned:
    """Datasets aligned by their conditions; trials without a label are left out.

    Raises
    ------
    UserError
        If a dataset has no labels, no condition is shared, or there is no such approach.
    """
    if approach not in APPROACHES:
        raise UserError(f"there is no `alignmentApproach` {approach!r}: {' or '.join(APPROACHES)}")
    without = [one.name for one in binned if not any(one.labels)]
    if without:
        raise UserError(
            f"alignment: expected `conditionId` of every dataset; {', '.join(without)} have none. Return "
            "it from generateCountsForDataset, or set `useAlignmentMatrix` to false"
        )
    conditions = sorted(set().union(*(one.labels.tolist() for one in binned)) - {""}, key=_order)
    averages = [averages_of(one.counts, one.labels, conditions) for one in binned]
    found = regress_on_global_components(
        averages, num_components, ridge=APPROACHES[approach], z_score=z_score
    )
    longest = found.scores.shape[1]
    known = [
        np.pad(a, ((0, 0), (0, longest - a.shape[1]), (0, 0)), constant_values=np.nan)
        for a in averages
    ]
    return Aligned(conditions, known, found)


def _order(label: str) -> tuple[int, float, str]:
    """Numbers by size, then text."""
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label
