"""`lfads.toml` of a run: what a RunParams becomes, and settings of ours that its user adds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lfads.checks import Problems, UserError
from lfads.config import RunConfig, to_toml
from lfads.config.imported import flat
from lfads.config.imported_files import value_of
from lfads.config.imported_names import Sizes
from lfads.config.run_manager import settings_of_run_manager
from lfads.files import write_text
from lfads.matlab.run_manager.inputs import InputSizes
from lfads.training.defaults import default_batch_size


def write_settings(
    path: Path, parameters: Mapping[str, Any], added: Sequence[str], inputs: Sequence[InputSizes]
) -> dict[str, Any]:
    """Write the settings of a run; returns their tables.

    Parameters
    ----------
    path
        TOML file.
    parameters
        `c_…` by name, as text.
    added
        Names of ours, such as `training.num_epochs`, each followed by its value; they win.
    inputs
        Of the run's datasets; where all have an alignment matrix, read-ins start from those.

    Raises
    ------
    UserError
        If a parameter has no counterpart, or a setting is unknown or out of range.
    """
    num_training_trials = sum(one.num_training_trials for one in inputs)
    values = {name: value_of(str(value)) for name, value in parameters.items()}
    batch = values.get("c_batch_size", 0)
    own = _by_place(added)
    batch = own.get("training", {}).get("batch_size", batch)
    size = (
        batch if isinstance(batch, int) and batch > 0 else default_batch_size(num_training_trials)
    )
    tables = settings_of_run_manager(values, Sizes(steps=-(-num_training_trials // size)))
    components = {one.num_components for one in inputs}
    if len(components) == 1 and 0 not in components:
        start = {"read_in_size": components.pop(), "read_in_start": "files"}
        tables["model"] = {**tables.get("model", {}), **start}
    for table, fields in own.items():
        tables[table] = {**tables.get(table, {}), **fields}
    whole = flat(tables)
    RunConfig.from_dict(whole, where="RunParams")
    write_text(path, to_toml(whole))
    return whole


def _by_place(added: Sequence[str]) -> dict[str, dict[str, Any]]:
    if len(added) % 2:
        raise UserError(
            "`lfadsSettings` must be names and values in turn, such as {'training.num_epochs', 200}; got "
            f"{len(added)} items"
        )
    problems = Problems("`lfadsSettings`")
    found: dict[str, dict[str, Any]] = {}
    for name, value in zip(added[::2], added[1::2], strict=True):
        table, _, field = name.rpartition(".")
        problems.require(
            bool(field) and (bool(table) or field == "seed"),
            f"expected names such as training.num_epochs; got {name!r}",
        )
        found.setdefault(table, {})[field] = value_of(value)
    problems.raise_if_any()
    return found
