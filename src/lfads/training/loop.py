"""The loop around the compiled epoch: schedules, scores, early stopping, checkpoints, and stops.

The loop's own state is a few plain numbers (`Course`), kept in the checkpoint beside the arrays, so a
resumed run takes the same course as one that was never stopped.
"""

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
from jaxtyping import PyTree

from lfads.checks import UserError
from lfads.config import RunSettings, TrainingConfig
from lfads.model.lfads import LFADS
from lfads.training.checkpoint import Keeper, on_host
from lfads.training.defaults import Derived
from lfads.training.epochs import Epochs
from lfads.training.listening import SeesWeights
from lfads.training.schedules import Course, advance
from lfads.training.sharding import (
    EVERYWHERE,
    is_first_process,
    make_training_mesh,
    of_first_process,
    place,
)
from lfads.training.step import initial_state
from lfads.training.stopping import StopRequest
from lfads.training.tracking import Tracker
from lfads.training.trials import TrainingData

STOPS = ("interrupted", "num_epochs", "max_hours", "patience")
"""What may end a run."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    stopped_by: str
    course: Course
    parameters: PyTree
    dropped_steps: int


class Diverged(UserError):
    """Training gave no finite gradient any more."""


def fit(
    model: LFADS,
    data: TrainingData,
    config: RunSettings,
    folder: Path,
    *,
    derived: Sequence[Derived] = (),
    trackers: Sequence[Tracker] = (),
    header: dict[str, Any] | None = None,
    resume: bool = False,
    stop: StopRequest | None = None,
) -> Outcome:
    """Train a network until its budget ends, its validation score stops improving, or a stop is asked.

    Parameters
    ----------
    model
        Network at its start.
    data
        Trials.
    config
        With every setting resolved.
    folder
        Of the checkpoints `last.npz` and `best.npz`.
    derived, trackers
        What was derived, and who is told.
    header
        Kept in every checkpoint.
    resume
        Go on from `last.npz`.
    stop
        Asked after every epoch.

    Raises
    ------
    Diverged
        After `max_dropped_steps` steps in a row without a finite gradient.
    """
    training = config.training
    mesh = make_training_mesh(training.num_shards)
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
    epochs = Epochs(static, data, config, mesh)
    keeper = Keeper(folder, {**(header or {}), "config": config.to_dict()})
    trackers = trackers if is_first_process() else []
    state, best, course = initial_state(model, training), None, Course()
    if resume:
        state, best, course = keeper.read(state)
    state = place(state, mesh, EVERYWHERE)
    best = on_host(state.average) if best is None else best
    if not resume:
        keeper.write(state, best, course)
    for tracker in trackers:
        tracker.start(config, derived, course.epoch + 1)
    stopped_by = _reason_to_stop(course, training, stop)
    saved = course
    while stopped_by is None:
        began = time.monotonic()
        state, record = epochs.run(state, course)
        course, improved = advance(course, record, training, time.monotonic() - began)
        if improved:
            best = on_host(state.average)
        record = dataclasses.replace(record, seconds=course.seconds, valid_smoothed=course.smoothed)
        for tracker in trackers:
            tracker.epoch(record)
            if isinstance(tracker, SeesWeights):
                tracker.weights(partial(on_host, state.average), course.epoch)
        if int(state.dropped_in_a_row) >= training.max_dropped_steps:
            raise Diverged(_divergence_message(config, course, saved, folder))
        stopped_by = _reason_to_stop(course, training, stop)
        if stopped_by is not None or course.epoch % training.checkpoint_epochs == 0:
            keeper.write(state, best, course)
            saved = course
    if course.epoch and not course.best_epoch:
        raise Diverged(_divergence_message(config, course, saved, folder))
    for tracker in trackers:
        tracker.end(stopped_by)
    return Outcome(stopped_by, course, best, int(state.dropped))


def _reason_to_stop(
    course: Course, training: TrainingConfig, stop: StopRequest | None
) -> str | None:
    """What ends the run now. Clocks and signals are those of the first process."""
    waited = course.epoch - course.best_epoch
    max_hours, patience = training.max_hours, training.patience_epochs
    holds = (
        stop is not None and stop.requested,
        training.num_epochs is not None and course.epoch >= training.num_epochs,
        max_hours is not None and course.seconds >= 3600 * max_hours,
        patience is not None and waited >= patience,
    )
    first = of_first_process(holds.index(True) if any(holds) else -1)
    return None if first < 0 else STOPS[first]


def _divergence_message(config: RunSettings, course: Course, saved: Course, folder: Path) -> str:
    rate = config.hyperparameters.learning_rate
    what = (
        f"the last {config.training.max_dropped_steps} or more steps up to epoch {course.epoch} gave a "
        "gradient that is not finite and were dropped"
    )
    if not course.best_epoch:
        what = f"no epoch of {course.epoch} had a finite validation likelihood"
    return (
        f"training diverged: {what}. The likely cause is a "
        f"learning rate that is too high ({rate:g}): try "
        f"`hyperparameters.learning_rate={rate / 3:.2g}`, "
        f"or a smaller [training] gradient_clip_norm. The last good checkpoint is "
        f"{folder / 'last.npz'} (epoch {saved.epoch})"
    )
