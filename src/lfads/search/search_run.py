"""A search in its folder: generations, the best member, and going on where it stopped.

`config.toml` holds every setting, resolved; `population.csv` and `epochs.jsonl` what every member did;
`checkpoints/last.npz` the population after the last generation; `best/` the best member so far, in the
layout of a training run.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.config import RunConfig, SearchSettings
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices
from lfads.files import write_text
from lfads.model.shapes import shapes_of
from lfads.search.evolution import Evolution
from lfads.search.local import LocalEngine
from lfads.search.random_search import train_members
from lfads.search.ray_cluster import Cluster, RayEngine, joined_cluster
from lfads.search.record import SearchOutcome, SearchTracker, write_search_summary
from lfads.search.resolve import in_stored_units, resolve_search, search_of
from lfads.storage.run_lock import Lock
from lfads.training.checkpoint import checkpoint_in
from lfads.training.defaults import Derived
from lfads.training.folder import describe_data, stored_config, versions
from lfads.training.resuming import not_default, refuse_other_places, resumed_config
from lfads.training.stopping import stop_on_signals
from lfads.training.training_run import only_leftovers_in, refuse_used_folder
from lfads.training.trials import checked_dataset, training_data

BUDGETS = {
    "population": {"search": {"num_generations", "max_hours"}},
    "random": {"search": {"population", "max_hours"}},
}
"""Settings that may change when a search is resumed, by its method."""


def search_in_folder(
    dataset: Dataset,
    config: RunConfig,
    folder: Path,
    *,
    resume: bool = False,
    given: Mapping[str, Any] | None = None,
    cluster: Cluster | None = None,
    trackers: Sequence[SearchTracker] = (),
    own: Callable[[], AbstractContextManager[Lock | None]] = nullcontext,
) -> SearchOutcome:
    """Search in a new folder, or go on with a search.

    Parameters
    ----------
    dataset, config, folder, given
        As in `train_in_folder`.
    resume
        Continue the search in the folder; only its budgets may differ.
    cluster
        Ray cluster to train on; this process alone if there is none.
    trackers
        Told of every generation.
    own
        As in `train_in_folder`.

    Raises
    ------
    UserError
        If the folder is in use, nothing can be resumed, or settings do not fit.
    """
    description = describe_data(checked_dataset(dataset))
    if resume and not only_leftovers_in(folder):
        given = not_default(config) if given is None else given
        given = in_stored_units(given, config, dataset)
        checkpoint = checkpoint_in(folder)  # either knows what the search was trained on
        if not checkpoint.exists():
            checkpoint = checkpoint_in(folder / "members/000")
        budgets = BUDGETS[search_of(stored_config(folder)).method]
        config = resumed_config(folder, description, given, budgets, checkpoint)
        refuse_other_places(dataset, checkpoint)
    else:
        resume = False
    description = describe_data(dataset, config.model.slow_offsets)
    search = search_of(config)
    config = dataclasses.replace(config, search=search)
    if search.method == "random" and cluster is not None:
        raise UserError(
            "a random search trains its members in this process, one after the other: leave the cluster "
            "out, or search with a population (`search.method='population'`)"
        )
    configure_devices()
    if not resume:
        refuse_used_folder(folder)
    with own() as lock:
        if not resume:
            refuse_used_folder(folder)  # another process was here first
        resolved, derived = resolve_search(config, dataset, on_cluster=cluster is not None)
        told = trackers if lock is None else [lock, *trackers]
        outcome = _search(dataset, resolved, derived, folder, cluster, told, description)
        write_search_summary(folder, outcome, {"versions": versions(), "data": description})
    return outcome


def _search(
    dataset: Dataset,
    config: SearchSettings,
    derived: Sequence[Derived],
    folder: Path,
    cluster: Cluster | None,
    trackers: Sequence[SearchTracker],
    description: dict[str, Any],
) -> SearchOutcome:
    """The search itself, in a folder that is this process's."""
    if config.search.method == "random":
        write_text(folder / "config.toml", config.to_toml())
        return train_members(dataset, config, folder, derived, trackers)
    data = training_data(dataset, config)
    shapes = shapes_of(dataset, config.model.slow_offsets)
    joined = nullcontext() if cluster is None else joined_cluster(cluster)
    with joined, stop_on_signals("generation") as stop:
        engine = (
            LocalEngine(shapes, data, config, config.search.population)
            if cluster is None
            else RayEngine(shapes, data, config, cluster)
        )
        write_text(folder / "config.toml", config.to_toml())
        evolution = Evolution(config, dataset, description, folder, engine)
        return evolution.run(derived, trackers, stop)
