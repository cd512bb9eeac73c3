"""Settings in which runs differ: only these, so that a table can be read."""

from collections.abc import Mapping
from typing import Any

from lfads.runs.baseline_run import BaselineRun
from lfads.runs.trained_run import Run
from lfads.training.resuming import not_written

METHOD = "method"


def differences(runs: Mapping[str, Run | BaselineRun]) -> dict[str, dict[str, Any]]:
    """By setting, its value in each run that has it; what all agree on is left out."""
    return _differing({name: settings_of(run) for name, run in runs.items()})


def settings_of(run: Run | BaselineRun) -> dict[str, Any]:
    """Resolved settings of a network by `table.field`, or choices of a baseline by its name."""
    if isinstance(run, BaselineRun):
        choices = {f"{run.name}.{key}": value for key, value in run.about["choices"].items()}
        return {METHOD: run.name, **choices}
    unwritten = {".".join(place): value for place, value in not_written(run.config).items()}
    return {METHOD: "lfads", **_flat(run.config.to_dict()), **unwritten}


def _differing(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What has more than one value among those that have it.

    >>> _differing({"a": {"seed": 0, "x": 1}, "b": {"seed": 1, "x": 1}, "c": {"y": 2}})
    {'seed': {'a': 0, 'b': 1}}
    """
    keys = dict.fromkeys(key for of in settings.values() for key in of)
    found = {key: {n: of[key] for n, of in settings.items() if key in of} for key in keys}
    return {key: of for key, of in found.items() if len({repr(value) for value in of.values()}) > 1}


def _flat(tables: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = value
    return found
