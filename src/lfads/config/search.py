"""What a population search does, and the ranges that it searches, as frozen dataclasses."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lfads.bounds import NonNegativeFloat, PositiveFloat, PositiveInt, check_fields
from lfads.checks import Problems, UserError, suggestion
from lfads.config.settings import ModelConfig, ObjectiveConfig, TrainingConfig
from lfads.hyperparameters import HyperParameterConfig


@dataclass(frozen=True, kw_only=True)
class SearchRange:
    """The values that one hyperparameter may take.

    Parameters
    ----------
    low
        Lower limit.
    high
        Upper limit.
    law
        Of the first values, between the limits.
    start
        Where every member starts; drawn from the law if not set.
    width
        How far one perturbation may go: by a factor between 1 and 1 + width, up or down.
    enforced
        Whether the limits hold after perturbation, too; otherwise only first values keep them.
    per_sample
        The limits are for one bin of one neuron, as in AutoLFADS; they are multiplied by the bins and
        neurons of a trial.

    Examples
    --------
    >>> lfads.SearchRange(low=1e-4, high=1e-2, start=4e-3).law
    'log_uniform'
    """

    low: NonNegativeFloat
    high: PositiveFloat
    law: Literal["uniform", "log_uniform"] = "log_uniform"
    start: NonNegativeFloat | None = None
    width: PositiveFloat = 0.3
    enforced: bool = True
    per_sample: bool = False

    def __post_init__(self) -> None:
        problems = Problems()
        check_fields(self, problems)
        if not problems.found:
            problems.require(
                self.low < self.high, f"`low` must be below `high`; got {self.low} and {self.high}"
            )
            problems.require(
                self.law == "uniform" or self.low > 0, "`low` of a log_uniform law must be above 0"
            )
            problems.require(
                self.start is None or self.low <= self.start <= self.high,
                f"`start` must lie between {self.low} and {self.high}; got {self.start}",
            )
        problems.raise_if_any()


SHAPES = (
    "num_factors", "generator_size", "encoder_size", "controller_size", "num_inferred_inputs",
    "initial_condition_size", "read_in_size",
)  # fmt: skip
"""Settings of [model] that a random search may search, too."""

_KL = SearchRange(low=1e-2, high=1.0, width=0.8, enforced=False)
_L2 = SearchRange(low=1e-4, high=1.0, start=1e-4, width=0.8, enforced=False, per_sample=True)

DEFAULT_SPACE = {
    "learning_rate": SearchRange(low=1e-4, high=2e-2, start=8e-3),
    "dropout_rate": SearchRange(law="uniform", low=0.0, high=0.6, start=0.05),
    "coordinated_dropout_rate": SearchRange(law="uniform", low=0.01, high=0.7, start=0.3),
    "initial_condition_kl_weight": dataclasses.replace(_KL, start=0.2),
    "inferred_input_kl_weight": dataclasses.replace(_KL, start=0.1),
    "generator_l2_weight": _L2,
    "controller_l2_weight": _L2,
}
"""What is searched if nothing is said, from the settings that a training has by default."""


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """A population that trains together (Keshtkaran et al. 2022; Jaderberg et al. 2017).

    Parameters
    ----------
    method
        `population`: members train together and the worse learn from the better; `random`: each is
        drawn and trained alone, and sizes of the network may be searched, too.
    population
        Members.
    num_generations
        Most generations to train.
    epochs_per_generation
        Epochs that every member trains before members are compared. The first generation also holds
        the ramp.
    selection
        `tournament`: each member meets another, and is replaced by it if that one is better;
        `truncation`: the worst fifth is replaced by members of the best fifth.
    exploration
        `perturb`: a replaced member's hyperparameters are those of the better one, changed a little;
        `resample`: drawn anew.
    min_improvement
        Relative improvement of the best score that counts.
    patience_generations
        Stop after this many generations without it.
    members_at_once
        Members that a device trains side by side; the others wait. Derived from the device if not set.
    max_hours
        Stop after this long.
    space
        What is searched: ranges by the name of a hyperparameter; others stay as they are. A range with
        both limits stands for itself, one without changes the default range; where all are without, the
        other default ranges are searched as well.

    Examples
    --------
    >>> search = lfads.SearchConfig(population=8, num_generations=10)
    >>> search.population * search.num_generations
    80
    """

    method: Literal["population", "random"] = "population"
    population: PositiveInt = 20
    num_generations: PositiveInt = 50
    epochs_per_generation: PositiveInt = 25
    selection: Literal["tournament", "truncation"] = "tournament"
    exploration: Literal["perturb", "resample"] = "perturb"
    min_improvement: NonNegativeFloat = 5e-4
    patience_generations: PositiveInt = 4
    members_at_once: PositiveInt | None = None
    max_hours: PositiveFloat | None = None
    space: Mapping[str, SearchRange] = field(default_factory=lambda: dict(DEFAULT_SPACE))

    def __post_init__(self) -> None:
        problems = Problems("[search]")
        space = _ranges(self.space, self.method == "random", problems)
        object.__setattr__(self, "space", space)
        check_fields(self, problems)
        problems.raise_if_any()


def _ranges(space: Any, with_shapes: bool, problems: Problems) -> dict[str, SearchRange]:
    """The ranges as dataclasses; tables change what they name in the default range."""
    if not isinstance(space, Mapping):
        problems.add(f"`space` must be tables ([search.space.learning_rate]); got {space!r}")
        return {}
    known = [f.name for f in dataclasses.fields(HyperParameterConfig)]
    known += SHAPES if with_shapes else ()
    limits = {"low", "high"}
    changes = all(isinstance(one, Mapping) and not limits <= one.keys() for one in space.values())
    ranges: dict[str, SearchRange] = dict(DEFAULT_SPACE) if space and changes else {}
    problems.require(len(space) > 0, "`space` must name something to search; got nothing")
    for name, given in space.items():
        if name not in known:
            problems.add(_cannot_search(name, known))
        elif isinstance(given, SearchRange):
            ranges[name] = given
        elif isinstance(given, Mapping):
            try:
                ranges[name] = _range_from(given, DEFAULT_SPACE.get(name))
            except UserError as error:
                problems.add(f"[search.space.{name}] {error}")
        else:
            problems.add(f"[search.space.{name}] must be a table with low and high; got {given!r}")
    return ranges


def _range_from(given: Mapping[str, Any], default: SearchRange | None) -> SearchRange:
    """A range of its own if both limits are given, else the default with changes."""
    known = [f.name for f in dataclasses.fields(SearchRange)]
    problems = Problems()
    for key in given:
        problems.require(key in known, f"has no setting `{key}`.{suggestion(key, known)}")
    whole = {"low", "high"} <= set(given)
    problems.require(whole or default is not None, "needs `low` and `high`")
    problems.raise_if_any()
    if whole or default is None:
        return SearchRange(**given)
    start = default.start
    if start is not None and all(
        isinstance(given.get(k, 0.0), int | float) for k in ("low", "high")
    ):
        start = min(max(start, given.get("low", default.low)), given.get("high", default.high))
    return SearchRange(**{**vars(default), "start": start, **given})


def _cannot_search(name: str, known: list[str]) -> str:
    for table, kind in (
        ("model", ModelConfig), ("training", TrainingConfig), ("objective", ObjectiveConfig)
    ):  # fmt: skip
        if name in {f.name for f in dataclasses.fields(kind)}:
            other = ", or search it with `search.method='random'`" if name in SHAPES else ""
            return (
                f"`{name}` of [{table}] cannot change while a population trains, since it fixes a shape or "
                f"the course of training: give it once for all members{other}"
            )
    return f"[search.space] has no hyperparameter `{name}`.{suggestion(name, known)}"
