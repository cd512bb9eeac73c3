"""From settings and data to a resolved search: its space in our units, seeds, and a place for members."""

import dataclasses
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.config import RunConfig, SearchConfig, SearchRange
from lfads.data.dataset import Dataset
from lfads.hyperparameters import HyperParameterConfig
from lfads.search.generation import shards_each
from lfads.search.local import members_side_by_side
from lfads.search.space import check_space, in_own_units
from lfads.training.defaults import Derived, most_shards, resolve_defaults
from lfads.training.setup import shapes_of, sizes_of, this_machine


def member_seeds(config: RunConfig) -> list[int]:
    """A seed for each member, from that of the search."""
    search = config.search or SearchConfig()
    return [
        int(np.random.SeedSequence([config.seed, member]).generate_state(1)[0])
        for member in range(search.population)
    ]


def own_space(config: RunConfig, dataset: Dataset) -> dict[str, SearchRange]:
    """The ranges of a search in this library's units, for these data."""
    search, shapes = config.search or SearchConfig(), shapes_of(dataset)
    num_bins = shapes.num_bins - config.model.initial_condition_length
    return in_own_units(search.space, num_bins * shapes.mean_neurons)


def in_stored_units(
    given: Mapping[str, Any], config: RunConfig, dataset: Dataset
) -> dict[str, Any]:
    """What was given, its ranges as `config.toml` of a search has them: whole and in our units."""
    if "space" not in given.get("search", {}):
        return dict(given)
    method = config.search.method if config.search else "population"
    search = SearchConfig(method=method, space=own_space(config, dataset))
    table = RunConfig(search=search).to_dict()["search"]["space"]
    return {**given, "search": {**given["search"], "space": table}}


def resolve_search(
    config: RunConfig, dataset: Dataset, *, on_cluster: bool = False
) -> tuple[RunConfig, list[Derived]]:
    """Every open setting of a search, and what was derived.

    On a cluster a worker's devices are its own: it decides itself how many members stand side by side.

    Raises
    ------
    UserError
        If settings do not fit the data, or cannot be searched with.
    """
    search = config.search or SearchConfig()
    machine, sizes = this_machine(), sizes_of(dataset)
    training, own = config.training, []
    together = search.method == "population"
    open_shards = training.num_shards is None and together
    if together:
        shards = training.num_shards or 1
        training = dataclasses.replace(training, num_shards=shards, stream_steps=0)
    resolved, derived = resolve_defaults(
        dataclasses.replace(config, training=training, search=search), sizes, machine
    )
    if open_shards:
        shards = 1
        if not on_cluster:
            most = most_shards(resolved.training.batch_size or 1)
            shards = shards_each(search.population, machine.num_devices, most)
        training = dataclasses.replace(resolved.training, num_shards=shards)
        resolved = dataclasses.replace(resolved, training=training)
        reason = f"{search.population} members first share the devices"
        own.append(Derived("training", "num_shards", shards, reason))
    if resolved.training.learning_rate_schedule == "plateau" and together:
        raise UserError(
            '[training] learning_rate_schedule = "plateau" is not for a search, where members share one '
            'course: choose "constant" or "cosine"'
        )
    if (resolved.training.length_buckets or 1) > 1 and together:
        raise UserError(
            "[training] length_buckets must be 1 in a search: its members run all trials for the longest; "
            f"got {resolved.training.length_buckets}"
        )
    space = own_space(resolved, dataset)
    check_space(space)
    _warn_of_idle_values(resolved.hyperparameters, space)
    at_once = search.members_at_once
    if at_once is None and together and not on_cluster:
        at_once, reason = members_side_by_side(resolved, shapes_of(dataset), search.population)
        own.append(Derived("search", "members_at_once", at_once, reason))
    search = dataclasses.replace(search, space=space, members_at_once=at_once)
    return dataclasses.replace(resolved, search=search), [*derived, *own]


def _warn_of_idle_values(given: HyperParameterConfig, space: Mapping[str, SearchRange]) -> None:
    """Values of what is searched count for nothing."""
    default = HyperParameterConfig()
    idle = [
        f"{name} = {getattr(given, name):g}"
        for name, searched in space.items()
        if hasattr(default, name)
        and getattr(given, name) not in (getattr(default, name), searched.start)
    ]
    if idle:
        first = idle[0].split(" ")[0]
        warnings.warn(
            f"[hyperparameters] {', '.join(idle)}: the search does not begin there, since it draws what it "
            f"searches; [search.space.{first}] `start` says where all members begin",
            stacklevel=2,
        )
