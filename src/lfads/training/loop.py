"""The loop around the compiled epoch: schedules, scores, early stopping, checkpoints, and stops.

The loop's own state is a few plain numbers (`Course`), kept in the checkpoint beside the arrays, so a
resumed run takes the same course as one that was never stopped.
"""

import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from lfads.checks import UserError
from lfads.config import RunConfig, TrainingConfig
from lfads.data.batching import TrialArrays, cut_into_steps, epoch_order
from lfads.devices import local_devices
from lfads.model.lfads import LFADS
from lfads.training.checkpoint import load_checkpoint, save_checkpoint
from lfads.training.defaults import Derived
from lfads.training.schedules import Course, advance, learning_rate_factor, ramp_weight
from lfads.training.step import (
    SHARDS,
    Compiled,
    EpochSettings,
    Sums,
    TrainState,
    compile_run,
    initial_state,
)
from lfads.training.stopping import StopRequest
from lfads.training.tracking import EpochRecord, Tracker


class TrainingData(NamedTuple):
    """Trials to train on and to validate on, and nats per sample of the mean-rate model for each."""

    train: TrialArrays
    valid: TrialArrays
    valid_null_nll: float
    valid_spikes_per_sample: float


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
    config: RunConfig,
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
    mesh = make_mesh(training.num_shards or 1)
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
    compiled = compile_run(mesh, static, config.objective, training, config.seed)
    keeper = _Keeper(folder, {**(header or {}), "config": config.to_dict()})
    state, best, course = initial_state(model, training), None, Course()
    if resume:
        state, best, course = keeper.load(state)
    replicated = NamedSharding(mesh, PartitionSpec())
    state, trials = jax.device_put((state, (data.train, data.valid)), replicated)
    data = data._replace(train=trials[0], valid=trials[1])
    best = _on_host(state.average) if best is None else best
    if not resume:
        keeper.save(state, best, course)
    for tracker in trackers:
        tracker.start(config, derived, course.epoch + 1)
    runner = _Epochs(compiled, data, config, mesh.size)
    stopped_by = _reason_to_stop(course, training, stop)
    saved = course
    while stopped_by is None:
        began = time.monotonic()
        state, record = runner.run(state, course)
        course, improved = advance(course, record, training, time.monotonic() - began)
        if improved:
            best = _on_host(state.average)
        record = dataclasses.replace(record, seconds=course.seconds, valid_smoothed=course.smoothed)
        for tracker in trackers:
            tracker.epoch(record)
        if int(state.dropped_in_a_row) >= training.max_dropped_steps:
            raise Diverged(_divergence_message(config, course, saved, folder))
        stopped_by = _reason_to_stop(course, training, stop)
        if stopped_by is not None or course.epoch % training.checkpoint_epochs == 0:
            keeper.save(state, best, course)
            saved = course
    if course.epoch and not course.best_epoch:
        raise Diverged(_divergence_message(config, course, saved, folder))
    for tracker in trackers:
        tracker.end(stopped_by)
    return Outcome(stopped_by, course, best, int(state.dropped))


def _on_host(tree: PyTree) -> PyTree:
    """A copy that the next epoch does not write over."""
    return jax.tree.map(np.array, jax.device_get(tree))


def make_mesh(num_shards: int) -> Mesh:
    """Devices along one axis; fewer than asked if there are fewer."""
    available = local_devices()
    return Mesh(np.array(available[: min(num_shards, len(available))]), (SHARDS,))


class _Epochs:
    """Runs epochs: knows the data, the compiled functions and the schedules, keeps no state."""

    def __init__(
        self, compiled: Compiled, data: TrainingData, config: RunConfig, num_shards: int
    ) -> None:
        self.compiled, self.data, self.config = compiled, data, config
        self.num_shards = num_shards
        self.hyperparameters = config.hyperparameters.traced()
        num_valid = data.valid.counts.shape[0]
        batch_size = min(config.training.batch_size or 1, num_valid)
        self.valid_order = cut_into_steps(np.arange(num_valid), batch_size, num_shards)

    def run(self, state: TrainState, course: Course) -> tuple[TrainState, EpochRecord]:
        """One epoch and its validation."""
        training, epoch = self.config.training, course.epoch + 1
        ramp = ramp_weight(epoch, training.ramp_epochs or 0)
        factor = learning_rate_factor(epoch, training, course.plateau_factor)
        order = epoch_order(
            self.data.train.counts.shape[0],
            training.batch_size or 1,
            self.num_shards,
            self.config.seed,
            epoch,
        )
        settings = EpochSettings(self.hyperparameters, jnp.float32(ramp), jnp.float32(factor))
        state, sums = self.compiled.train_epoch(state, self.data.train, order, settings)
        valid = self.compiled.evaluate(state.average, self.data.valid, self.valid_order)
        sums, valid = jax.device_get((sums, valid))
        return state, self._record(epoch, ramp, factor, int(state.dropped), sums, valid)

    def _record(
        self, epoch: int, ramp: float, factor: float, dropped: int, train: Sums, valid: Sums
    ) -> EpochRecord:
        valid_nll = _ratio(valid.nll, valid.num_scored)
        bits = (self.data.valid_null_nll - valid_nll) / (
            self.data.valid_spikes_per_sample * math.log(2)
        )
        return EpochRecord(
            epoch=epoch,
            seconds=0.0,
            learning_rate=factor * self.config.hyperparameters.learning_rate,
            ramp=ramp,
            train_loss=float(np.mean(train.loss)),
            train_nll=_ratio(train.nll, train.num_scored),
            train_kl_initial_condition=_ratio(train.kl_initial_condition, train.num_trials),
            train_kl_inferred_inputs=_ratio(train.kl_inferred_inputs, train.num_trials),
            train_l2=float(np.mean(train.l2)),
            gradient_norm=float(np.mean(train.gradient_norm)),
            dropped_steps=dropped,
            valid_nll=valid_nll,
            valid_kl_initial_condition=_ratio(valid.kl_initial_condition, valid.num_trials),
            valid_kl_inferred_inputs=_ratio(valid.kl_inferred_inputs, valid.num_trials),
            valid_bits_per_spike=bits,
            valid_smoothed=0.0,
        )


def _ratio(numerator: Any, denominator: Any) -> float:
    return float(np.sum(numerator, dtype=np.float64) / np.sum(denominator, dtype=np.float64))


class _Keeper:
    """Writes and reads the checkpoints of a run."""

    def __init__(self, folder: Path, header: dict[str, Any]) -> None:
        self.folder, self.header = folder, header

    def save(self, state: TrainState, best: PyTree, course: Course) -> None:
        header = {**self.header, "course": {k: repr(v) for k, v in asdict(course).items()}}
        save_checkpoint(self.folder / "best.npz", {"model": best}, header)
        save_checkpoint(self.folder / "last.npz", {"state": state, "model": best}, header)

    def load(self, template: TrainState) -> tuple[TrainState, PyTree, Course]:
        templates = {"state": template, "model": template.parameters}
        trees, header = load_checkpoint(self.folder / "last.npz", templates)
        try:
            written = header["course"]
            course = Course(**{k: type(v)(written[k]) for k, v in asdict(Course()).items()})
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{self.folder / 'last.npz'} does not say where the run stood: it is not a checkpoint "
                "to resume from, or it is damaged"
            ) from error
        return trees["state"], trees["model"], course


def _reason_to_stop(
    course: Course, training: TrainingConfig, stop: StopRequest | None
) -> str | None:
    if stop is not None and stop.requested:
        return "interrupted"
    if course.epoch >= (training.num_epochs or 0):
        return "num_epochs"
    if training.max_hours is not None and course.seconds >= 3600 * training.max_hours:
        return "max_hours"
    waited = course.epoch - course.best_epoch
    if training.patience_epochs is not None and waited >= training.patience_epochs:
        return "patience"
    return None


def _divergence_message(config: RunConfig, course: Course, saved: Course, folder: Path) -> str:
    rate = config.hyperparameters.learning_rate
    what = (
        f"the last {config.training.max_dropped_steps} or more steps up to epoch {course.epoch} gave a "
        "gradient that is not finite and were dropped"
    )
    if not course.best_epoch:
        what = f"no epoch of {course.epoch} had a finite validation likelihood"
    return (
        f"training diverged: {what}. The likely cause is a "
        f"learning rate that is too high ({rate:g}): try --hyperparameters.learning-rate {rate / 3:.2g}, "
        f"or a smaller [training] gradient_clip_norm. The last good checkpoint is "
        f"{folder / 'last.npz'} (epoch {saved.epoch})"
    )
