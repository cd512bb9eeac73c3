"""The loop around the compiled epoch: schedules, scores, early stopping, checkpoints, and stops.

The loop's own state is a few plain numbers (`Course`), kept in the checkpoint beside the arrays, so a
resumed run takes the same course as one that was never stopped. Whatever else ends it between epochs, the
state is kept first.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
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
from lfads.training.step import TrainState, initial_state
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


class Stands(NamedTuple):
    """Where a training stands after an epoch whose record is kept."""

    state: TrainState
    best: PyTree
    course: Course


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
    before_writing: Callable[[], None] | None = None,
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
    before_writing
        Called after every epoch; raises a UserError where the folder is not ours any more.

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
    stands = saved = Stands(state, best, course)
    try:
        while stopped_by is None:
            began = time.monotonic()
            state, record = epochs.run(state, course)
            course, improved = advance(course, record, training, time.monotonic() - began)
            if improved:
                best = on_host(state.average)
            if before_writing is not None:
                before_writing()
            record = replace(record, seconds=course.seconds, valid_smoothed=course.smoothed)
            for tracker in trackers:
                tracker.epoch(record)
                stands = Stands(state, best, course)  # the first one keeps the record
                if isinstance(tracker, SeesWeights):
                    tracker.weights(partial(on_host, state.average), course.epoch)
            stopped_by = _reason_to_stop(course, training, stop)
            is_due = stopped_by is not None or course.epoch % training.checkpoint_epochs == 0
            is_lost = int(state.dropped_in_a_row) >= training.max_dropped_steps
            if is_lost or (is_due and not _is_finite(state)):
                raise Diverged(_divergence_message(config, course, saved.course, folder))
            if is_due:
                keeper.write(state, best, course)
                saved = stands
    except UserError:
        raise
    except BaseException:
        if stands is not saved:
            with suppress(Exception):  # the state is gone if it was an epoch that failed
                if _is_finite(stands.state):
                    keeper.write(*stands)
        raise
    if course.epoch and not course.best_epoch:
        raise Diverged(_divergence_message(config, course, saved.course, folder))
    for tracker in trackers:
        tracker.end(stopped_by)
    return Outcome(stopped_by, course, best, int(state.dropped))


def _is_finite(state: TrainState) -> bool:
    """Whether training can go on from the weights: once they are not finite, no step is taken any more."""
    leaves = jax.tree.leaves((state.parameters, state.average))
    return all(bool(np.isfinite(np.asarray(leaf)).all()) for leaf in leaves)


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
    most = config.training.max_dropped_steps
    what = (
        f"up to epoch {course.epoch} the last {most} or more steps gave a gradient that is not finite and "
        "were dropped, or the weights are not finite any more"
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
