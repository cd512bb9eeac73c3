"""Scores by brain area: those of the neurons of each, where the data name more than one."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from lfads.evaluation.matching import Matched


def areas_of(parts: Sequence[Matched]) -> list[str]:
    """The areas that neurons lie in, in order of their names; empty unless there are several."""
    columns = [part.session.neuron_table.get("area", np.empty(0, str)) for part in parts]
    names = sorted({str(area) for column in columns for area in column} - {""})
    return names if len(names) > 1 else []


def in_area(parts: Sequence[Matched], area: str) -> list[Matched]:
    """The neurons of one area, of the sessions that have any."""
    found = []
    for part in parts:
        of = part.session.neuron_table.get("area")
        here = np.zeros(part.session.num_neurons, bool) if of is None else of.astype(str) == area
        if here.any():
            found.append(
                dataclasses.replace(
                    part,
                    session=part.session.along("neuron", here),
                    found=part.found.isel(neuron=here),
                )
            )
    return found
