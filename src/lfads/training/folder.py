"""What a run's folder holds, and how it is opened again.

`config.toml` has every setting, resolved; `checkpoints/` the last state and the best weights, each with
what must be known of the data in its header; `metrics.jsonl` a line an epoch; `summary.json` how it ended.
"""

import platform
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from lfads.checks import UserError
from lfads.config import RunSettings, read_toml
from lfads.data.dataset import Dataset
from lfads.devices import describe_devices, local_devices
from lfads.files import write_json
from lfads.format_versions import UPDATE
from lfads.guarded.fields import checked_record
from lfads.guarded.texts import read_json
from lfads.model.lfads import LFADS
from lfads.model.observations.named import names_of
from lfads.model.recurrence.paths import usable
from lfads.model.shapes import shapes_from_dict, shapes_of, shapes_to_dict
from lfads.part_names import named
from lfads.parts import Kind, require_parts, sources_of
from lfads.paths import printable
from lfads.training.checkpoint import read_checkpoint, read_header
from lfads.training.headers import DELETE, RESTORE, Summary, check_data
from lfads.training.schedules import Course
from lfads.training.start import empty_model
from lfads.training.tracking import finite, read_metrics

IMPORTED = "imported"

ENDED = {
    IMPORTED: "it was trained by another program, and imported",
    "all_members": "all members trained",
    "num_generations": "all generations done",
    "converged": "the best score stopped improving",
    "num_epochs": "all epochs done",
    "patience": "the validation likelihood stopped improving",
    "max_hours": "the time budget is spent",
    "interrupted": "interrupted",
    "search": "with its search; the curves follow the winning line of its members",
}
"""How a training or a search ended, in words, by the `stopped_by` of its summary."""


@dataclass(frozen=True)
class TrainedModel:
    """What a run's folder gives back: weights, settings and a description of the training data.

    Examples
    --------
    >>> run.trained.model.config.num_factors, run.trained.data["bin_width_s"]
    (2, 0.02)
    """

    model: LFADS
    config: RunSettings
    data: Mapping[str, Any]


def open_trained(folder: Path) -> TrainedModel:
    """The best weights of a run.

    Raises
    ------
    UserError
        If there is no run in the folder, or its checkpoint is damaged.
    """
    config = stored_config(folder)
    path = folder / "checkpoints" / "best.npz"
    header = read_header(path)
    require_parts(header.get("parts", {}), str(folder))
    data = data_of(header, path)
    if course_of(header, "best_epoch") == 0:
        warnings.warn(
            f"the run in {folder} has no trained weights yet: they are random", stacklevel=2
        )
    path_here = usable(config.training.recurrence, local_devices()[0].platform)
    arrays, static = empty_model(config.model, shapes_from_dict(data["shapes"]), path_here)
    trees, _ = read_checkpoint(path, {"model": arrays})
    parameters = jax.tree.map(jnp.asarray, trees["model"])
    return TrainedModel(eqx.combine(parameters, static), config, data)


def stored_config(folder: Path) -> RunSettings:
    """The resolved settings of the run in a folder."""
    path = folder / "config.toml"
    if not path.is_file():
        missing = "it is a file" if folder.exists() else "there is no such folder"
        what = "it has no config.toml" if folder.is_dir() else missing
        raise UserError(f"no run in {folder}: {what}. `lfads.train` makes one")
    try:
        return RunSettings.from_dict(read_toml(path), where=str(path))
    except UserError as error:
        if of_later := _of_later_version(folder):
            raise UserError(f"{error}. {of_later}") from error
        raise


def _of_later_version(folder: Path) -> str:
    """Which later version wrote the run in a folder, and what to do; empty if it was none."""
    for name in ("best.npz", "last.npz"):
        with suppress(UserError, OSError):
            header = read_header(folder / "checkpoints" / name)
            wrote = str(header.get("versions", {}).get("lfads", ""))
            if _numbers(wrote) > _numbers(version("lfads")):
                return (
                    f"lfads {wrote} wrote this run, and this is lfads {version('lfads')}. {UPDATE}"
                )
    return ""


def _numbers(of_version: str) -> list[int]:
    """`1.10.0` is later than `1.9.3`."""
    return [int(part) for part in re.findall(r"\d+", of_version)[:3]]


def parts_of(config: RunSettings) -> dict[str, str]:
    """The parts that a run is made with, and what brings them."""
    model, objective = config.model, config.objective
    augmentations = [name for name, _ in named(objective.augmentations)]
    used: dict[Kind, list[str]] = {
        "observations": [*names_of(model.observation)],
        "generators": [model.generator],
        "priors": [model.initial_condition_prior, model.inferred_input_prior],
        "augmentations": augmentations,
    }
    return sources_of(used)


def course_of(header: Mapping[str, Any], name: str) -> int:
    """Where the run stood when a checkpoint was written: `epoch` or `best_epoch`."""
    said = header.get("course", {}).get(name, "0")
    return int(said)


def data_of(header: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What a checkpoint says of the training data."""
    data = header.get("data")
    if not isinstance(data, dict):
        raise UserError(
            f"{printable(path)}: it does not say what it was trained on: it is damaged. {RESTORE}"
        )
    check_data(data, path)
    return data


def describe_data(dataset: Dataset, slow_offsets: int = 0) -> dict[str, Any]:
    """What a run remembers of its training data; the places of trials for a network with slow offsets."""
    return {
        "source": dataset.source,
        "paths": [str(path) for path in dataset.paths],
        "fingerprint": dataset.fingerprint(),
        "prepared": dict(dataset.prepared),
        "bin_width_s": dataset.bin_width_s,
        "start_s": dataset.start_s,
        "unit": dataset.unit,
        "sessions": [s.name for s in dataset.sessions],
        "trials": {
            split: int(sum(s.of_split(split).sum() for s in dataset.sessions))
            for split in ("train", "valid", "test")
        },
        "shapes": shapes_to_dict(shapes_of(dataset, slow_offsets)),
    }


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    names = ["lfads", "jax", "equinox", "optax", "numpy"]
    with suppress(PackageNotFoundError):
        version("lfads-kernels")
        names.append("lfads-kernels")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def read_summary(folder: Path) -> dict[str, Any]:
    """`summary.json` of a run or a search; empty while it runs.

    Raises
    ------
    UserError
        If it is damaged.
    """
    path = folder / "summary.json"
    if not path.is_file():
        return {}
    summary = read_json(path, DELETE)
    checked_record(Summary, summary, printable(path), DELETE)
    return summary


def is_done(folder: Path) -> bool:
    """Whether a training ended by itself."""
    return read_summary(folder).get("stopped_by", "interrupted") != "interrupted"


def write_summary(
    folder: Path,
    stopped_by: str,
    course: Course,
    dropped_steps: int,
    description: Mapping[str, Any],
    made_with: Mapping[str, str],
) -> None:
    """Write `summary.json`: how the run in a folder ended, with the scores of its best epoch."""
    scores: dict[str, Any] = {"valid_nll_smoothed": course.best_score}
    for record in read_metrics(folder / "metrics.jsonl"):
        if record["epoch"] == course.best_epoch:
            scores |= {
                k: v for k, v in record.items() if k.startswith("valid_") and k != "valid_smoothed"
            }
    summary = {
        "stopped_by": stopped_by,
        "epochs": course.epoch,
        "best_epoch": course.best_epoch,
        "scores": finite(scores),
        "dropped_steps": dropped_steps,
        "parts": dict(made_with),
        "seconds": round(course.seconds, 3),
        "device": describe_devices(),
        "versions": versions(),
        "data": dict(description),
    }
    write_json(folder / "summary.json", summary)
