"""A run: trained in its folder, from the first epoch or from where it stopped."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.config import RunConfig, RunSettings
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices
from lfads.files import write_text
from lfads.model.lfads import LFADS
from lfads.model.path import on_path
from lfads.storage.run_lock import FILE_NAME, Lock, is_abandoned
from lfads.training.checkpoint import checkpoint_in
from lfads.training.defaults import resolve_defaults
from lfads.training.folder import describe_data, parts_of, versions, write_summary
from lfads.training.listening import Guarded
from lfads.training.loop import Outcome, fit
from lfads.training.resuming import (
    not_default,
    refuse_fewer_epochs,
    refuse_other_places,
    resumed_config,
)
from lfads.training.sharding import is_first_process, of_first_process
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.start import untrained_model
from lfads.training.stopping import stop_on_signals
from lfads.training.tracking import MetricsFile, Tracker
from lfads.training.trials import checked_dataset, training_data


def train_in_folder(
    dataset: Dataset,
    config: RunConfig,
    folder: Path,
    *,
    resume: bool = False,
    given: Mapping[str, Any] | None = None,
    trackers: Sequence[Tracker] = (),
    untrained: Callable[[RunSettings, Dataset], LFADS] = untrained_model,
    about: Mapping[str, Any] | None = None,
    own: Callable[[], AbstractContextManager[Lock | None]] = nullcontext,
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
    own
        Makes the folder this process's for as long as it trains; nothing by default.

    Raises
    ------
    UserError
        If the folder is in use, nothing can be resumed, or settings do not fit.
    """
    checked_dataset(dataset)
    config = dataclasses.replace(config, search=None)
    if resume and not only_leftovers_in(folder):
        given = not_default(config) if given is None else {**given}
        given.pop("search", None)
        config = resumed_config(folder, describe_data(dataset), given)
        refuse_other_places(dataset, checkpoint_in(folder))
        refuse_fewer_epochs(folder, given)
    else:
        resume = False
    description = {**describe_data(dataset, config.model.slow_offsets), **(about or {})}
    configure_devices(config.training.num_shards)
    if not resume:
        refuse_used_folder(folder)
    with in_first_process(own) as lock:
        if not resume:
            refuse_used_folder(folder)  # another process was here first
        resolved, derived = resolve_defaults(config, sizes_of(dataset), this_machine())
        data = training_data(dataset, resolved)
        if is_first_process():
            write_text(folder / "config.toml", resolved.to_toml())
        with stop_on_signals() as stop:
            outcome = fit(
                on_path(untrained(resolved, dataset), resolved.training.recurrence),
                data,
                resolved,
                folder / "checkpoints",
                derived=derived,
                trackers=[MetricsFile(folder / "metrics.jsonl"), *map(Guarded, trackers)],
                header={
                    "data": description,
                    "versions": versions(),
                    "parts": parts_of(resolved),
                    "seed": resolved.seed,
                },
                resume=resume and checkpoint_in(folder).exists(),
                stop=stop,
                before_writing=None if lock is None else lock.check,
            )
        if is_first_process():
            write_summary(
                folder, outcome.stopped_by, outcome.course, outcome.dropped_steps, description,
                parts_of(resolved),
            )  # fmt: skip
        of_first_process(0)  # the others go on when it has written
    return outcome


@contextmanager
def in_first_process(
    own: Callable[[], AbstractContextManager[Lock | None]],
) -> Iterator[Lock | None]:
    """What makes a folder this process's, entered by the first of several; all fail if it does."""
    with ExitStack() as stack:
        lock, refusal = None, None
        if is_first_process():
            try:
                lock = stack.enter_context(own())
            except (UserError, OSError) as error:
                refusal = error
        if of_first_process(int(refusal is not None)):
            raise refusal or UserError("the first process cannot train in its folder")
        yield lock


def refuse_used_folder(folder: Path, config: str = "config.toml") -> None:
    """A UserError unless the folder is new or empty, as the first process sees it: soon it is in use.

    `config` is the pattern of a file that says that there is a run which can be continued.
    """
    why = why_used(folder, config) if is_first_process() else ""
    if of_first_process(len(why)):
        raise UserError(why or f"the first process cannot train in {folder}")


def why_used(folder: Path, config: str = "config.toml", *, resumable: bool = True) -> str:
    """Why a folder cannot take a new run; empty if it is new or empty."""
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file; `out=` must name a new folder"
    if not any(map(_is_there_to_stay, folder.rglob("*"))):
        return ""
    if any(folder.glob(config)):
        what, more = "a run", ", or continue that run with `resume=True`" if resumable else ""
    else:
        what, more = "other files", ""
    return f"the folder {folder} already holds {what}: choose a new one{more}"


def only_leftovers_in(folder: Path) -> bool:
    """Whether a run was killed before anything was written: it begins again."""
    return any(map(is_abandoned, folder.glob(".*"))) and not why_used(folder)


def _is_there_to_stay(path: Path) -> bool:
    """Whether it is a file, but not one that a training begins with: if that lives, its lock says so."""
    return path.is_file() and path.name != FILE_NAME and not is_abandoned(path)
