"""With which settings and data a run goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.checks import Problems, UserError
from lfads.config import RunConfig, merge
from lfads.training.checkpoint import read_header
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
    checkpoint = checkpoint or folder / "checkpoints" / "last.npz"
    if checkpoint.exists():  # a run killed before its first checkpoint begins again
        data = data_of(read_header(checkpoint), checkpoint)
        if data["fingerprint"] != description["fingerprint"]:
            problems.add(
                f"the data are not those of the run, which was trained on {data['source']}"
            )
    allowed = [name for names in budgets.values() for name in sorted(names)]
    changed: dict[str, dict[str, Any]] = {}
    for table, name, value in _flat(given):
        before = stored.get(name) if table is None else stored.get(table, {}).get(name)
        if table is not None and name in budgets.get(table, ()):
            changed.setdefault(table, {})[name] = value
        elif value != before:
            where = name if table is None else f"[{table}] {name}"
            problems.add(
                f"{where} was {before!r} in the run and is {value!r} now: only budgets "
                f"({', '.join(allowed)}) may change"
            )
    problems.raise_if_any()
    return RunConfig.from_dict(merge(stored, changed))


def refuse_fewer_epochs(folder: Path, given: Mapping[str, Any]) -> None:
    """A UserError if the run has more epochs already than are asked for."""
    checkpoint = folder / "checkpoints" / "last.npz"
    if not checkpoint.exists():
        return
    done = course_of(read_header(checkpoint), "epoch")
    asked = given.get("training", {}).get("num_epochs")
    if isinstance(asked, int) and asked < done:
        raise UserError(
            f"cannot resume {folder}: the run has {done} epochs already; [training] num_epochs = {asked} "
            "is less"
        )


def _flat(given: Mapping[str, Any]) -> list[tuple[str | None, str, Any]]:
    flat: list[tuple[str | None, str, Any]] = []
    for name, value in given.items():
        if isinstance(value, Mapping):
            flat.extend((name, key, item) for key, item in value.items())
        else:
            flat.append((None, name, value))
    return flat


def not_default(config: RunConfig) -> dict[str, Any]:
    """Settings that differ from the defaults."""
    default = RunConfig().to_dict()
    different: dict[str, Any] = {}
    for table, name, value in _flat(config.to_dict()):
        if table is None:
            if value != default.get(name):
                different[name] = value
        elif value != default.get(table, {}).get(name):
            different.setdefault(table, {})[name] = value
    return different
