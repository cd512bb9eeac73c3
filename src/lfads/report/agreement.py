"""How well the sessions of a run agree: each alone, at the start of its read-ins, and as trained.

One measure for all three, so that they can be compared: R² of a session's averages over conditions, of
training trials, predicted by the mean of the other sessions' (`agreement_of`).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.evaluation.matching import holds
from lfads.plots.courses import factor_courses, shared_labels
from lfads.stitching.agreement import SMOOTHING_S, agreement_of, own_components
from lfads.stitching.align import align
from lfads.stitching.alignment import inputs_of
from lfads.stitching.averages import averages_of_all, encoded_parts, labels_of

BEFORE = "before: own principal components"
START = "start: read-ins before training"
AFTER = "after: factors of the trained network"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Agreement of each session with the others at two or three moments.

    Parameters
    ----------
    sessions
        Names of those that could be compared.
    moments
        For each moment, in order, an R² a session; NaN for one that shares nothing with the others.
    by_condition
        Whether averages are over conditions, or over all trials.
    """

    sessions: tuple[str, ...]
    moments: Mapping[str, tuple[float, ...]]
    by_condition: bool

    def of(self, session: str) -> list[float]:
        """Of one session at each moment; NaN if it could not be compared."""
        if session not in self.sessions:
            return [float("nan")] * len(self.moments)
        place = self.sessions.index(session)
        return [values[place] for values in self.moments.values()]


def measured(
    dataset: Dataset, posteriors: Mapping[str, xr.Dataset], config: RunConfig, *, aligned: bool
) -> Agreement | None:
    """Agreement of the sessions of a data set; None if fewer than two have factors of training trials.

    Parameters
    ----------
    dataset
        Several sessions.
    posteriors
        What was inferred from them, by name.
    config
        Of the run.
    aligned
        Whether read-ins started from an alignment of these data, which is then made again.
    """
    chosen = [
        number
        for number, session in enumerate(dataset.sessions)
        if session.of_split("train").any() and holds(posteriors.get(session.name), "factors")
    ]
    if len(chosen) < 2:
        return None
    sessions = tuple(dataset.sessions[number] for number in chosen)
    part = dataclasses.replace(dataset, sessions=sessions, files=())
    of_part = {session.name: posteriors[session.name] for session in sessions}
    labels = shared_labels(of_part)
    if not all(labels_of(session) for session in sessions):
        labels = None
    by_condition = labels is not None
    num = config.model.read_in_size or next(iter(of_part.values())).sizes["factor"]
    start = "conditions" if by_condition else "time_course"
    moments = {BEFORE: agreement_of(own_components(part, num, start))}
    if aligned:
        moments[START] = agreement_of(_at_start(dataset, config, chosen, by_condition))
    moments[AFTER] = agreement_of(list(factor_courses(of_part, labels, split="train").values()))
    return Agreement(
        sessions=tuple(session.name for session in sessions),
        moments=moments,
        by_condition=by_condition,
    )


def _at_start(
    dataset: Dataset, config: RunConfig, chosen: Sequence[int], by_condition: bool
) -> list[np.ndarray]:
    """Averages of the chosen sessions behind the read-ins that training started from."""
    kind = "conditions" if config.model.read_in_start == "conditions" else "time_course"
    read_ins = align(dataset, config.model.read_in_size or 1, kind).read_ins
    parts = encoded_parts(dataset)
    averages = averages_of_all(
        [parts[number] for number in chosen], by_condition, SMOOTHING_S / dataset.bin_width_s
    )
    return [inputs_of(a, read_ins[number]) for a, number in zip(averages, chosen, strict=True)]
