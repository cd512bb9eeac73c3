"""A run's folder: made, trained in, resumed, and opened again.

`config.toml` holds every setting, resolved; `checkpoints/` the last state and the best weights, each with
what must be known of the data in its header; `metrics.jsonl` a line an epoch; `summary.json` how it ended.
"""

import dataclasses
import json
import platform
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from lfads.checks import Problems, UserError
from lfads.config import RunConfig, merge, read_toml
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices, describe_devices
from lfads.files import write_json, write_text
from lfads.model.lfads import LFADS
from lfads.training.checkpoint import load_checkpoint, load_header
from lfads.training.defaults import resolve_defaults
from lfads.training.loop import Outcome, fit
from lfads.training.schedules import Course
from lfads.training.setup import (
    checked_dataset,
    model_template,
    shapes_from_dict,
    shapes_of,
    shapes_to_dict,
    sizes_of,
    this_machine,
    training_data,
    untrained_model,
)
from lfads.training.sharding import is_first_process, of_first_process
from lfads.training.stopping import stop_on_signals
from lfads.training.tracking import MetricsFile, Tracker, finite, read_metrics

BUDGETS = {"training": {"num_epochs", "max_hours"}}
"""Settings that may change when a run is resumed."""


@dataclass(frozen=True)
class TrainedModel:
    """What a run's folder gives back: weights, settings and a description of the training data."""

    model: LFADS
    config: RunConfig
    data: Mapping[str, Any]


def train_in_folder(
    dataset: Dataset,
    config: RunConfig,
    folder: Path,
    *,
    resume: bool = False,
    given: Mapping[str, Any] | None = None,
    trackers: Sequence[Tracker] = (),
    untrained: Callable[[RunConfig, Dataset], LFADS] = untrained_model,
    about: Mapping[str, Any] | None = None,
) -> Outcome:
    """Train in a new folder, or go on with a run.

    Parameters
    ----------
    dataset
        One session, or several that share the network.
    config
        Open settings are derived from the data.
    folder
        New or empty, unless `resume`.
    resume
        Continue the run in the folder.
    given
        The settings that the user gave, to compare with those of the run that is resumed; by default
        those of `config` that differ from the defaults.
    trackers
        Told of every epoch.
    untrained
        Makes the network at its start, from resolved settings and data.
    about
        What else the run should remember beside what it was trained on.

    Raises
    ------
    UserError
        If the folder is in use, nothing can be resumed, or settings do not fit.
    """
    description = {**describe_data(checked_dataset(dataset)), **(about or {})}
    config = dataclasses.replace(config, search=None)
    continues = resume
    if resume:
        given = not_default(config) if given is None else {**given}
        given.pop("search", None)
        config = resumed_config(folder, description, given)
        _refuse_fewer_epochs(folder, given)
        resume = (folder / "checkpoints" / "last.npz").exists()
    configure_devices(config.training.num_shards)
    if not continues:
        _refuse_used_folder_together(folder)
    resolved, derived = resolve_defaults(config, sizes_of(dataset), this_machine())
    data = training_data(dataset, resolved)
    if is_first_process():
        write_text(folder / "config.toml", resolved.to_toml())
    with stop_on_signals() as stop:
        outcome = fit(
            untrained(resolved, dataset),
            data,
            resolved,
            folder / "checkpoints",
            derived=derived,
            trackers=[MetricsFile(folder / "metrics.jsonl"), *trackers],
            header={"data": description, "versions": versions(), "seed": resolved.seed},
            resume=resume,
            stop=stop,
        )
    if is_first_process():
        write_summary(
            folder, outcome.stopped_by, outcome.course, outcome.dropped_steps, description
        )
    of_first_process(0)  # the others go on when it has written
    return outcome


def _refuse_used_folder_together(folder: Path) -> None:
    """`refuse_used_folder`, by the first process for all: soon the folder will be in use."""
    refusal = None
    if is_first_process():
        try:
            refuse_used_folder(folder)
        except UserError as error:
            refusal = error
    if of_first_process(int(refusal is not None)):
        raise refusal or UserError(f"the first process cannot train in {folder}")


def refuse_used_folder(folder: Path) -> None:
    """A UserError unless the folder is new or empty."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; `--out` must name a new folder")
    if folder.is_dir() and any(folder.iterdir()):
        what = "a run" if (folder / "config.toml").exists() else "other files"
        raise UserError(
            f"the folder {folder} already holds {what}: choose a new one"
            + (", or continue that run with --resume" if what == "a run" else "")
        )


def open_trained(folder: Path) -> TrainedModel:
    """The best weights of a run.

    Raises
    ------
    UserError
        If there is no run in the folder, or its checkpoint is damaged.
    """
    config = stored_config(folder)
    path = folder / "checkpoints" / "best.npz"
    header = load_header(path)
    data = _data_of(header, path)
    if _course_of(header, "best_epoch") == 0:
        warnings.warn(
            f"the run in {folder} has no trained weights yet: they are random", stacklevel=2
        )
    template = model_template(config.model, shapes_from_dict(data["shapes"]))
    arrays, static = eqx.partition(template, _is_array)
    trees, _ = load_checkpoint(path, {"model": arrays})
    parameters = jax.tree.map(jnp.asarray, trees["model"])
    return TrainedModel(eqx.combine(parameters, static), config, data)


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, jax.ShapeDtypeStruct)


def stored_config(folder: Path) -> RunConfig:
    """The resolved settings of the run in a folder."""
    path = folder / "config.toml"
    if not path.is_file():
        what = "it has no config.toml" if folder.is_dir() else "there is no such folder"
        raise UserError(f"no run in {folder}: {what}. `lfads train DATA --out {folder}` makes one")
    config = RunConfig.from_dict(read_toml(path), where=str(path))
    sizes = (
        "num_factors", "generator_size", "encoder_size", "controller_size", "initial_condition_size"
    )  # fmt: skip
    missing = [name for name in sizes if getattr(config.model, name) is None]
    if missing:
        raise UserError(f"{path} is not whole: [model] lacks {', '.join(missing)}")
    if config.training.length_buckets is None:  # of a run from before there were any
        training = dataclasses.replace(config.training, length_buckets=1)
        config = dataclasses.replace(config, training=training)
    return config


def _course_of(header: Mapping[str, Any], name: str) -> int:
    """Where the run stood when a checkpoint was written: `epoch` or `best_epoch`."""
    return int(header.get("course", {}).get(name, 0))


def _data_of(header: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What a checkpoint says of the training data."""
    data = header.get("data")
    needed = {"source", "path", "fingerprint", "bin_width_s", "sessions", "trials", "shapes"}
    if not isinstance(data, dict) or not needed <= set(data):
        raise UserError(f"{path} does not say what it was trained on: it is damaged")
    return data


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """What a run remembers of its training data."""
    return {
        "source": dataset.source,
        "path": str(dataset.paths[0]) if len(dataset.paths) == 1 else None,
        "paths": [str(path) for path in dataset.paths],
        "fingerprint": dataset.fingerprint(),
        "prepared": dict(dataset.prepared),
        "bin_width_s": dataset.bin_width_s,
        "start_s": dataset.start_s,
        "sessions": [s.name for s in dataset.sessions],
        "trials": {
            split: int(sum(s.of_split(split).sum() for s in dataset.sessions))
            for split in ("train", "valid", "test")
        },
        "shapes": shapes_to_dict(shapes_of(dataset)),
    }


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    names = ("lfads", "jax", "equinox", "optax", "numpy")
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
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        summary = None
    if not isinstance(summary, dict):
        raise UserError(f"{path} is damaged: delete it; the run itself does not need it")
    return summary


def write_summary(
    folder: Path,
    stopped_by: str,
    course: Course,
    dropped_steps: int,
    description: Mapping[str, Any],
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
        "seconds": round(course.seconds, 3),
        "device": describe_devices(),
        "versions": versions(),
        "data": dict(description),
    }
    write_json(folder / "summary.json", summary)


# --- resuming -----------------------------------------------------------------------------------


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
        data = _data_of(load_header(checkpoint), checkpoint)
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


def _refuse_fewer_epochs(folder: Path, given: Mapping[str, Any]) -> None:
    """A UserError if the run has more epochs already than are asked for."""
    checkpoint = folder / "checkpoints" / "last.npz"
    if not checkpoint.exists():
        return
    done = _course_of(load_header(checkpoint), "epoch")
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
