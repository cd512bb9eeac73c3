"""With which settings and data a run goes on."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.checks import Problems, UserError
from lfads.config import RunConfig, merge
from lfads.config.settings import NOT_WRITTEN
from lfads.data.dataset import Dataset
from lfads.data.places import training_places
from lfads.model.shapes import shapes_from_dict
from lfads.training.checkpoint import checkpoint_in, read_header
from lfads.training.folder import course_of, data_of, stored_config

BUDGETS = {"training": {"num_epochs", "max_hours"}}
"""Settings that may change when a run is resumed."""


def resumed_config(
    folder: Path,
    description: Mapping[str, Any],
    given: Mapping[str, Any],
    budgets: Mapping[str, set[str]] = BUDGETS,
    checkpoint: Path | None = None,
) -> RunConfig:
    """The settings of a run, with the budgets that were given; `checkpoint` is its last by default.

    Raises
    ------
    UserError
        If other settings were given than the run's, or the data are others.
    """
    config = stored_config(folder)
    stored = config.to_dict()
    problems = Problems(f"cannot resume {folder}")
    checkpoint = checkpoint or checkpoint_in(folder)
    if checkpoint.exists():  # a run killed before its first checkpoint begins again
        data = data_of(read_header(checkpoint), checkpoint)
        if data["fingerprint"] != description["fingerprint"]:
            problems.add(
                f"the data are not those of the run, which was trained on {data['source']}"
            )
    allowed = [name for names in budgets.values() for name in sorted(names)]
    changed, before = {}, not_written(config) | _flat(stored)
    for key, value in _flat(given).items():
        *table, name = key
        if table and name in budgets.get(table[0], ()):
            changed[key] = value
        elif value != before.get(key):
            where = f"[{table[0]}] {name}" if table else name
            problems.add(
                f"{where} was {before.get(key)!r} in the run and is {value!r} now: only budgets "
                f"({', '.join(allowed)}) may change"
            )
    problems.raise_if_any()
    return RunConfig.from_dict(merge(stored, _nested(changed)))


def refuse_fewer_epochs(folder: Path, given: Mapping[str, Any]) -> None:
    """A UserError if the run has more epochs already than are asked for."""
    checkpoint = checkpoint_in(folder)
    if not checkpoint.exists():
        return
    done = course_of(read_header(checkpoint), "epoch")
    asked = given.get("training", {}).get("num_epochs")
    if isinstance(asked, int) and asked < done:
        raise UserError(
            f"cannot resume {folder}: the run has {done} epochs already; [training] num_epochs = {asked} "
            "is less"
        )


def refuse_other_places(dataset: Dataset, checkpoint: Path) -> None:
    """A UserError if slow offsets of a run are known at other places than those of the trials here."""
    if not checkpoint.exists():
        return
    known = shapes_from_dict(data_of(read_header(checkpoint), checkpoint)["shapes"]).slow_places
    if known and known != training_places(dataset):
        raise UserError(
            f"cannot resume {checkpoint.parent.parent}: its slow offsets follow the training trials by "
            f"their `trial_index`, which is another in {dataset.source} than when the run began: give the "
            "data as they were, or train again in another folder"
        )


def not_default(config: RunConfig) -> dict[str, Any]:
    """Settings that differ from the defaults."""
    default = _flat(RunConfig().to_dict())
    return _nested({k: v for k, v in _flat(config.to_dict()).items() if v != default.get(k)})


def not_written(config: RunConfig) -> dict[tuple[str, ...], Any]:
    """Settings that files leave out where they have their default."""
    found = (f for f in dataclasses.fields(config.model) if f.metadata == NOT_WRITTEN)
    return {("model", f.name): getattr(config.model, f.name) for f in found}


def _flat(tables: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Settings by table and name; by name alone where they are in no table."""
    flat: dict[tuple[str, ...], Any] = {}
    for name, value in tables.items():
        inside = isinstance(value, Mapping)
        flat |= {(name, key): item for key, item in value.items()} if inside else {(name,): value}
    return flat


def _nested(flat: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """The tables that `_flat` made flat."""
    return merge(*(
        {key[0]: {key[1]: value}} if len(key) == 2 else {key[0]: value}
        for key, value in flat.items()
    ))  # fmt: skip
