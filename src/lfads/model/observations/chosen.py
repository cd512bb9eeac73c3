"""The observation that a setting names, one of ours or of an installed package, or one a modality."""

from functools import cache
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.model.observations.modalities import Modalities
from lfads.model.observations.named import families_of
from lfads.model.observations.observation import USUAL, Moments, Observation
from lfads.parts import named_if_it_fails, part

SCORES = {"bits_per_spike", "bits_per_sample", "deviance_explained"}
"""The families of scores that there are."""


@cache
def observation_of(name: str) -> Observation:
    """The observation of a name, or those of several modalities: `emg=gamma + lfp=gaussian`.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    if families := families_of(name):
        return Modalities(families, {family: observation_of(family) for _, family in families})
    which = part("observations", name, "[model] `observation`")
    with named_if_it_fails(which):
        found = which.load()()
        if wrong := _not_kept(found):
            raise UserError(f"the {which.title}: {wrong}")
    return found


def _not_kept(found: Any) -> str:
    """What of the interface an observation does not keep, tried on two values; empty if all is well."""
    if not isinstance(found, Observation):
        return f"it must derive from `{Observation.__module__}.Observation`; got {found!r}"
    if getattr(found, "kind", None) not in USUAL:
        return "its `kind` must be `counts` or `real`"
    if unknown := set(found.scores) - SCORES:
        return (
            f"its `scores` must be of {', '.join(sorted(SCORES))}; got {', '.join(sorted(unknown))}"
        )
    start = found.start(Moments(np.array([1.0, 2.0]), np.array([1.0, 2.0])))
    if len(start.biases) != found.num_read_outs or set(start.own) != set(found.own_names):
        return "`start` must give `num_read_outs` biases, and values of all its `learned` and `fixed` names"
    parameters = found.parameters(start.biases, start.own, np)
    if missing := {"mean", *found.of_neurons, *found.over_time} - set(parameters):
        return f"`parameters` must give {', '.join(sorted(missing))}"
    kept = {name: parameters[name] for name in ("mean", *found.of_neurons, *found.over_time)}
    if not np.isfinite(found.log_density(np.array([1.0, 2.0]), kept, np)).all():
        return "`log_density` of 1 and 2, at moments of 1 and 2, is not finite"
    return ""
