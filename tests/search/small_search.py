"""A small search of the tiny data set, shared by tests of searches."""

import dataclasses

from tests.small import tiny_config, tiny_dataset

from lfads.config import RunConfig, SearchConfig, SearchRange
from lfads.search.search_run import search_in_folder

SPACE = {
    "learning_rate": SearchRange(low=1e-4, high=0.1, start=0.02),
    "dropout_rate": SearchRange(law="uniform", low=0.0, high=0.5),
    "initial_condition_kl_weight": SearchRange(low=0.01, high=1.0, width=0.8, enforced=False),
}
SEARCH = SearchConfig(
    population=3, num_generations=3, epochs_per_generation=2, patience_generations=9, space=SPACE
)


def config(**changed: object) -> RunConfig:
    search = dataclasses.replace(SEARCH, **changed)
    return dataclasses.replace(tiny_config(ramp_epochs=1), search=search, seed=4)


def autonomous(given: RunConfig) -> RunConfig:
    """The same without a controller, whose programs are half as large."""
    return dataclasses.replace(given, model=dataclasses.replace(given.model, num_inferred_inputs=0))


def searched(folder, resume=False, trackers=(), **changed):
    return search_in_folder(
        tiny_dataset(), config(**changed), folder, resume=resume, trackers=trackers
    )
