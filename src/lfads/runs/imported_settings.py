"""Settings of another implementation for data: the sizes that convert its weights are taken from them."""

from collections.abc import Mapping
from typing import Any

from lfads.config import RunConfig
from lfads.config.imported import Carried, carried_over
from lfads.config.imported_names import Sizes
from lfads.data.dataset import Dataset
from lfads.training.defaults import default_batch_size


def settings_for_data(values: Mapping[str, Any], dataset: Dataset | None, where: str) -> Carried:
    """What a configuration of another implementation becomes, as checked tables of ours.

    Parameters
    ----------
    values
        As its file has them.
    dataset
        What is to be trained on; without it weights that are per bin and neuron are not converted.
    where
        The file, for messages.

    Raises
    ------
    UserError
        If nothing is known, or a value is out of bounds.
    """
    found = carried_over(values, Sizes() if dataset is None else sizes_of_data(dataset))
    RunConfig.from_dict(found.flat, where=where)
    return found._replace(tables=found.flat)


def sizes_of_data(dataset: Dataset) -> Sizes:
    """Bins, neurons and steps in an epoch."""
    trials = sum(int(session.of_split("train").sum()) for session in dataset.sessions)
    return Sizes(
        bins=max(session.num_bins for session in dataset.sessions),
        neurons=max(session.num_neurons for session in dataset.sessions),
        steps=-(-trials // default_batch_size(trials)),
    )
