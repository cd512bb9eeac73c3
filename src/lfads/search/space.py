"""The space that a population searches, with its limits in this library's units."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError
from lfads.config import SHAPES, ModelConfig, SearchRange
from lfads.hyperparameters import HyperParameterConfig
from lfads.search.population import draw


def in_own_units(
    space: Mapping[str, SearchRange], samples_per_trial: float
) -> dict[str, SearchRange]:
    """Ranges whose limits hold as they stand: those per bin and neuron times the samples of a trial."""

    def scaled(range_: SearchRange) -> SearchRange:
        if not range_.per_sample:
            return range_
        start = None if range_.start is None else range_.start * samples_per_trial
        return dataclasses.replace(
            range_,
            low=range_.low * samples_per_trial,
            high=range_.high * samples_per_trial,
            start=start,
            per_sample=False,
        )

    return {name: scaled(range_) for name, range_ in space.items()}


def check_space(space: Mapping[str, SearchRange]) -> None:
    """Refuse limits that are no value of their hyperparameter.

    Raises
    ------
    UserError
        Naming every such limit.
    """
    problems = Problems("[search]")
    for name, range_ in space.items():
        problems.require(
            range_.enforced or not name.endswith("_rate"),
            f"[search.space.{name}] needs enforced limits: other values would not train",
        )
        for limit in ("low", "high"):
            value = getattr(range_, limit)
            try:
                if name in SHAPES:
                    ModelConfig(**{name: round(value)})
                else:
                    HyperParameterConfig(**{name: value})
            except UserError as error:
                problems.add(f"[search.space.{name}] `{limit}`: {error}")
    problems.raise_if_any()


def first_values(
    space: Mapping[str, SearchRange],
    fixed: HyperParameterConfig,
    population: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Every hyperparameter of every member: drawn where it is searched, else as given."""
    return {
        f.name: draw(space[f.name], population, rng)
        if f.name in space
        else np.full(population, float(getattr(fixed, f.name)))
        for f in dataclasses.fields(HyperParameterConfig)
    }
