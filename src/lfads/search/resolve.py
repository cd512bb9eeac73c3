"""From settings and data to a resolved search: its space in our units, first values, and seeds."""

import dataclasses
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError
from lfads.config import (
    DEFAULT_SPACE,
    SHAPES,
    ModelConfig,
    RunConfig,
    SearchConfig,
    SearchRange,
    SearchSettings,
)
from lfads.data.dataset import Dataset
from lfads.hyperparameters import HyperParameterConfig, HyperParameterSettings
from lfads.model.shapes import shapes_of
from lfads.search.generation import shards_each
from lfads.search.local import members_side_by_side
from lfads.search.population import draw
from lfads.training.defaults import Derived, default_dropout, most_shards, resolve_defaults
from lfads.training.sizes import sizes_of, this_machine


def search_of(config: RunConfig) -> SearchConfig:
    """What a search does: as configured, or as by default."""
    return config.search or SearchConfig()


def member_seeds(config: SearchSettings) -> list[int]:
    """A seed for each member, from that of the search."""
    return [
        int(np.random.SeedSequence([config.seed, member]).generate_state(1)[0])
        for member in range(config.search.population)
    ]


def own_space(config: RunConfig, dataset: Dataset) -> dict[str, SearchRange]:
    """The ranges of a search in this library's units, for these data.

    The default range of dropout begins where a training of these data has its default.
    """
    shapes = shapes_of(dataset)
    num_bins = shapes.num_bins - config.model.initial_condition_length
    space = in_own_units(search_of(config).space, num_bins * shapes.mean_neurons)
    name = "dropout_rate"
    if space.get(name) != DEFAULT_SPACE[name]:
        return space
    start = default_dropout(sizes_of(dataset).num_training_trials)
    return {**space, name: dataclasses.replace(space[name], start=start)}


def in_stored_units(
    given: Mapping[str, Any], config: RunConfig, dataset: Dataset
) -> dict[str, Any]:
    """What was given, its ranges as `config.toml` of a search has them: whole and in our units."""
    if "space" not in given.get("search", {}):
        return dict(given)
    search = dataclasses.replace(search_of(config), space=own_space(config, dataset))
    table = RunConfig(search=search).to_dict()["search"]["space"]
    return {**given, "search": {**given["search"], "space": table}}


def resolve_search(
    config: RunConfig, dataset: Dataset, *, on_cluster: bool = False
) -> tuple[SearchSettings, list[Derived]]:
    """Every open setting of a search, and what was derived.

    On a cluster a worker's devices are its own: it decides itself how many members stand side by side.

    Raises
    ------
    UserError
        If settings do not fit the data, or cannot be searched with.
    """
    search, given, machine = search_of(config), config.training, this_machine()
    together = search.method == "population"
    if together:
        given = dataclasses.replace(given, num_shards=given.num_shards or 1, stream_steps=0)
    whole = dataclasses.replace(config, training=given, search=search)
    sizes = sizes_of(dataset)
    resolved, derived = resolve_defaults(whole, sizes, machine)
    training = resolved.training
    if together and config.training.num_shards is None:
        most = 1 if on_cluster else most_shards(training.batch_size)
        shards = shards_each(search.population, machine.num_devices, most)
        training = dataclasses.replace(training, num_shards=shards)
        reason = f"{search.population} members first share the devices"
        derived.append(Derived("training", "num_shards", shards, reason))
    if training.learning_rate_schedule == "plateau" and together:
        raise UserError(
            '[training] learning_rate_schedule = "plateau" is not for a search, where members share one '
            'course: choose "constant" or "cosine"'
        )
    if training.length_buckets > 1 and together:
        raise UserError(
            "[training] length_buckets must be 1 in a search: its members run all trials for the longest; "
            f"got {training.length_buckets}"
        )
    space = own_space(resolved, dataset)
    check_space(space)
    usual = HyperParameterSettings(dropout_rate=default_dropout(sizes.num_training_trials))
    _warn_of_idle_values(config.hyperparameters, usual, space)
    at_once = search.members_at_once
    if at_once is None and together and not on_cluster:
        at_once, reason = members_side_by_side(resolved, shapes_of(dataset), search.population)
        derived.append(Derived("search", "members_at_once", at_once, reason))
    search = dataclasses.replace(search, space=space, members_at_once=at_once)
    settings = {**vars(resolved), "training": training, "search": search}
    return SearchSettings(**settings), derived


def _warn_of_idle_values(
    given: HyperParameterConfig, usual: HyperParameterSettings, space: Mapping[str, SearchRange]
) -> None:
    """Values of what is searched count for nothing; `usual` are those of a training of these data."""
    idle = [
        f"{name} = {getattr(given, name):g}"
        for name, searched in space.items()
        if hasattr(usual, name)
        and getattr(given, name) not in (None, getattr(usual, name), searched.start)
    ]
    if idle:
        first = idle[0].split(" ")[0]
        warnings.warn(
            f"[hyperparameters] {', '.join(idle)}: the search does not begin there, since it draws what it "
            f"searches; [search.space.{first}] `start` says where all members begin",
            stacklevel=2,
        )


def in_own_units(
    space: Mapping[str, SearchRange], samples_per_trial: float
) -> dict[str, SearchRange]:
    """Ranges whose limits hold as they stand: those per bin and neuron times the samples of a trial."""

    def scaled(range_: SearchRange) -> SearchRange:
        limits = {name: getattr(range_, name) for name in ("low", "high", "start")}
        own = {name: x if x is None else x * samples_per_trial for name, x in limits.items()}
        return dataclasses.replace(range_, **own, per_sample=False) if range_.per_sample else range_

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
    fixed: HyperParameterSettings,
    population: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Every hyperparameter of every member: drawn where it is searched, else as given."""
    return {
        name: draw(space[name], population, rng)
        if name in space
        else np.full(population, float(given))
        for name, given in vars(fixed).items()
    }
